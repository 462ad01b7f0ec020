//go:build !linux

package store

// checkLocal cannot tell network file systems here; docs/operations.md says not to use them.
func checkLocal(string) error { return nil }
