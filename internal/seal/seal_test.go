package seal

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	box, err := New(Key{1, []byte("first-secret-of-32-bytes--------")})
	require.NoError(t, err)
	for _, plain := range []string{"", "token", string(bytes.Repeat([]byte{0}, 5000))} {
		a, err := box.Seal([]byte(plain), "row 1")
		require.NoError(t, err)
		b, err := box.Seal([]byte(plain), "row 1")
		require.NoError(t, err)
		require.NotEqual(t, a, b) // a fresh nonce each time
		require.Equal(t, byte(1), a[0])
		require.Len(t, a, 1+12+len(plain)+16)
		opened, err := box.Open(a, "row 1")
		require.NoError(t, err)
		require.Equal(t, plain, string(opened))
	}
}

func TestChangeOfSecrets(t *testing.T) {
	t.Parallel()
	first, second := Key{1, []byte("first-secret-of-32-bytes--------")}, Key{2, []byte("second-secret-of-32-bytes-------")}
	before, err := New(first)
	require.NoError(t, err)
	old, err := before.Seal([]byte("x"), "row")
	require.NoError(t, err)
	after, err := New(second, first)
	require.NoError(t, err)
	opened, err := after.Open(old, "row")
	require.NoError(t, err)
	require.Equal(t, "x", string(opened))
	fresh, err := after.Seal([]byte("x"), "row")
	require.NoError(t, err)
	require.Equal(t, byte(2), fresh[0])
	_, err = before.Open(fresh, "row")
	require.ErrorIs(t, err, ErrOpen)
}

func TestWhatCannotBeOpened(t *testing.T) {
	t.Parallel()
	secret := []byte("first-secret-of-32-bytes--------")
	box, err := New(Key{1, secret}, Key{2, []byte("second-secret-of-32-bytes-------")})
	require.NoError(t, err)
	sealed, err := box.Seal([]byte("session key"), "user 1")
	require.NoError(t, err)
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		_, err := box.Open(damaged, "user 1")
		require.ErrorIs(t, err, ErrOpen, "byte %d", i)
		_, err = box.Open(sealed[:i], "user 1")
		require.ErrorIs(t, err, ErrOpen, "cut at %d", i)
	}
	_, err = box.Open(sealed, "user 2")
	require.ErrorIs(t, err, ErrOpen)
	sameSecretOtherID, err := New(Key{7, secret})
	require.NoError(t, err)
	moved := bytes.Clone(sealed)
	moved[0] = 7
	_, err = sameSecretOtherID.Open(moved, "user 1")
	require.ErrorIs(t, err, ErrOpen)
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	_, err := New(Key{1, []byte("short-canary")})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary")
	good := Key{1, []byte("first-secret-of-32-bytes--------")}
	_, err = New(good, good)
	require.Error(t, err)
	box, err := New(good)
	require.NoError(t, err)
	require.Equal(t, "seal.Box(***), seal.Box(***)", fmt.Sprintf("%+v, %#v", box, box))
}
