// Package archtest holds the tree to its rules: who may import whom, how long a file may be, and what must not be in
// it at all. It has no code to import; `go test ./internal/archtest` is all there is.
//
// The import rules stand in .golangci.yml, once, and are read from there. So they hold with `go test` alone, and the
// linter shows them in editors. Each check also runs on a small tree that breaks it (testdata/badtree, or files made up
// in the test) and must find what is wrong there: a check that cannot fail proves nothing.
package archtest
