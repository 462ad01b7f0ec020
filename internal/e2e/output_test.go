//go:build linux

package e2e

import (
	"bytes"
	"sync"
	"time"
)

// output keeps all that a process prints, and can be waited on.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{} // closed and replaced by each write
}

func newOutput() *output { return &output{wrote: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.wrote)
	o.wrote = make(chan struct{})
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the text was printed; false when the process ended first, or the limit is over.
func (o *output) await(text string, ended <-chan struct{}) bool {
	over := time.After(limit)
	for {
		o.mu.Lock()
		wrote, found := o.wrote, bytes.Contains(o.text.Bytes(), []byte(text))
		o.mu.Unlock()
		if found {
			return true
		}
		select {
		case <-wrote:
		case <-ended:
			return false
		case <-over:
			return false
		}
	}
}
