//go:build linux

package e2e

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// reportEnv names a file to which long runs add their figures, one JSON object a line.
const reportEnv = "WECHAT_CHAOS_REPORT"

// report is what a run has shown.
type report struct {
	Test       string
	Seed       uint64
	Deliveries int            `json:",omitempty"`
	Flood      string         `json:",omitempty"`
	Faults     map[string]int `json:",omitempty"`
	Kills      int            `json:",omitempty"`
	Handovers  int            `json:",omitempty"`
	Events     int            `json:",omitempty"`
	Bookings   int            `json:",omitempty"`
	Took       time.Duration
	Notes      string `json:",omitempty"`
}

// note writes a report down, if somebody asked for it.
func note(t *testing.T, r report) {
	t.Helper()
	name := os.Getenv(reportEnv)
	if name == "" {
		return
	}
	r.Test = t.Name()
	line, err := json.Marshal(r)
	require.NoError(t, err)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = f.Write(append(line, '\n'))
	require.NoError(t, err)
	require.NoError(t, f.Close())
}
