// Package strictjson decodes JSON that came from outside: one value, one spelling of each name, no surprises.
//
// encoding/json accepts a name in any letter case and lets the last of several equal names win, so two readers of one
// body can see two different values. This package refuses such bodies. It is not a second JSON parser: it looks at the
// tokens first and then lets encoding/json decode.
package strictjson

// Option changes what Unmarshal accepts.
type Option func(*settings)

type settings struct {
	maxDepth        int
	disallowUnknown bool
}

// MaxDepthDefault is how deep objects and arrays may nest.
const MaxDepthDefault = 32

// DisallowUnknownFields refuses names the target struct does not have. Without it they are ignored.
func DisallowUnknownFields() Option { return func(s *settings) { s.disallowUnknown = true } }
