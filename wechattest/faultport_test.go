package wechattest_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// TestFaultsOnARealPort shows that connections are cut there as they are in memory.
func TestFaultsOnARealPort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	base, err := b.sim.Listen("127.0.0.1:0")
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(ctx context.Context) (string, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v3/certificates", nil)
		require.NoError(t, err)
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer func() { _ = response.Body.Close() }()
		content, err := io.ReadAll(response.Body)
		return string(content), err
	}
	play := func(fault wechattest.AnswerFault) {
		require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{{
			On: wechattest.OnAnswer, Times: 1, AnswerFault: fault,
		}}}))
	}
	play(wechattest.AnswerFault{Lost: true})
	_, err = get(t.Context())
	require.Error(t, err)

	play(wechattest.AnswerFault{Cut: 10})
	content, err := get(t.Context())
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Len(t, content, 10)

	play(wechattest.AnswerFault{Timeout: true})
	ctx, giveUp := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer giveUp()
	_, err = get(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	content, err = get(t.Context())
	require.NoError(t, err)
	require.Contains(t, content, "SIGN_ERROR")
}
