package config

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Option replaces something Load, Parse and Validate take from the process.
type Option func(*options)

type options struct {
	environ  []string
	readFile func(name string) ([]byte, error)
	now      func() time.Time
}

func newOptions(opts []Option) options {
	o := options{environ: os.Environ(), readFile: os.ReadFile, now: time.Now}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithEnviron gives the environment as NAME=value entries, as os.Environ does. Without it the process's own is used.
func WithEnviron(environ []string) Option {
	return func(o *options) { o.environ = environ }
}

// WithReadFile reads the files that values name, and Load's file itself. Without it os.ReadFile does. An fs.FS fits
// with its ReadFile method, if it has one.
func WithReadFile(readFile func(name string) ([]byte, error)) Option {
	return func(o *options) { o.readFile = readFile }
}

// WithNow is the clock that certificates are compared with. Without it time.Now is.
func WithNow(now func() time.Time) Option {
	return func(o *options) { o.now = now }
}

// Load reads the YAML file, applies the environment, expands values, fills in defaults and validates. All problems are
// in one *Error; the Config then holds what could be read, for a report and not for use.
func Load(path string, opts ...Option) (Config, error) {
	o := newOptions(opts)
	data, err := o.readFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	r := read(data, o)
	c := r.config.WithDefaults()
	if c.Plugins.Lock == "" && len(c.Plugins.Enabled) > 0 {
		c.Plugins.Lock = filepath.Join(filepath.Dir(path), LockName)
	}
	problems := r.problems
	if !r.unreadable {
		problems = append(problems, r.locate(c.problems(o, r.written()))...)
	}
	return c, report(path, c.secrets(), problems)
}

// Parse does what Load does with the bytes of a file, but for the last step: it reports what cannot be read, such as an
// unknown key or a duration without a unit. Whether the values make sense is the question Validate answers.
func Parse(data []byte, opts ...Option) (Config, error) {
	r := read(data, newOptions(opts))
	c := r.config.WithDefaults()
	return c, report("", c.secrets(), r.problems)
}

// Validate says what must be put right before the module can start: missing keys, keys and certificates that do not
// fit, addresses that production refuses. Parts that are not active need none of their keys; only pay
// needs an appid, of either app. It reads the files that the active parts name. The error is an *Error. Call WithDefaults
// first.
func (c Config) Validate(opts ...Option) error {
	return report("", c.secrets(), c.problems(newOptions(opts), nil))
}
