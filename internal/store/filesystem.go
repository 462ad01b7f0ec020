package store

import "fmt"

// kindOf tells the magic number of the file system that a folder is on; 0: it cannot be told.
type kindOf func(dir string) (kind uint32, err error)

// checkLocal refuses file systems of other machines: SQLite's locks and WAL do not hold there, and rows are lost in
// silence. FUSE is let pass, because it cannot be told what is behind it.
func checkLocal(dir string, look kindOf) error {
	kind, err := look(dir)
	if err != nil {
		return fmt.Errorf("look at the database's file system: %w", err)
	}
	if name := networkName(kind); name != "" {
		return fmt.Errorf("%s is on %s: SQLite loses data there; use a local disk, or PostgreSQL", dir, name)
	}
	return nil
}

// networkName is what people call a file system whose files other machines may change too; empty: it is none of those. The
// numbers are Linux's, see statfs(2).
func networkName(kind uint32) string {
	switch kind {
	case 0x6969:
		return "NFS"
	case 0x517b, 0xff534d42, 0xfe534d42:
		return "an SMB share"
	case 0x00c36400:
		return "Ceph"
	case 0x5346414f, 0x6b414653, 0x73757245:
		return "AFS"
	case 0x01021997:
		return "9p"
	case 0x0bd00bd0:
		return "Lustre"
	case 0x47504653:
		return "GPFS"
	case 0x19830326:
		return "BeeGFS"
	case 0x01161970:
		return "GFS2"
	case 0x7461636f:
		return "OCFS2"
	default:
		return ""
	}
}
