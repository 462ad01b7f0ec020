package config

import (
	"strings"
	"unicode"
)

// maxShown bounds a path in a message. What is longer is hardly a path, and a private key without its frame is longer.
const maxShown = 128

// written tells how validation may show the values of a file: as the file has them, ${NAME} and all, for what a variable
// holds may be a secret in the wrong place. What an override in the environment holds is not shown at all.
func (r *reader) written() map[string]string {
	out := map[string]string{}
	for _, l := range r.leaves {
		if l.env != "" {
			out[l.path] = ""
		} else if l.node != nil {
			if text, ok := scalar(l.node); ok && strings.Contains(text, "${") {
				out[l.path] = text
			}
		}
	}
	return out
}

// shown is a path as a message may show it; empty when it must not.
func (k *checker) shown(path, value string) string {
	if text, ok := k.written[path]; ok {
		value = text
	}
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(value) > maxShown || strings.ContainsFunc(value, unprintable) {
		return ""
	}
	return value
}

// isPath refuses the content of a file in the place of its path, which is easily done with a variable. Nothing of it may
// reach a message.
func (k *checker) isPath(path, value string) bool {
	content := strings.Contains(value, "-----BEGIN") || strings.ContainsAny(value, "\r\n")
	if content {
		k.failf(path, "must be a path, but holds the PEM text itself; put the text into a file and give its path")
	}
	return !content
}
