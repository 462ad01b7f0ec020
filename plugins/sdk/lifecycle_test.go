package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"wgink.ink/wechat/plugins/pluginv1"
)

type paymentOnly struct{}

func (paymentOnly) OnPayment(context.Context, *PaymentNotice) error { return nil }

type nothing struct{}

func TestDescribe(t *testing.T) {
	t.Parallel()
	all, err := connect(t, &recorder{}).Describe(t.Context(), &pluginv1.DescribeRequest{})
	require.NoError(t, err)
	require.Equal(t, "1.2.3", all.GetVersion())
	require.Equal(t, []string{
		"wechat.plugin.v1.PaymentNoticeHandlerService", "wechat.plugin.v1.UserSyncHandlerService",
		"wechat.plugin.v1.NoticeHandlerService",
	}, all.GetServices())

	c := connect(t, paymentOnly{})
	one, err := c.Describe(t.Context(), &pluginv1.DescribeRequest{})
	require.NoError(t, err)
	require.Empty(t, one.GetVersion())
	require.Equal(t, []string{"wechat.plugin.v1.PaymentNoticeHandlerService"}, one.GetServices())
	_, err = c.HandleNotice(t.Context(), &pluginv1.HandleNoticeRequest{})
	require.Equal(t, codes.Unimplemented, status.Code(err))
}

func TestHandlerWithoutMethodsIsRefused(t *testing.T) {
	t.Parallel()
	_, err := newServer(&nothing{}, nil)
	require.ErrorContains(t, err, "*sdk.nothing has none of the methods OnPayment")
	_, err = newServer(nil, nil)
	require.ErrorContains(t, err, "got nil")
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	configure := func(t *testing.T, handler any, config string) error {
		t.Helper()
		_, err := connect(t, handler).Configure(t.Context(), &pluginv1.ConfigureRequest{
			Id: "fulfil", Version: "1.2.3", ConfigJson: []byte(config), Secrets: map[string]string{"TOKEN": "s3cret"},
		})
		return err
	}
	t.Run("StartSeesConfigAndSecrets", func(t *testing.T) {
		t.Parallel()
		r := &recorder{}
		var got Env
		r.start = func(_ context.Context, env Env) error { got = env; return nil }
		require.NoError(t, configure(t, r, `{"greeting":"hello"}`))
		require.Equal(t, "hello", r.Greeting)
		require.Equal(t, "fulfil", got.ID)
		require.Equal(t, "s3cret", got.Secrets["TOKEN"])
		require.NotNil(t, got.Logger)
		require.NotEmpty(t, got.WorkDir)
	})
	t.Run("UnknownKey", func(t *testing.T) {
		t.Parallel()
		err := configure(t, &recorder{}, `{"greetings":"hello"}`)
		require.Equal(t, codes.InvalidArgument, status.Code(err))
		require.ErrorContains(t, err, `unknown key "greetings"; the plugin knows: greeting`)
	})
	t.Run("WrongType", func(t *testing.T) {
		t.Parallel()
		require.ErrorContains(t, configure(t, &recorder{}, `{"greeting":3}`), `key "greeting" must be a string, not a number`)
	})
	t.Run("NoStruct", func(t *testing.T) {
		t.Parallel()
		require.ErrorContains(t, configure(t, paymentOnly{}, `{"a":1}`), "takes none")
		require.NoError(t, configure(t, paymentOnly{}, `{}`))
	})
	t.Run("StartFails", func(t *testing.T) {
		t.Parallel()
		err := configure(t, &recorder{start: func(context.Context, Env) error { return context.DeadlineExceeded }}, "")
		require.Equal(t, codes.FailedPrecondition, status.Code(err))
		require.ErrorContains(t, err, "Start: context deadline exceeded")
	})
	t.Run("StartPanics", func(t *testing.T) {
		t.Parallel()
		err := configure(t, &recorder{start: func(context.Context, Env) error { panic("boom") }}, "")
		require.ErrorContains(t, err, "Start panicked: boom")
	})
	t.Run("OnlyOnce", func(t *testing.T) {
		t.Parallel()
		c := configured(t, &recorder{}, 1)
		_, err := c.Configure(t.Context(), &pluginv1.ConfigureRequest{})
		require.ErrorContains(t, err, "configured already")
	})
}

func TestGate(t *testing.T) {
	t.Parallel()
	t.Run("ClosedBeforeConfigure", func(t *testing.T) {
		t.Parallel()
		_, err := pay(t.Context(), connect(t, &recorder{}), "e1")
		require.Equal(t, codes.FailedPrecondition, status.Code(err))
	})
	t.Run("NoEventTwiceAndNoMoreThanAllowed", func(t *testing.T) {
		t.Parallel()
		entered, release := make(chan struct{}), make(chan struct{})
		c := configured(t, &recorder{payment: func(context.Context, *PaymentNotice) error {
			entered <- struct{}{}
			<-release
			return nil
		}}, 1)
		ended := make(chan error, 1)
		go func() { _, err := pay(context.Background(), c, "e1"); ended <- err }()
		<-entered

		again, err := pay(t.Context(), c, "e1")
		require.NoError(t, err)
		require.Contains(t, again.GetRetry().GetMessage(), "still running")
		_, err = pay(t.Context(), c, "e2")
		require.Equal(t, codes.FailedPrecondition, status.Code(err))
		st, err := c.Status(t.Context(), &pluginv1.StatusRequest{})
		require.NoError(t, err)
		require.True(t, st.GetReady())
		require.EqualValues(t, 1, st.GetRunning())
		require.Positive(t, st.GetOldestRunning().AsDuration())

		close(release)
		require.NoError(t, <-ended)
	})
}

func TestDrain(t *testing.T) {
	t.Parallel()
	drain := func(t *testing.T, c client, wait time.Duration) uint32 {
		t.Helper()
		resp, err := c.Drain(t.Context(), &pluginv1.DrainRequest{Wait: durationpb.New(wait)})
		require.NoError(t, err)
		return resp.GetRunning()
	}
	t.Run("StopsOnceWhenEmpty", func(t *testing.T) {
		t.Parallel()
		stops := 0
		c := configured(t, &recorder{stop: func(context.Context) error { stops++; return nil }}, 1)
		require.Zero(t, drain(t, c, time.Minute))
		require.Zero(t, drain(t, c, time.Minute))
		require.Equal(t, 1, stops)
		_, err := pay(t.Context(), c, "e1")
		require.Equal(t, codes.FailedPrecondition, status.Code(err))
	})
	t.Run("WaitsForWorkThenGivesUp", func(t *testing.T) {
		t.Parallel()
		entered, release := make(chan struct{}), make(chan struct{})
		c := configured(t, &recorder{payment: func(context.Context, *PaymentNotice) error {
			close(entered)
			<-release
			return nil
		}}, 1)
		ended := make(chan error, 1)
		go func() { _, err := pay(context.Background(), c, "e1"); ended <- err }()
		<-entered
		require.EqualValues(t, 1, drain(t, c, time.Millisecond))
		close(release)
		require.NoError(t, <-ended)
		require.Zero(t, drain(t, c, time.Minute))
	})
}

func TestSecretsNeverPrint(t *testing.T) {
	t.Parallel()
	env := Env{Secrets: Secrets{"TOKEN": "s3cret"}}
	asJSON, err := json.Marshal(env.Secrets)
	require.NoError(t, err)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %q", env, env, env, env.Secrets, env.Secrets), string(asJSON),
		env.Secrets.LogValue().String()} {
		require.NotContains(t, text, "s3cret")
	}
}
