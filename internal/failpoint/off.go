//go:build !failpoint

package failpoint

// Hit fails as the test asked for. In this build it does nothing.
func Hit(string) error { return nil }

// On tells whether the test asked for a wrong way to work. In this build it never did.
func On(string) bool { return false }
