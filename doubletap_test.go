package wechat_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type tapAnswer struct {
	status int
	body   map[string]any
}

// A double tap on "bind phone" gets one answer, however its requests meet: both at work, or one after the other.
func TestDoubleTapOnBindPhone(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		post := func(token string, body any) tapAnswer {
			status, answer := b.call(http.MethodPut, prefix+"/app/miniapp/update-phone", token, body)
			return tapAnswer{status, answer}
		}
		lan := b.sim.Phone("lan")
		for i, proof := range []func() any{
			func() any {
				code, err := lan.GrantPhone(b.t.Context())
				require.NoError(b.t, err)
				return map[string]string{"code": code}
			},
			func() any {
				sealed, err := lan.EncryptedPhone(b.t.Context())
				require.NoError(b.t, err)
				return sealed
			},
		} {
			token, _ := b.logIn(lan)
			body := proof()
			const taps = 8
			got := make(chan tapAnswer, taps)
			for range taps {
				go func() { got <- post(token, body) }()
			}
			first := <-got
			require.Equal(b.t, http.StatusOK, first.status, "%v", first.body)
			for range taps - 1 {
				require.Equal(b.t, first, <-got)
			}
			require.Equal(b.t, first, post(token, body), "the old token has ended, and the tap is the same")
			require.EqualValues(b.t, 1+2*i, b.callsTo("/wxa/business/getuserphonenumber"))
			b.event("user.phone_bound")

			fresh, _, _ := strings.Cut(first.body["data"].(string), "_")
			require.Equal(b.t, http.StatusUnauthorized, post(token, map[string]string{"code": "x"}).status, "another code")
			require.Equal(b.t, http.StatusUnauthorized, post(strings.Repeat("A", 43), body).status, "another token")
			if i == 0 {
				other, _ := b.logIn(b.sim.Phone("other"))
				require.Equal(b.t, http.StatusUnprocessableEntity, post(other, body).status, "another user")
				require.Equal(b.t, http.StatusUnprocessableEntity, post(fresh, body).status, "another session")
			}
		}
	})
}

// A refusal that used the code up is repeated, too: the second tap must not blame the code.
func TestDoubleTapOnATakenPhone(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		first, second := b.sim.Phone("first"), b.sim.Phone("second")
		second.SetNumber("86", first.Number())
		token, _ := b.logIn(first)
		code, err := first.GrantPhone(b.t.Context())
		require.NoError(b.t, err)
		status, _ := b.call(http.MethodPost, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
		require.Equal(b.t, http.StatusOK, status)

		token, _ = b.logIn(second)
		code, err = second.GrantPhone(b.t.Context())
		require.NoError(b.t, err)
		for range 2 {
			status, answer := b.call(http.MethodPost, prefix+"/app/miniapp/update-phone", token, map[string]string{"code": code})
			require.Equal(b.t, http.StatusConflict, status)
			require.Equal(b.t, "phone-taken", answer["code"])
		}
	})
}
