package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/dirhash"
)

// HashFolder gives the h1: hash of a plugin's folder, which plugins.lock pins: that of golang.org/x/mod/sumdb/dirhash
// over all files, with their paths below the folder as names. It covers names and contents, no modes and no empty
// folders. It fails when the folder holds anything but files and folders.
func HashFolder(dir string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	files, err := listFiles(root)
	if err != nil {
		return "", err
	}
	return dirhash.Hash1(files, func(name string) (io.ReadCloser, error) { return openRegular(root, name) })
}

// listFiles names every file below root, with slashes. The error joins everything that is neither file nor folder.
func listFiles(root *os.Root) ([]string, error) {
	var files []string
	var problems problemList
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Type().IsRegular():
			files = append(files, name)
		case !entry.IsDir():
			problems.addf("%s: %s", filepath.Join(root.Name(), name), kindOf(entry.Type()))
		}
		return nil
	})
	return files, errors.Join(problems.join(), err)
}

func kindOf(mode fs.FileMode) string {
	if mode&fs.ModeSymlink != 0 {
		return "is a symbolic link; a plugin's folder holds only files and folders (npm ci --no-bin-links makes no links)"
	}
	return "is no regular file; a plugin's folder holds only files and folders"
}

// openRegular opens a file for reading. What somebody put in its place meanwhile is refused without waiting for it.
func openRegular(root *os.Root, name string) (*os.File, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = permanent(fmt.Errorf("%s: %s", filepath.Join(root.Name(), name), kindOf(info.Mode().Type())))
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// problemList keeps the first problems of many alike.
type problemList struct {
	first []error
	more  int
}

const problemsShown = 10

func (l *problemList) addf(format string, args ...any) {
	if len(l.first) == problemsShown {
		l.more++
		return
	}
	l.first = append(l.first, fmt.Errorf(format, args...))
}

func (l *problemList) join() error {
	if l.more > 0 {
		return errors.Join(append(l.first, fmt.Errorf("and %d more of this kind", l.more))...)
	}
	return errors.Join(l.first...)
}
