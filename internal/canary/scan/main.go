// Command scan fails when a file contains a secret that tests plant:
//
//	go run ./internal/canary/scan FILE…
//
// It ends with 1 if there is one, and with 2 if a file cannot be read or is empty, for then nothing was looked at.
package main

import (
	"fmt"
	"io"
	"os"

	"wgink.ink/wechat/internal/canary"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(files []string, out, problems io.Writer) int {
	if len(files) == 0 {
		_, _ = fmt.Fprintln(problems, "usage: scan FILE…")
		return 2
	}
	size, found := 0, 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err == nil && len(text) == 0 {
			err = fmt.Errorf("%s is empty: there is nothing to scan", name)
		}
		if err != nil {
			_, _ = fmt.Fprintln(problems, "scan:", err)
			return 2
		}
		size += len(text)
		for _, finding := range canary.Find(text) {
			found++
			_, _ = fmt.Fprintf(problems, "%s: %v\n", name, finding)
		}
	}
	if found > 0 {
		_, _ = fmt.Fprintf(problems, "scan: %d secrets in the open\n", found)
		return 1
	}
	_, _ = fmt.Fprintf(out, "scan: no secret in %d bytes\n", size)
	return 0
}
