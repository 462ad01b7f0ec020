package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// reloadWithin bounds a reload; plugins that have not finished draining by then are stopped.
const reloadWithin = time.Minute

func configFile(data string) string { return filepath.Join(data, "wechat.yml") }

// hangups delivers SIGHUP, the customary signal to read the configuration again. Windows never sends it.
func hangups() (received <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// reload reads the configuration file again and makes the module run the plugins it enables. Whatever goes wrong, the
// plugins that ran before go on.
func (d *demo) reload(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reloadWithin)
	defer cancel()
	if err := d.module.ReloadPlugins(ctx); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	return nil
}
