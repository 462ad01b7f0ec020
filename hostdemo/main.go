// Command hostdemo is a whole host to try the WeChat module with, on a machine that has nothing but Go: a Fiber app with
// a small shop, the module mounted on it, two plugins in processes of their own, SQLite, and a local WeChat.
//
//	go run ./hostdemo         # a phone and what happens behind it, on http://127.0.0.1:8080
//	go run ./hostdemo tour    # the same without a browser: log-in to booked payment, checked step by step
//
// It is also the example of a host: read app.go for the Fiber app, shop.go for routes of one's own, wechat.yml.tmpl for
// the configuration and plugins/ledger for a plugin. What is only there for the show is in phone*.go and trail*.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `A host with the WeChat module, a small shop, two plugins and a local WeChat. Nothing has to be installed or registered.

  go run ./hostdemo [flags]         open the page it names: a phone, and the trail of what happens on the server
  go run ./hostdemo tour [flags]    the same steps without a browser; exit status 0 only if every one of them held

The data folder keeps everything: databases, the local WeChat's memory, the configuration (wechat.yml, worth reading) and
the plugins, which are built by the Go toolchain when they are missing or older than their sources. Start again to go on
where you stopped; delete the folder to begin anew. The tour keeps its data in the folder's tour/, so that it can run
beside the page. One PostgreSQL database serves either the page or the tour at a time, not both.

Flags:
`

// settings are what the command line decides.
type settings struct {
	data     string // folder of everything this program keeps
	listen   string // loopback address of the page
	database string // postgres://…; empty: SQLite in the data folder
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, problems io.Writer) int {
	set, tour, err := parse(args, problems)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	// The first Ctrl-C stops everything in order; a second one, then unhandled, ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	do := serve
	if tour {
		do = runTour
	}
	if err := do(ctx, set, out, problems); err != nil {
		_, _ = fmt.Fprintln(problems, "hostdemo:", err)
		return 1
	}
	return 0
}

// parse accepts the word tour before or after the flags.
func parse(args []string, problems io.Writer) (set settings, tour bool, err error) {
	flags := flag.NewFlagSet("hostdemo", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.Usage = func() {
		_, _ = fmt.Fprint(problems, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&set.data, "data", "hostdemo-data", "`folder` that keeps everything")
	flags.StringVar(&set.listen, "listen", "127.0.0.1:8080", "loopback `address` of the page; the tour takes a free port instead")
	flags.StringVar(&set.database, "database", "", "PostgreSQL `url` (postgres://user:password@host/name) for the module's tables; without it SQLite in the data folder")
	for {
		if err := flags.Parse(args); err != nil {
			return set, tour, err
		}
		switch {
		case flags.NArg() == 0:
			return set, tour, nil
		case flags.Arg(0) != "tour" || tour:
			err := fmt.Errorf("unknown argument %q; only tour and flags are known, see -h", flags.Arg(0))
			_, _ = fmt.Fprintln(problems, "hostdemo:", err)
			return set, tour, err
		}
		tour, args = true, flags.Args()[1:]
	}
}
