package store

import "golang.org/x/sys/unix"

func fileSystem(dir string) (kind uint32, err error) {
	var fs unix.Statfs_t
	err = unix.Statfs(dir, &fs)
	return uint32(fs.Type), err //nolint:gosec // a magic number of 32 bits, in a wider field on some architectures
}
