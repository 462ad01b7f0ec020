package dbtest

import "syscall"

const (
	// sharedMemory is Linux's file system in memory. Creating a database makes 300 files, which takes 50 ms there and
	// up to 500 ms on a disk that a compiler is busy with.
	sharedMemory = "/dev/shm"
	// enoughMemory is the free space below which we stay on disk; containers often have 64 MiB there.
	enoughMemory = 4 << 30
)

// memoryDir is where a server without durability keeps its data: in memory if there is plenty, else "".
func memoryDir() string {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(sharedMemory, &fs); err != nil || fs.Bsize <= 0 {
		return ""
	}
	if free := fs.Bavail * uint64(fs.Bsize); free < enoughMemory {
		return ""
	}
	return sharedMemory
}
