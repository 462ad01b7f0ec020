package config

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// maxNesting bounds defaults within defaults: ${A:${B:${C}}}.
const maxNesting = 8

// variableName is what may stand between ${ and }.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} and ${NAME:default} by environment variables. $${ stands for ${ itself. What a variable holds
// is not expanded again. Errors name variables, never values.
func (o options) expand(text string) (string, error) { return o.expandNested(text, 0) }

func (o options) expandNested(text string, depth int) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		if literal, escaped := strings.CutSuffix(b.String(), "$"); escaped {
			b.Reset()
			b.WriteString(literal + "${")
			text = after
			continue
		}
		end := closing(after)
		if end < 0 {
			return "", errors.New("has a ${ without its }; write $${ where ${ itself is meant")
		}
		value, err := o.placeholder(after[:end], depth)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		text = after[end+1:]
	}
}

func (o options) placeholder(inner string, depth int) (string, error) {
	name, def, hasDefault := strings.Cut(inner, ":")
	if !variableName.MatchString(name) {
		return "", errors.New("has a ${…} that does not hold the name of an environment variable; " +
			"write $${ where ${ itself is meant")
	}
	if value, ok := o.lookup(name); ok {
		return value, nil
	}
	if !hasDefault {
		return "", fmt.Errorf("needs the environment variable %s, which is not set; set it, or give a default: ${%s:value}",
			name, name)
	}
	if depth >= maxNesting {
		return "", errors.New("has defaults nested too deeply")
	}
	return o.expandNested(def, depth+1)
}

// closing finds the } that ends a placeholder, passing over those inside it.
func closing(text string) int {
	open := 0
	for i := range len(text) {
		switch {
		case text[i] == '}' && open == 0:
			return i
		case text[i] == '}':
			open--
		case strings.HasPrefix(text[i:], "${"):
			open++
		}
	}
	return -1
}

func (o options) lookup(name string) (string, bool) {
	for _, v := range slices.Backward(o.environ) { // the last one counts, as in exec.Cmd
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// maxSecretFile bounds a file that holds one secret.
const maxSecretFile = 64 << 10

// secretText gives a secret's value: the text itself, or the content of the file it names with file:/path, without the
// newline editors put at its end.
func (o options) secretText(text string) (string, error) {
	name, isFile := strings.CutPrefix(text, "file:")
	if !isFile {
		return text, nil
	}
	if rest, isURL := strings.CutPrefix(name, "//"); isURL {
		name = rest // file:///run/secrets/key
	}
	data, err := o.readFile(name)
	switch {
	case err != nil:
		return "", fmt.Errorf("names a file that %s", fileTrouble(err))
	case len(data) > maxSecretFile:
		return "", fmt.Errorf("names a file of more than %d bytes; it should hold the secret and nothing else", maxSecretFile)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", errors.New("names a file that is empty; put the secret in")
	}
	return value, nil
}

// fileTrouble says in words why a file could not be read.
func fileTrouble(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not read"
	default:
		return "cannot be read"
	}
}
