package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]Kind{
		"payment.succeeded": KindPayment, "payment.scored": KindNotice, "user.created": KindUser, "users": KindNotice,
		"refund.succeeded": KindNotice, "": KindNotice,
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
		"refund.*":          {[]string{"refund.closed"}, []string{"payment.succeeded"}, []Kind{KindNotice}},
		"*":                 {[]string{"a", "a.b"}, nil, []Kind{KindPayment, KindUser, KindNotice}},
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
