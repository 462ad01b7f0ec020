package control_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
)

// file is a file of the page.
func (b bench) file(t *testing.T, name string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.api+name, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response, string(content)
}

func TestPageIsWholeAndPlain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	response, html := b.file(t, "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'")
	require.NotRegexp(t, `(?i)<script>|<style|style=|\son[a-z]+=`, html, "nothing inline")

	wanted := []string{"main.js"}
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		wanted = append(wanted, link[1])
	}
	read := map[string]bool{}
	for len(wanted) > 0 {
		name := wanted[0]
		wanted = wanted[1:]
		if read[name] {
			continue
		}
		read[name] = true
		require.NotContains(t, name, "//", "nothing from elsewhere")
		response, content := b.file(t, name)
		require.Equal(t, http.StatusOK, response.StatusCode, name)
		for _, imported := range regexp.MustCompile(`from "\./([^"]+)"`).FindAllStringSubmatch(content, -1) {
			wanted = append(wanted, imported[1])
		}
		if strings.HasSuffix(name, ".js") {
			require.Contains(t, response.Header.Get("Content-Type"), "javascript")
			require.NotContains(t, content, "innerHTML")
			ids := regexp.MustCompile(`byId\("([^"]+)"\)`).FindAllStringSubmatch(content, -1)
			for _, id := range ids {
				require.Contains(t, html, `id="`+id[1]+`"`, name)
			}
		}
	}
	require.Greater(t, len(read), 8)
}

// Whatever a shell can trigger, the page can, too.
func TestPageOffersEveryEvent(t *testing.T) {
	t.Parallel()
	_, html := setup(t).file(t, "")
	var offered []string
	for _, option := range regexp.MustCompile(`<option value="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		offered = append(offered, option[1])
	}
	for _, kind := range control.TriggerKinds() {
		require.Contains(t, offered, kind.Name)
	}
	for _, change := range control.Changes() {
		if change.Name != "refund" { // of a refund's notice, which the page does not forge
			require.Contains(t, offered, change.Name)
		}
	}
}

func TestUnknownPathsAreTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Contains(t, b.refusedWith(t, http.StatusNotFound, "v1/nowhere", nil), "POST /_sim/v1/nowhere")
	response, _ := b.file(t, "nothing.js")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}
