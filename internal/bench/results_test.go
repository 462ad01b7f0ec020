package bench

import (
	"slices"
	"time"
)

// measured is one measurement.
type measured struct {
	figures

	handled float64 // events fully handled per second, where they are handed over

	hostCPU, serverCPU time.Duration
}

// latencies from the first byte of a notice, sorted.
type latencies struct{ answered, handled []time.Duration }

// cell is a contender with so many notices in flight.
type cell struct {
	name     string
	inFlight int
}

// results are all measurements, each cell's in the order of the rounds.
type results struct {
	cells   map[cell][]measured
	latency map[string]latencies
}

func newResults() *results {
	return &results{cells: map[cell][]measured{}, latency: map[string]latencies{}}
}

func (r *results) add(name string, inFlight int, m measured) {
	at := cell{name, inFlight}
	r.cells[at] = append(r.cells[at], m)
}

// figure is a value of a measurement.
type figure func(measured) float64

func rateOf(m measured) float64    { return m.rate() }
func handledOf(m measured) float64 { return m.handled }
func p99Of(m measured) float64     { return m.quantile(0.99).Seconds() * 1000 }

// spread is a median over the rounds, with the least and the greatest.
type spread struct{ median, least, greatest float64 }

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	values = slices.Sorted(slices.Values(values))
	middle := values[len(values)/2]
	if len(values)%2 == 0 {
		middle = (middle + values[len(values)/2-1]) / 2
	}
	return spread{middle, values[0], values[len(values)-1]}
}

// of is the spread of a figure.
func (r *results) of(at cell, f figure) spread {
	var values []float64
	for _, m := range r.cells[at] {
		values = append(values, f(m))
	}
	return spreadOf(values)
}

// ratio is the spread of a figure divided by a baseline's of the same round.
func (r *results) ratio(at, baseline cell, f figure) spread {
	var values []float64
	for i, m := range r.cells[at] {
		if of := r.cells[baseline]; i < len(of) {
			values = append(values, f(m)/f(of[i]))
		}
	}
	return spreadOf(values)
}

func quantile(sorted []time.Duration, share float64) time.Duration {
	return figures{latencies: sorted}.quantile(share)
}
