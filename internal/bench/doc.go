// Package bench measures the module against what a good engineer would write by hand, in one run on one machine:
//
//	make bench
//
// It is a Go module of its own, so that the driver of the hand-written handlers stays out of the hosts' go.mod. All of
// its code is a test, because the databases are those of internal/dbtest and a program must hold neither them nor the
// keys of the local WeChat. A benchmark is no test of speed, though: it fails when something breaks, never when
// something is slow.
//
// Every host is a process of its own and so is the plugin; the process of the test only sends notices, which it signed
// and encrypted before the clock started. The same notices serve all rounds, each time against emptied tables.
package bench
