package config

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// set converts text to the key's type and stores it. Its errors say what is expected and never hold the text.
func (k key) set(text string) error {
	trimmed := strings.TrimSpace(text)
	var err error
	switch to := k.to.(type) {
	case *string:
		*to = trimmed
	case *Secret:
		*to = Secret(text) // every byte counts, also a space at the end
	case *bool:
		*to, err = parseBool(trimmed)
	case **bool:
		var value bool
		if value, err = parseBool(trimmed); err == nil {
			*to = &value
		}
	case *int:
		*to, err = parseNumber(trimmed)
	case *time.Duration:
		*to, err = parseDuration(trimmed)
	case *[]string:
		*to = splitList(trimmed)
	default:
		err = errors.New("cannot be given as one value")
	}
	return err
}

// parseBool accepts what Spring and YAML accept.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	default:
		return false, errors.New("must be true or false")
	}
}

func parseNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0, errors.New("must be a whole number above 0")
	}
	return n, nil
}

// days is the one unit operators use that time.ParseDuration does not know.
var days = regexp.MustCompile(`^(\d{1,5})d$`)

func parseDuration(text string) (time.Duration, error) {
	if m := days.FindStringSubmatch(text); m != nil {
		text = m[1] + "h"
		d, err := time.ParseDuration(text)
		if err == nil && d > 0 {
			return 24 * d, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errors.New("must be a duration above 0 with its unit, such as 500ms, 20s, 2h or 7d")
	}
	return d, nil
}

// splitList reads a comma-separated list, the form of lists in the environment.
func splitList(text string) []string {
	var list []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
