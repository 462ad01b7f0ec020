package host

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// checkConfig compares a plugin's configuration with the schema its manifest names. Its errors name the keys and what
// is wrong with them, never a value: that can be a secret.
func (f pluginFolder) checkConfig(m Manifest, key string, configuration []byte) error {
	if m.ConfigSchema == "" || configuration == nil {
		return nil
	}
	schema, err := f.schema(m.ConfigSchema)
	if err != nil {
		return f.problem(m.ConfigSchema, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(configuration))
	if err != nil {
		return fmt.Errorf("%s.config: %w", key, err)
	}
	err = schema.Validate(value)
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	return errors.Join(violations(key+".config", invalid)...)
}

func (f pluginFolder) schema(name string) (*jsonschema.Schema, error) {
	name = filepath.FromSlash(name)
	if !filepath.IsLocal(name) {
		return nil, errors.New("config_schema leaves the plugin's folder")
	}
	content, err := f.read(name)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("is no JSON: %w", err)
	}
	const url = "plugin:///schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(loadNothing{})
	if err := compiler.AddResource(url, document); err != nil {
		return nil, fmt.Errorf("is no JSON Schema: %w", err)
	}
	schema, err := compiler.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("is no JSON Schema: %w", err)
	}
	return schema, nil
}

// loadNothing keeps a schema from making the host read other files or addresses.
type loadNothing struct{}

func (loadNothing) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: a schema may refer to nothing outside its own file", url)
}

// violations lists the innermost reasons, each with its key.
func violations(key string, e *jsonschema.ValidationError) []error {
	if len(e.Causes) > 0 {
		var all []error
		for _, cause := range e.Causes {
			all = append(all, violations(key, cause)...)
		}
		return all
	}
	at := strings.Join(append([]string{key}, e.InstanceLocation...), ".")
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return []error{fmt.Errorf("%s: the plugin's schema requires %s", at, strings.Join(k.Missing, ", "))}
	case *kind.AdditionalProperties:
		return []error{fmt.Errorf("%s: the plugin's schema does not know %s", at, strings.Join(k.Properties, ", "))}
	case *kind.Type:
		return []error{fmt.Errorf("%s: is of type %s, the plugin's schema wants %s", at, k.Got, strings.Join(k.Want, " or "))}
	default:
		return []error{fmt.Errorf("%s: breaks the rule %q of the plugin's schema", at, strings.Join(e.ErrorKind.KeywordPath(), "/"))}
	}
}
