package host

import (
	"errors"
	"io"
)

// lockDir does nothing on Windows: sockets are not files there, so nothing that matters is left behind.
func lockDir(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// lockLeft says that a folder may be in use: without locks nobody knows.
func lockLeft(string) (io.Closer, error) { return nil, errors.ErrUnsupported }

// checkOwner is Unix's concern.
func checkOwner(string) error { return nil }
