package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// checkLocal refuses file systems of other machines: SQLite's locks and WAL do not hold there, and rows are lost in
// silence. FUSE is let pass, because it cannot be told what is behind it.
func checkLocal(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("look at the database's file system: %w", err)
	}
	if name := networkName(int64(fs.Type)); name != "" { //nolint:unconvert // int32 on some architectures
		return fmt.Errorf("database.url: %s is on %s: SQLite loses data there; use a local disk, or PostgreSQL", dir, name)
	}
	return nil
}

func networkName(kind int64) string {
	switch uint32(kind) { //nolint:gosec // a magic number of 32 bits
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "an SMB share"
	case unix.CEPH_SUPER_MAGIC:
		return "Ceph"
	case unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC:
		return "AFS"
	case unix.V9FS_MAGIC:
		return "9p"
	default:
		return ""
	}
}
