//go:build !linux

package host

// closeOnExec does nothing: descriptors that Go opened are never inherited, and others cannot be listed everywhere.
func closeOnExec() {}
