package config

import (
	"net/url"
	"strings"
	"time"
)

// Bounds of what a person may set. The lower ones are there for tests and local play.
const (
	minIdle       = time.Second
	maxAbsolute   = 365 * 24 * time.Hour
	maxTokens     = 1000
	minLease      = time.Second
	maxLease      = time.Hour
	minPoll       = 10 * time.Millisecond
	maxPoll       = time.Minute
	maxDeliveries = 1000
	minKeepDone   = time.Hour
	minKeepEvents = 9000 * time.Hour // more than a year
)

// database checks the form of the URL. Nothing of it is repeated, it may hold a password.
func (k *checker) database() {
	const path = "database.url"
	scheme, rest, _ := strings.Cut(k.Database.URL.Reveal(), ":")
	switch scheme {
	case "postgres", "postgresql":
		u, err := url.Parse(k.Database.URL.Reveal())
		if err != nil || !strings.HasPrefix(rest, "//") || u.Host == "" && u.Query().Get("host") == "" {
			k.failf(path, "must have the form postgres://user:password@host:5432/name; "+
				"write special characters of the password as %%XX")
		}
	case "sqlite":
		k.sqlite(path, rest)
	default:
		k.failf(path, "must begin with postgres:// or sqlite:, for example sqlite:wechat.db")
	}
}

func (k *checker) sqlite(path, file string) {
	if strings.Trim(file, "/") == "" {
		k.failf(path, "must name a file, for example sqlite:wechat.db")
		return
	}
	inMemory := strings.Contains(file, ":memory:") || strings.Contains(file, "mode=memory")
	if inMemory && k.Pay.Active && k.produce != "" {
		k.failf(path, "must be a file or PostgreSQL while %s: notices in memory are lost with the process", k.produce)
	}
}

func (k *checker) session() {
	s := k.Session
	if s.Idle < minIdle {
		k.failf("session.idle", "must be %v or more", minIdle)
	}
	if s.Absolute < s.Idle || s.Absolute > maxAbsolute {
		k.failf("session.absolute", "must be from session.idle to %v", maxAbsolute)
	}
	k.numberUpTo("session.max-per-user", s.MaxPerUser, maxTokens)
}

func (k *checker) delivery() {
	k.between("delivery.lease", k.Delivery.Lease, minLease, maxLease)
	k.between("delivery.poll", k.Delivery.Poll, minPoll, maxPoll)
	k.numberUpTo("delivery.workers", k.Delivery.Workers, maxDeliveries)
	if k.Delivery.KeepDone < minKeepDone {
		k.failf("delivery.keep-done", "must be %v or more", minKeepDone)
	}
	if k.Delivery.KeepEvents < minKeepEvents {
		k.failf("delivery.keep-events", "must be %v or more: a payment can be refunded for a year, and a repeat must be recognised", minKeepEvents)
	}
}
