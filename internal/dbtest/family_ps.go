//go:build unix && !linux

package dbtest

import (
	"os/exec"
	"strconv"
	"strings"
)

// processes lists what runs on this machine.
func processes() (list []processInfo) {
	text, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "stat=").Output()
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		pid, err1 := strconv.Atoi(fields[0])
		parent, err2 := strconv.Atoi(fields[1])
		if err1 == nil && err2 == nil {
			list = append(list, processInfo{pid: pid, parent: parent, zombie: fields[2][0] == 'Z'})
		}
	}
	return list
}
