package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func TestCanary(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		canary config.Canary
		want   string // "" when it is right
	}{
		"None":            {},
		"Share":           {canary: config.Canary{Version: "1.5.0", Share: 10}},
		"Shadow":          {canary: config.Canary{Version: "1.5.0", Shadow: 200}},
		"Both":            {canary: config.Canary{Version: "1.5.0", Shadow: 200, Share: 99, MinEvents: 1, MaxErrors: 100}},
		"SameOtherConfig": {canary: config.Canary{Version: "1.4.0", Config: config.Settings{}, Share: 1}},
		"Neither":         {config.Canary{Version: "1.5.0"}, "canary.share: is required without shadow"},
		"NoVersion":       {config.Canary{Share: 10}, "canary.version: is required"},
		"BadVersion":      {config.Canary{Version: "v1.5", Share: 10}, "canary.version: must be a version"},
		"SameVersion":     {config.Canary{Version: "1.4.0", Share: 10}, "canary.version: is the version that runs anyway"},
		"AllEvents":       {config.Canary{Version: "1.5.0", Share: 100}, "canary.share: must be"},
		"TooManyShadows":  {config.Canary{Version: "1.5.0", Shadow: 1001}, "canary.shadow: must be"},
		"Negative":        {config.Canary{Version: "1.5.0", Share: 5, MinEvents: -1}, "canary.min-events: must be"},
		"TooManyErrors":   {config.Canary{Version: "1.5.0", Share: 5, MaxErrors: 101}, "canary.max-errors: must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Config{Plugins: config.Plugins{Dir: "/srv/plugins", Enabled: map[string]config.Plugin{
				"fulfil": {Version: "1.4.0", Canary: tc.canary},
			}}}.WithDefaults()
			err := cfg.Validate()
			if tc.want == "" {
				if err != nil {
					require.NotContains(t, err.Error(), "canary")
				}
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestCanaryIsRead(t *testing.T) {
	t.Parallel()
	_, err := config.Parse([]byte(`open-platform: {wechat: {plugins: {dir: /srv/plugins, enabled: {fulfil: {version: 1.4.0,
  canary: {version: 1.5.0, share: 0, config: {ledger: /b}}}}}}}`))
	require.ErrorContains(t, err, "canary.share: must be a whole number above 0")
}
