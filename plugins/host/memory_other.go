//go:build !linux

package host

// residentMemory knows nothing: only Linux tells without calling C or another program. GOMEMLIMIT is all that holds a
// plugin's memory there.
func residentMemory(int) (int64, bool) { return 0, false }
