// Package plugintest tests plugins: a handler in this process over the real contract, and a built plugin under the real
// supervisor.
//
//	h := plugintest.New(t, &Fulfil{}, plugintest.Config(map[string]any{"erp_url": erp.URL}))
//	require.Equal(t, plugintest.Done, h.Pay(plugintest.Payment()).Result)
//
// Every event is delivered twice, because in production it is sooner or later; the test fails when the second time tells
// another outcome or has another effect. Run checks what every plugin must withstand, and belongs into a plugin's CI.
// Process starts the built plugin once, for a smoke test.
//
// The package is for tests: it imports testing, and it links the plugin host.
package plugintest
