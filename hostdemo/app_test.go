package main

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyThisPageMayAsk(t *testing.T) {
	t.Parallel()
	d := openDemo(t, testOptions(t, ""))
	for name, c := range map[string]struct {
		host, origin, forwarded string
		want                    int
	}{
		"the page itself":      {"", d.url, "", http.StatusOK},
		"a program":            {"", "", "", http.StatusOK},
		"another site":         {"", "https://evil.example", "", http.StatusForbidden},
		"no origin worth it":   {"", "null", "", http.StatusForbidden},
		"a name that moved":    {"evil.example", "", "", http.StatusForbidden},
		"a name with our port": {"evil.example:8080", "http://evil.example:8080", "", http.StatusForbidden},
		"a name that forwards": {"evil.example:8080", "", "localhost:8080", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/demo/phones/xiaoming/login", nil)
			require.NoError(t, err)
			req.Host = c.host
			if c.origin != "" {
				req.Header.Set("Origin", c.origin)
			}
			if c.forwarded != "" {
				req.Header.Set("X-Forwarded-Host", c.forwarded)
			}
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			_ = resp.Body.Close()
			require.Equal(t, c.want, resp.StatusCode)
		})
	}
}

func TestListenRefusesOtherMachines(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.com:80", "8080"} {
		_, err := listen(t.Context(), address)
		require.ErrorContains(t, err, "-listen "+address)
	}
}

// The page loads nothing from elsewhere and holds no script or style of its own, so that its strict policy suffices.
func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	d := openDemo(t, testOptions(t, ""))
	status, body := get(t, d.url+"/")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(body), `src="main.js"`)

	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script(?:>|[^>]*>[^<])`)
	outside := regexp.MustCompile(`(?i)(?:src|href|url\(|from|import)[\s=("']+(?:https?:)?//`)
	require.NoError(t, fs.WalkDir(pageFiles, "page", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(pageFiles, path)
		require.NoError(t, err)
		require.NotRegexp(t, outside, string(text), path)
		require.NotContains(t, string(text), "innerHTML", path)
		if strings.HasSuffix(path, ".html") {
			require.NotRegexp(t, inline, string(text), path)
		}
		status, served := get(t, d.url+"/"+strings.TrimPrefix(path, "page/"))
		require.Equal(t, http.StatusOK, status, path)
		require.Equal(t, text, served, path)
		return nil
	}))
}
