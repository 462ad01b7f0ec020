package config

import "time"

// Delivery tunes the hand-over of events to plugins. Key: delivery.
type Delivery struct {
	Lease   time.Duration // Key: lease. Another host may take a row over after so long without renewal. Default: 20s.
	Poll    time.Duration // Key: poll. How often to look for rows another host left. Default: 500ms.
	Workers int           // Key: workers. Hand-overs at once to one plugin, over its own limit. Default: 100.
	// KeepDone is how long a done delivery stays visible. Key: keep-done. Default: 720h.
	KeepDone time.Duration
	// KeepEvents is how long events and their keys are kept, longer than a payment can be refunded. Key: keep-events.
	// Default: 9600h.
	KeepEvents time.Duration
}

func (d *Delivery) keys() []key {
	return []key{
		{path: "delivery.lease", to: &d.Lease, def: "20s",
			doc: "Another host may take a delivery over after so long without renewal. 1s to 1h."},
		{path: "delivery.poll", to: &d.Poll, def: "500ms",
			doc: "How often to look for deliveries another host left. 10ms to 1m."},
		{path: "delivery.workers", to: &d.Workers, def: "100",
			doc: "Hand-overs at once to one plugin; its own limit may be lower. 1 to 1000."},
		{path: "delivery.keep-done", to: &d.KeepDone, def: "720h",
			doc: "How long a done delivery stays visible. At least 1h."},
		{path: "delivery.keep-events", to: &d.KeepEvents, def: "9600h",
			doc: "How long events are kept, and with them the keys that repeats are recognised by. At least 9000h, because a payment can be refunded for a year."},
	}
}
