//go:build unix

package dbtest

import "syscall"

// family lists a process and all that descend from it, the elder first.
func family(root int) (all []int) {
	children := map[int][]int{}
	for _, p := range processes() {
		children[p.parent] = append(children[p.parent], p.pid)
	}
	all = []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// alive tells whether a process is more than a zombie, which somebody else must reap.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	for _, p := range processes() {
		if p.pid == pid {
			return !p.zombie
		}
	}
	return false
}

type processInfo struct {
	pid, parent int
	zombie      bool
}
