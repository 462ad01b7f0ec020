package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// verb is one thing this program does.
type verb struct {
	name string // its words
	does string
	run  func(context.Context, terminal, []string) error
}

func verbs() []verb {
	return []verb{
		{"sim serve", "run a local WeChat until Ctrl-C", simServe},
		{"sim run", "let WeChat misbehave by a script: lost notices, cut answers, wrong amounts", simRun},
		{"sim trigger", "let something happen: a payment, a refund, a wrong notice", simTrigger},
		{"sim push", "configure where messages and events go (服务器配置)", simPush},
		{"sim resend", "send a notice once more", simResend},
		{"sim phone", "use somebody's phone: log in, grant the number, pay", simPhone},
		{"plugin new", "begin a plugin: a module with a handler, its test and its manifest", pluginNew},
		{"plugin dev", "run a plugin with sample events, again whenever a file is saved", pluginDev},
		{"plugin validate", "check a plugin's folder as a host would, and start it once", pluginValidate},
		{"plugin lock", "pin the content of the enabled plugins in plugins.lock", pluginLock},
		{"plugin list", "list the plugins of a running host, and what waits for them", pluginList},
		{"plugin reload", "make a running host read its configuration again", pluginReload},
		{"plugin dead list", "list dead letters", deadList},
		{"plugin dead show", "tell what became of an event", deadShow},
		{"plugin dead requeue", "hand dead letters over again", deadRequeue},
		{"plugin replay", "hand an event to a plugin again", pluginReplay},
		{"sim list", "list orders, refunds, notices or phones", simList},
	}
}

// dispatch finds the verb that the arguments begin with.
func dispatch(ctx context.Context, t terminal, args []string) error {
	for _, v := range verbs() {
		words := strings.Fields(v.name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			err := v.run(ctx, t, args[len(words):])
			if errors.Is(err, flag.ErrHelp) {
				return nil // it was shown
			}
			return err
		}
	}
	given := strings.Join(args, " ")
	switch given {
	case "", "sim", "plugin", "help", "-h", "-help", "--help", "sim -h", "sim -help", "sim --help", "sim help",
		"plugin -h", "plugin -help", "plugin --help", "plugin help", "plugin dead", "plugin dead -h", "plugin dead --help":
		t.sayf("Usage: wechatctl VERB [flags]. Each verb explains itself with -h.\n")
		for _, v := range verbs() {
			t.sayf("  %-20s %s", v.name, v.does)
		}
		return nil
	}
	return usageError{fmt.Sprintf("there is no verb %q; see wechatctl -h", given)}
}

// usageError is a command line that cannot be understood.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

// newFlags are the flags of a verb, with its help text.
func newFlags(t terminal, name, help string) *flag.FlagSet {
	flags := flag.NewFlagSet("wechatctl "+name, flag.ContinueOnError)
	flags.SetOutput(t.out)
	flags.Usage = func() {
		t.sayf("%s\n\nFlags:", strings.TrimSpace(help))
		flags.PrintDefaults()
	}
	return flags
}

// parse takes flags before, between and behind the other arguments, which it returns.
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	usage := flags.Usage
	defer func() { flags.Usage = usage }()
	for {
		flags.Usage = func() {} // shown below, for -h only
		output := flags.Output()
		flags.SetOutput(io.Discard)
		err := flags.Parse(args)
		flags.SetOutput(output)
		switch {
		case errors.Is(err, flag.ErrHelp):
			usage()
			return nil, err
		case err != nil:
			return nil, usageError{fmt.Sprintf("%v; see %s -h", err, flags.Name())}
		case flags.NArg() == 0:
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

// wrongArguments says what a verb expects.
func wrongArguments(flags *flag.FlagSet, expected string) error {
	return usageError{fmt.Sprintf("expected: %s %s; see -h", flags.Name(), expected)}
}
