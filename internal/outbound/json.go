package outbound

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Get fetches the body behind url. Every status but 200 is an error.
func Get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("build GET request: %w", StripURL(err))
	}
	return readOK(client, req)
}

// PostJSON sends in as JSON and gives the answer's body. Text goes out as raw UTF-8 without HTML escapes, which several
// WeChat endpoints need.
func PostJSON(ctx context.Context, client *http.Client, url string, in any) ([]byte, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(in); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, &body)
	if err != nil {
		return nil, fmt.Errorf("build POST request: %w", StripURL(err))
	}
	req.Header.Set("Content-Type", "application/json")
	return readOK(client, req)
}

func readOK(client *http.Client, req *http.Request) ([]byte, error) {
	req.Header.Set("Accept", "application/json")
	resp, err := Do(client, req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &Error{
			Method: req.Method, Host: req.URL.Host, Path: req.URL.Path,
			Err: fmt.Errorf("HTTP status %d", resp.StatusCode),
		}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, &Error{Method: req.Method, Host: req.URL.Host, Path: req.URL.Path, Err: StripURL(err)}
	}
	return body, nil
}
