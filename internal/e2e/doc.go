// Package e2e proves the promises of the notice road on real processes: a host and its plugin are started, killed and
// started again, the database is taken away, and in the end a checker compares what the local WeChat sent with what the
// plugin's own ledger holds.
//
// The test binary plays three parts: the test with the local WeChat in it, which survives everything; the host
// (host_test.go) and the plugin (ledger_test.go), which are this binary started again. The rules are in
// checker_test.go; control_test.go shows that each of them can fail. It runs on Linux, where processes can be looked
// at through /proc.
package e2e
