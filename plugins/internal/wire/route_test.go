package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]Kind{
		"payment.succeeded": KindPayment, "payment.scored": KindNotice, "user.created": KindUser, "users": KindNotice,
		"refund.succeeded": KindRefund, "": KindNotice,
	} {
		require.Equal(t, want, KindOf(event), event)
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for pattern, tc := range map[Pattern]struct {
		match, other []string
		kinds        []Kind
	}{
		"payment.succeeded": {[]string{"payment.succeeded"}, []string{"payment", "payment.succeeded.x"}, []Kind{KindPayment}},
		"payment.*":         {[]string{"payment.succeeded", "payment.x"}, []string{"payments.x", "payment"}, []Kind{KindPayment, KindNotice}},
		"user.*":            {[]string{"user.created", "user.a.b"}, []string{"users.x"}, []Kind{KindUser}},
		"user.created":      {[]string{"user.created"}, []string{"user.x"}, []Kind{KindUser}},
		"refund.*":          {[]string{"refund.closed"}, []string{"payment.succeeded"}, []Kind{KindRefund}},
		"*":                 {[]string{"a", "a.b"}, nil, []Kind{KindPayment, KindUser, KindRefund, KindNotice}},
	} {
		require.True(t, pattern.Valid(), pattern)
		require.Equal(t, tc.kinds, pattern.Kinds(), pattern)
		for _, event := range tc.match {
			require.True(t, pattern.Match(event), "%s %s", pattern, event)
		}
		for _, event := range tc.other {
			require.False(t, pattern.Match(event), "%s %s", pattern, event)
		}
	}
	for _, bad := range []Pattern{"", ".", "a.", "*.a", "a*", "a.*.b", "A.b", "a b", "a..b", "a.**"} {
		require.False(t, bad.Valid(), bad)
	}
}

func TestRefundsGoToTheNoticeHandlerOfAPluginWithoutOnRefund(t *testing.T) {
	t.Parallel()
	typed, plain, none := []string{KindNotice.Service(), KindRefund.Service()}, []string{KindNotice.Service()}, []string{KindUser.Service()}
	for _, tc := range []struct {
		kind     Kind
		services []string
		want     Kind
		ok       bool
	}{
		{KindRefund, typed, KindRefund, true},
		{KindRefund, plain, KindNotice, true},
		{KindRefund, none, KindNotice, false},
		{KindUser, none, KindUser, true},
		{KindPayment, plain, KindPayment, false}, // a payment never goes to OnNotice
	} {
		got, ok := tc.kind.In(tc.services)
		require.Equal(t, tc.ok, ok, tc)
		require.Equal(t, tc.want, got, tc)
	}
}
