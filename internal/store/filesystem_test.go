package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNetworkFileSystemsAreRefused(t *testing.T) {
	t.Parallel()
	for kind, name := range map[uint32]string{
		0x6969: "NFS", 0x517b: "an SMB share", 0xff534d42: "an SMB share", 0xfe534d42: "an SMB share", 0xc36400: "Ceph",
		0x5346414f: "AFS", 0x6b414653: "AFS", 0x73757245: "AFS", 0x1021997: "9p", 0xbd00bd0: "Lustre", 0x47504653: "GPFS",
		0x19830326: "BeeGFS", 0x1161970: "GFS2", 0x7461636f: "OCFS2",
	} {
		err := checkLocal("/data", func(string) (uint32, error) { return kind, nil })
		require.ErrorContains(t, err, "/data is on "+name+":")
	}
	for name, kind := range map[string]uint32{
		"cannot be told": 0, "ext4": 0xef53, "XFS": 0x58465342, "Btrfs": 0x9123683e, "ZFS": 0x2fc12fc1, "tmpfs": 0x1021994,
		"overlayfs": 0x794c7630, "F2FS": 0xf2f52010, "FUSE": 0x65735546,
	} {
		require.NoError(t, checkLocal("/data", func(string) (uint32, error) { return kind, nil }), name)
	}
	failed := errors.New("statfs failed")
	require.ErrorIs(t, checkLocal("/data", func(string) (uint32, error) { return 0, failed }), failed)
}

// It is the folder of the real file that counts, both for a database that we open and for one that the host has.
func TestFileSystemOfTheRealFileIsLookedAt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	remote, err := filepath.EvalSymlinks(folder)
	require.NoError(t, err)
	remote = filepath.Join(remote, "remote")
	require.NoError(t, os.Mkdir(remote, 0o700))
	link := filepath.Join(folder, "link.db")
	require.NoError(t, os.Symlink(filepath.Join(remote, "real.db"), link))
	look := func(dir string) (uint32, error) {
		if dir == remote {
			return 0x6969, nil
		}
		return 0xef53, nil
	}
	_, err = openSQLite(link, look)
	require.ErrorContains(t, err, "remote is on NFS")
	require.NoFileExists(t, filepath.Join(remote, "real.db"), "refused before anything is made there")

	db, err := Open("sqlite:" + link)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.lockLocalFile(t.Context(), look)
	require.ErrorContains(t, err, "remote is on NFS")
}

func TestFileSystemOfThisMachineIsKnown(t *testing.T) {
	t.Parallel()
	_, err := fileSystem(t.TempDir())
	require.NoError(t, err)
}
