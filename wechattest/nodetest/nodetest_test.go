package nodetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/npmtest"
	"wgink.ink/wechat/wechattest"
)

// The secrets of messages; both are made up.
const (
	pushToken = "canaryNodePush"
	aesKey    = "canaryNodePushKeycanaryNodePushKey123456789"
)

// TestOtherSDKsAcceptThisWeChat runs each script of js/ against a simulator of its own.
func TestOtherSDKsAcceptThisWeChat(t *testing.T) {
	t.Parallel()
	folder := install(t)
	for _, sdk := range []string{"wechatpay-node-v3", "wechatpay-axios-plugin", "wechat-crypto"} {
		t.Run(sdk, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			// The SDKs live by the real time; a bill needs a day that is over.
			clock := wechattest.NewClock(now.Add(-48 * time.Hour))
			sim := wechattest.New(t, wechattest.WithClock(clock), wechattest.WithRefundDelay(0))
			require.NoError(t, sim.SignWith(signer(sim, sdk)))
			earlier(t, sim, clock.Now())
			clock.Advance(48 * time.Hour)
			base, err := sim.Listen("127.0.0.1:0")
			require.NoError(t, err)

			shop := shopOf(t, sim, now)
			shop["control"] = control(t, sim)
			given, err := json.Marshal(shop)
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			command := exec.CommandContext(ctx, "node", "-r", "./redirect.cjs", sdk+".cjs")
			command.Dir = folder
			command.Env = append(os.Environ(), "WECHAT="+base, "SHOP="+string(given), "NODE_NO_WARNINGS=1")
			output, err := command.CombinedOutput()
			require.NoError(t, err, "%s", output)
		})
	}
}

// signer is the key that the SDK's script can verify.
func signer(sim *wechattest.Simulator, sdk string) string {
	if sdk == "wechatpay-axios-plugin" {
		return sim.PublicKeyID()
	}
	return sim.PlatformSerials()[0]
}

// install puts the pinned packages beside the scripts.
func install(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("js")))
	npmtest.Install(t, folder, "the SDKs of other languages")
	return folder
}

// shopOf is what a merchant holds, for the scripts.
func shopOf(t *testing.T, sim *wechattest.Simulator, now time.Time) map[string]string {
	t.Helper()
	files := t.TempDir()
	require.NoError(t, sim.WriteMerchantFiles(files))
	m := sim.Merchant()
	return map[string]string{
		"appid": sim.App().AppID, "accountAppid": sim.OfficialAccount().AppID, "openid": sim.Phone("alice").OpenID(),
		"mchid": m.MchID, "serial": m.SerialNo, "apiV3Key": m.APIv3Key, "publicKeyID": sim.PublicKeyID(),
		"certificate": filepath.Join(files, wechattest.MerchantCertFile), "key": filepath.Join(files, wechattest.MerchantKeyFile),
		"publicKey": filepath.Join(files, wechattest.PublicKeyFile),
		"billDate":  now.Add(-48 * time.Hour).In(time.FixedZone("CST", 8*60*60)).Format(time.DateOnly),
		"pushToken": pushToken, "encodingAESKey": aesKey,
	}
}

// control plays the user when a script asks for it.
func control(t *testing.T, sim *wechattest.Simulator) (url string) {
	t.Helper()
	alice, mux := sim.Phone("alice"), http.NewServeMux()
	handle := func(path string, do func(*http.Request) (any, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			answer, err := do(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusConflict)
				return
			}
			_ = json.NewEncoder(w).Encode(answer)
		})
	}
	handle("/pay", func(r *http.Request) (any, error) {
		var launch wechattest.Launch
		if err := json.NewDecoder(r.Body).Decode(&launch); err != nil {
			return nil, err
		}
		return struct{}{}, alice.Pay(r.Context(), launch)
	})
	handle("/say", func(r *http.Request) (any, error) {
		var what struct{ URL, Content string }
		if err := json.NewDecoder(r.Body).Decode(&what); err != nil {
			return nil, err
		}
		err := sim.ConfigurePush(r.Context(), wechattest.Push{
			URL: what.URL, Token: pushToken, EncodingAESKey: aesKey, Mode: wechattest.SafePush,
		})
		if err != nil {
			return nil, err
		}
		reply, err := alice.SendText(r.Context(), what.Content)
		return map[string]string{"content": reply.Fields["Content"], "failure": reply.Failure}, err
	})
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(socket) }()
	t.Cleanup(func() { _ = server.Close() })
	return fmt.Sprintf("http://%s", socket.Addr())
}
