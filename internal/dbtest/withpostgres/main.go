// Command withpostgres runs another command with a fresh PostgreSQL database, whose URL stands wherever the arguments
// say {}:
//
//	go run ./internal/dbtest/withpostgres go run ./hostdemo tour -database {}
//
// The server is the one tests would use. On a machine without PostgreSQL it says so and succeeds, unless CI=true.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"wgink.ink/wechat/internal/dbtest"
)

func main() {
	err := run(os.Args[1:])
	switch exit := (*exec.ExitError)(nil); {
	case err == nil:
	case errors.Is(err, dbtest.ErrNotInstalled) && os.Getenv("CI") != "true":
		_, _ = fmt.Fprintln(os.Stderr, "withpostgres: skipped:", err)
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	default:
		_, _ = fmt.Fprintln(os.Stderr, "withpostgres:", err)
		os.Exit(1)
	}
}

func run(command []string) error {
	if len(command) == 0 {
		return errors.New("usage: withpostgres COMMAND [ARGUMENT | {}]…")
	}
	// A Ctrl-C reaches the command, too; we wait for it to end, and clean up.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return dbtest.With(func(url string) error {
		args := make([]string, len(command))
		for i, arg := range command {
			args[i] = strings.ReplaceAll(arg, "{}", url)
		}
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		return cmd.Run()
	})
}
