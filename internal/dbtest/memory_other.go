//go:build !linux

package dbtest

// memoryDir is empty: only Linux has a file system in memory that is always there.
func memoryDir() string { return "" }
