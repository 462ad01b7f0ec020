//go:build !linux

package host

// limitProcess does nothing: only Linux lets one process limit another.
func limitProcess(int, int64) error { return nil }
