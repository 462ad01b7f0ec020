package operate

// checkPrivate is Unix's concern: Windows inherits access lists from the folder above.
func checkPrivate(string) error { return nil }

// keepPrivate has nothing to do where files have no modes.
func keepPrivate(string) error { return nil }
