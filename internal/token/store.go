package token

import (
	"context"
	"time"
)

// Stored is a token's row.
type Stored struct {
	Version   int64     // grows by one with every save, from 1; 0 means that nothing was saved yet
	Value     string    // sealed, base64; never the token itself. Empty while Version is 0
	ExpiresAt time.Time // when WeChat stops accepting the token
}

// Store shares tokens between the hosts of one database: one row for each appid and kind. The claim lives in the same
// row, so that of several hosts that find a token old only one fetches.
//
// Leases are measured by the database's clock, not by the hosts'.
type Store interface {
	// LoadToken gives the row. False when there is none; a row that was only claimed so far counts as none.
	LoadToken(ctx context.Context, appid, kind string) (Stored, bool, error)

	// ClaimRefresh takes the right to replace version seenVersion (0: no row yet) for the time of lease. It is true for
	// one caller: when the row still has seenVersion (or no row exists and seenVersion is 0, then it makes one) and no
	// other claim is running. owner names the claimant, unique for each call.
	ClaimRefresh(ctx context.Context, appid, kind, owner string, seenVersion int64, lease time.Duration) (bool, error)

	// ReleaseRefresh gives the claim of owner up, after a failed fetch. Nothing happens if owner holds it no more.
	ReleaseRefresh(ctx context.Context, appid, kind, owner string) error

	// SaveToken writes version seenVersion+1 and ends any claim, if the row still has seenVersion; false if it has moved
	// on, and then the row stays as it is.
	SaveToken(ctx context.Context, appid, kind string, seenVersion int64, value string, expiresAt time.Time) (bool, error)
}

// Sealer encrypts the tokens at rest; seal.Box is one. aad ties the ciphertext to its row.
type Sealer interface {
	Seal(plain []byte, aad string) ([]byte, error)
	Open(sealed []byte, aad string) ([]byte, error)
}
