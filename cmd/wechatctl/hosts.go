package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/operate"
	"wgink.ink/wechat/plugins/host"
)

// hostWithin is how long a running host may take to say who it is. It also bounds what it may take for a command, beyond
// its own limits.
const (
	hostWithin    = 3 * time.Second
	commandWithin = 2 * time.Minute
)

const hostsHelp = `

It asks the running host. Without -config and -socket that is the one which this user runs with the default run folder.
Exit status: 0 done, 1 failed, 2 not understood, 3 no host could be reached.`

// unreachable is an error that deserves an exit status of its own: a script may want to start the host.
type unreachable struct{ error }

func (u unreachable) Unwrap() error { return u.error }

// hostFlags say which running host is meant.
type hostFlags struct{ file, socket string }

func addHostFlags(flags *flag.FlagSet) *hostFlags {
	h := &hostFlags{}
	flags.StringVar(&h.file, "config", "", "the configuration `file` of the host; its secrets need not be readable")
	flags.StringVar(&h.socket, "socket", "", "the control socket of the host, a `path`; it is in the host's log")
	return h
}

// running is a host that answered.
type running struct {
	operate.Client
	operate.Host
}

// all finds the hosts that are meant: several only when several run with one configuration file, or with none given.
func (h *hostFlags) all(ctx context.Context) ([]running, error) {
	if h.file != "" && h.socket != "" {
		return nil, usageError{"give -config or -socket, not both"}
	}
	sockets, err := h.sockets()
	if err != nil {
		return nil, err
	}
	var found []running
	var problems []error
	for _, socket := range sockets {
		r := running{Client: operate.At(socket)}
		asked, cancel := context.WithTimeout(ctx, hostWithin)
		r.Host, err = r.Client.Host(asked)
		cancel()
		switch {
		case err == nil && h.meant(r.Host):
			found = append(found, r)
		case errors.Is(err, operate.ErrNotRunning) && h.socket == "": // left by one that was killed
		default:
			problems = append(problems, err)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if err := errors.Join(problems...); err != nil {
		return nil, unreachable{err}
	}
	return nil, unreachable{errors.New(h.nobody())}
}

func (h *hostFlags) nobody() string {
	if h.file == "" {
		return "no host of this user runs with the default run folder; name its configuration with -config FILE, or its socket " +
			"with -socket PATH (the host logs it when it starts), and run this as the host's user"
	}
	return "no running host was loaded from " + h.file + "; is it running, as this user, and does it tell its file (wechat.WithConfigFile)? " +
		"Otherwise name its socket with -socket PATH (the host logs it when it starts)"
}

// one finds the host that is meant. Of several with one configuration file any will do: they share their tables.
func (h *hostFlags) one(ctx context.Context) (running, error) {
	found, err := h.all(ctx)
	if err != nil {
		return running{}, err
	}
	return found[0], sameConfiguration(found)
}

// sameConfiguration refuses to choose between hosts that have nothing to do with each other.
func sameConfiguration(found []running) error {
	var lines []string
	same := true
	for _, r := range found {
		same = same && r.ConfigFile == found[0].ConfigFile && r.ConfigFile != ""
		lines = append(lines, fmt.Sprintf("\n  -socket %s  (process %d, %s)", r.Socket, r.PID, orUnknown(r.ConfigFile)))
	}
	if len(found) == 1 || same {
		return nil
	}
	return usageError{"several hosts run, say which one is meant:" + strings.Join(lines, "")}
}

func orUnknown(file string) string {
	if file == "" {
		return "it does not tell its configuration file"
	}
	return file
}

// sockets lists where hosts may listen.
func (h *hostFlags) sockets() ([]string, error) {
	if h.socket != "" {
		return []string{h.socket}, nil
	}
	var cfg config.Config
	if h.file != "" {
		var err error
		if cfg, err = whereAHostListens(h.file); err != nil {
			return nil, err
		}
	}
	switch cfg.Console.Socket {
	case "":
	case config.SocketOff:
		return nil, unreachable{fmt.Errorf("%s says console.socket: off", h.file)}
	default:
		return []string{cfg.Console.Socket}, nil
	}
	dirs, err := host.PrivateDirs(cfg.Plugins)
	if err != nil {
		return nil, unreachable{err}
	}
	var sockets []string
	for _, dir := range dirs {
		sockets = append(sockets, operate.SocketName(dir))
	}
	return sockets, nil
}

// whereAHostListens reads two keys of a configuration. Whether the rest of it is right does not matter here: the
// merchant's keys and passwords need not be readable for whoever asks.
func whereAHostListens(file string) (config.Config, error) {
	cfg, err := config.Load(file)
	if problems, ok := errors.AsType[*config.Error](err); ok {
		problems.Problems = slices.DeleteFunc(problems.Problems, func(p config.Problem) bool {
			return p.Key != "" && p.Key != "plugins.run-dir" && !strings.HasPrefix(p.Key, "console.")
		})
		if len(problems.Problems) == 0 {
			err = nil
		}
	}
	return cfg, err
}

// meant tells whether a host that answered is one of those looked for. One that does not tell its file is taken by a
// socket that only it can have.
func (h *hostFlags) meant(found operate.Host) bool {
	if h.file == "" || found.ConfigFile == "" {
		return true
	}
	if here, err := os.Stat(h.file); err == nil {
		if there, err := os.Stat(found.ConfigFile); err == nil {
			return os.SameFile(here, there)
		}
	}
	absolute, err := filepath.Abs(h.file)
	return err == nil && absolute == found.ConfigFile
}
