package wechattest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// scenario is the script of this name.
func scenario(t *testing.T, name string) wechattest.Script {
	t.Helper()
	all, err := wechattest.Scenarios()
	require.NoError(t, err)
	require.Contains(t, all, name)
	return all[name]
}

// play is a bench on which a scenario plays. At the end every fault of it must have struck.
func play(t *testing.T, name string, opts ...wechattest.Option) bench {
	t.Helper()
	b := setup(t, append(opts, wechattest.WithScript(scenario(t, name)))...)
	t.Cleanup(func() {
		for i, report := range b.sim.FaultReports() {
			require.NotZero(t, report.Struck, "fault %d of %s never struck", i+1, report.Script)
		}
	})
	return b
}

func TestScenariosAreTold(t *testing.T) {
	t.Parallel()
	all, err := wechattest.Scenarios()
	require.NoError(t, err)
	for name, script := range all {
		require.NotEmpty(t, script.About, name)
		require.True(t, len(script.Faults) > 0 || script.Skew != 0, name)
	}
}

// Every known complaint that WeChat, or the way to it, can cause has its script. What it always does needs none: launch
// parameters are checked (8), amounts are in fen (21), time_expire counts (24), profiles are anonymous (31). The others
// are about a client's own code and machines.
func TestEveryPainHasAScenario(t *testing.T) {
	t.Parallel()
	all, err := wechattest.Scenarios()
	require.NoError(t, err)
	covered := map[int]bool{}
	for _, script := range all {
		covered[script.Pain] = true
	}
	for _, pain := range []int{
		1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 25, 26, 27, 28, 29, 30, 32, 33,
	} {
		require.True(t, covered[pain], pain)
	}
}

func TestWrongScriptsAreRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"faults: [{on: door}]":                                       "on: answer",
		"faults: [{on: answer, signature: blurred}]":                 "signature",
		"faults: [{on: answer, when: later}]":                        "when",
		"faults: [{on: answer, chance: 2}]":                          "chance",
		"faults: [{on: answer, path: '['}]":                          "syntax error in pattern",
		"faults: [{on: answer, colour: red}]":                        "colour",
		"faults: [{on: notice, delay: soon}]":                        "soon",
		"name: [":                                                    "script",
		"name: nothing":                                              "neither faults nor a skew",
		"skew: 1m\n---\nskew: 2m":                                    "something follows",
		"faults: [{on: notice, lost: true, path: /v3/**}]":           "on: notice knows no path, lost",
		"faults: [{on: answer, order: NO-1, drop: true}]":            "on: answer knows no order, drop",
		"faults: [{on: login, same-code: true, late: 1m}]":           "on: login knows no late",
		"faults: [{on: pay, delay: 3s, signature: probe, late: 1m}]": "on: pay knows no delay, signature",
		"faults: [{on: answer, path: /v3/**, code: BANK_ERROR}]":     "nothing goes wrong",
		"faults: [{on: answer, status: 99}]":                         "200 to 599",
		"faults: [{on: answer, html: 1000}]":                         "200 to 599",
		"faults: [{on: notice, change: {seal_with: short}}]":         "32 bytes",
		"faults: [{on: answer, delay: -1s}]":                         "negative",
		"faults: [{on: notice, drop: true, times: -1}]":              "negative",
	} {
		_, err := wechattest.ParseScript([]byte(text))
		require.ErrorContains(t, err, says, text)
	}
	b := setup(t)
	require.Error(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{{On: "door"}}}))
	_, err := wechattest.Open(wechattest.WithScript(wechattest.Script{Faults: []wechattest.Fault{{On: "door"}}}))
	require.Error(t, err)
}

func TestScriptsAddUpAndEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.sim.Play(wechattest.Script{Name: "one", Faults: []wechattest.Fault{{
		On: wechattest.OnNotice, Order: "NO-*", Delay: time.Minute,
	}}}))
	require.NoError(t, b.sim.Play(wechattest.Script{Name: "two", Faults: []wechattest.Fault{{
		On: wechattest.OnNotice, Delay: time.Minute, NoticeFault: wechattest.NoticeFault{Duplicate: 1},
	}}}))
	b.buy(t, "NO-0001")
	b.settle(t)
	require.Empty(t, b.sim.Attempts(""))
	b.clock.Advance(2*time.Minute - time.Second)
	b.settle(t)
	require.Empty(t, b.sim.Attempts(""))
	b.clock.Advance(time.Second)
	b.settle(t)
	require.Len(t, b.sim.Attempts(""), 2)
	require.Equal(t, 1, b.sim.FaultReports()[0].Struck)
	b.sim.StopFaults()
	b.buy(t, "NO-0002")
	b.settle(t)
	require.Len(t, b.sim.Attempts("NO-0002"), 1)
}

func TestSeededScriptsRepeat(t *testing.T) {
	t.Parallel()
	run := func() (story []string) {
		b := setup(t, wechattest.WithScript(scenario(t, "stormy-day")))
		for i := range 12 {
			if b.call(t, "GET", "/v3/certificates", "").status == 500 {
				story = append(story, "500")
			}
			b.sim.HoldNotices(true)
			number := "NO-00" + string(rune('A'+i))
			for b.call(t, "POST", jsapiPath, b.order(number)).status != 200 {
				story = append(story, "again")
			}
			order, _ := b.sim.Order(number)
			require.NoError(t, b.alice.Pay(t.Context(), b.launch(t, order.PrepayID)))
			b.sim.HoldNotices(false)
			b.settle(t)
			for _, a := range b.sim.Attempts(number) {
				story = append(story, number+" "+a.Error)
			}
		}
		return story
	}
	first := run()
	require.Equal(t, first, run())
}
