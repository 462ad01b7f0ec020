package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
	"wgink.ink/wechat/internal/dbtest"
)

func discard() slog.Handler { return slog.DiscardHandler }

// The second tour finds the user of the first one, with a phone number, and books another order.
func TestTourTwiceOnTheSameData(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		o := testOptions(t, url)
		first, second := tourOutput(t, o), tourOutput(t, o)

		require.Contains(t, first, "a new account, in its initial state")
		require.Contains(t, second, "an account from an earlier run")
		for _, out := range []string{first, second} {
			require.Contains(t, out, "2 notices, 1 delivery, 1 effect")
			require.Contains(t, out, "POST /wechat/sign/default → 200")
			require.Contains(t, out, "/wechat/pay/notice → 204")
			require.NotRegexp(t, `[0-9A-Za-z]{43}_[01]|token: [0-9A-Za-z]{5}`, out, "a user's token")
		}
		require.NotEqual(t, orderNumber(t, first), orderNumber(t, second))
	})
}

func tourOutput(t *testing.T, o options) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, tourIn(t.Context(), o, &out), "%s", &out)
	require.Empty(t, canary.FindSecrets(out.Bytes(), secretsOf(t, o.data)...))
	return out.String()
}

func orderNumber(t *testing.T, out string) string {
	t.Helper()
	_, rest, found := strings.Cut(out, `"out_trade_no":"`)
	require.True(t, found)
	number, _, _ := strings.Cut(rest, `"`)
	return number
}

func TestTourSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	o := testOptions(t, "")
	d := openDemo(t, o)
	d.wechat.HoldNotices(true)
	var out bytes.Buffer
	walk := &tour{demo: d, out: printer{&out}, app: newMiniProgram(d)}

	err := walk.run(t.Context())

	require.ErrorContains(t, err, `step 6, "Pay (调起支付) and receive the notice (支付通知)": expected one notice answered 204, got 0 notices`)
	require.ErrorContains(t, err, "hint: ")
}

func TestTourEndsWithItsContext(t *testing.T) {
	t.Parallel()
	o := testOptions(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, tourIn(ctx, o, &bytes.Buffer{}), context.Canceled)
}

func TestTwoProgramsDoNotShareAFolder(t *testing.T) {
	t.Parallel()
	o := testOptions(t, "")
	d := openDemo(t, o)

	_, err := open(t.Context(), o)
	require.ErrorContains(t, err, "in use by another hostdemo")

	require.NoError(t, d.Close())
	again, err := open(t.Context(), o)
	require.NoError(t, err, "the lock ends with its holder")
	require.NoError(t, again.Close())
}

func TestConfigurationHoldsNoSecret(t *testing.T) {
	t.Parallel()
	o := testOptions(t, "")
	openDemo(t, o)
	text, err := os.ReadFile(filepath.Join(o.data, "wechat.yml"))
	require.NoError(t, err)
	require.Empty(t, canary.Find(text))
	require.Contains(t, string(text), "api-v3-secretkey: \"file:")
}

func TestUnreadableMemoryNamesTheWayOut(t *testing.T) {
	t.Parallel()
	o := testOptions(t, "")
	require.NoError(t, os.MkdirAll(o.data, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(o.data, "local-wechat.json"), []byte("[]"), 0o600))
	_, err := open(t.Context(), o)
	require.ErrorContains(t, err, "delete the folder "+o.data+" to begin anew")
}
