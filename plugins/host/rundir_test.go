package host

import (
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Hosts of one user share a run folder: one that starts sweeps it while another one stops.
func TestFolderIsRemovedWhileOthersSweep(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	over := make(chan struct{})
	var sweepers sync.WaitGroup
	for range 2 {
		sweepers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					sweep(base)
				}
			}
		})
	}
	for range 300 {
		d, err := newRunDir(base)
		require.NoError(t, err)
		require.NoError(t, d.close())
	}
	close(over)
	sweepers.Wait()
	left, err := os.ReadDir(base)
	require.NoError(t, err)
	require.Empty(t, left)
}
