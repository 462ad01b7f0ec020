package operate

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// Place is where a page of dead letters ended, as a word to copy. The zero value is the beginning.
type Place string

// Place is where a page that ends with this dead letter ended.
func (d DeadLetter) Place() Place {
	// Of strings and a time in years of four digits nothing can fail.
	text, _ := json.Marshal([]any{d.Since.UnixMilli(), d.Event, d.Plugin}) //nolint:errchkjson // said above
	return Place(base64.RawURLEncoding.EncodeToString(text))
}

// Parse gives back the dead letter's time, event and plugin.
func (p Place) Parse() (since time.Time, event, plugin string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(string(p))
	var millis int64
	if err == nil {
		err = json.Unmarshal(text, &[]any{&millis, &event, &plugin})
	}
	if err != nil || event == "" || plugin == "" {
		return since, "", "", errors.New("that is no place a page of dead letters ended at")
	}
	return time.UnixMilli(millis).UTC(), event, plugin, nil
}
