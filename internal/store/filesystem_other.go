//go:build !linux

package store

// fileSystem cannot tell network file systems here; docs/operations.md says not to use them.
func fileSystem(string) (kind uint32, err error) { return 0, nil }
