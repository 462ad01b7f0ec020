// Package seal imports what it must not.
package seal

import (
	_ "io/ioutil"
	_ "log"
	_ "math/rand"

	_ "github.com/pkg/errors"
)
