package config

import (
	"fmt"
	"regexp"
	"strconv"
)

const (
	mib       = 1 << 20
	maxMemory = 1 << 40
	minMemory = 16 * mib // a Go plugin that does nothing needs as much
)

var memory = regexp.MustCompile(`^([1-9][0-9]{0,6})(MiB|GiB)$`)

// ParseMemory reads an amount of memory, in bytes, such as 128MiB or 2GiB: from 16MiB to 1024GiB.
func ParseMemory(text string) (int64, error) {
	m := memory.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is no amount of memory such as 128MiB or 2GiB", text)
	}
	bytes, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, err
	}
	if bytes *= mib; m[2] == "GiB" {
		bytes *= 1024
	}
	if bytes < minMemory || bytes > maxMemory {
		return 0, fmt.Errorf("%s: want 16MiB to 1024GiB", text)
	}
	return bytes, nil
}
