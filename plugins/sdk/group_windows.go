package sdk

import "os"

// killGroup does nothing: Windows has no process groups. Children of a plugin outlive a killed host there.
func killGroup() {}

// notifyOrphaned does nothing: the end of standard input is all that says it on Windows.
func notifyOrphaned(chan<- os.Signal) {}
