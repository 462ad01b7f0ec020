package host

import (
	"os"
	"strconv"
	"strings"
)

// residentMemory is how many bytes of memory a process holds; false when it is gone. Its children are not counted.
func residentMemory(pid int) (int64, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err == nil && pages > 0
}
