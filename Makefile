# `make` lists what there is. `make check` is exactly what CI runs.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Built and scratch files; git ignores the folder.
BIN := bin

# Developer tools, each pinned in a go.mod of its own under tools/ so that hosts never download them.
GOLANGCI_LINT := go tool -modfile=tools/lint/go.mod golangci-lint
BUF           := go tool -modfile=$(CURDIR)/tools/buf/go.mod buf

# What `make test` runs with the race detector: make test PACKAGES=./payment/... Left to test-plain are tests without
# goroutines of ours, and internal/e2e, whose processes the detector makes several times slower; it looks at their output itself.
PACKAGES = $(shell go list ./... | grep -vE '/internal/(archtest|e2e)$$|/nodetest$$')

# What `make chaos` runs. One after the other, since they measure.
CHAOS := ^(TestChaos|TestLongOutage|TestCrashPoints|TestTwoHosts|TestTakeOverByDefault|TestPowerCut|TestBacklog|TestHungPluginDoesNotSlowAnswers|TestPluginDiesAtEveryTenthCall)$$

# What `make soak` runs: the long forms of the tests of a host and its plugins, held to their figures of time.
SOAK := ^(TestDatabaseThatFailsAtRandom|TestPanicsOfWhatTheHostHandsIn|TestModulesComeAndGo|TestStopDoesNotWaitForAHungPlugin|TestProcessThatHangs|TestHandlerThatHangs|TestStartThatHangs|TestHotSwapLosesNothing|TestFlood|TestPluginThatNeverStarts|TestHostsComeAndGo|TestCrashesLeaveNothing|TestHostKilledTwentyTimes)$$

# All tests together, with the race detector, on two cores. One test never takes that long.
TEST_TIMEOUT := 15m

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: check
check: format-check vet lint build generate-check test-plain test tour ## Everything CI runs

.PHONY: format
format: ## Format all Go files
	$(GOLANGCI_LINT) fmt

.PHONY: format-check
format-check: ## Fail if a Go file is not formatted
	$(GOLANGCI_LINT) fmt --diff

.PHONY: vet
vet: ## Run go vet, also over the benchmark, which is a module of its own
	go vet ./...
	cd internal/bench && go vet ./...

.PHONY: lint
lint: ## Run the linters of .golangci.yml, import direction included
	$(GOLANGCI_LINT) config verify
	$(GOLANGCI_LINT) run

.PHONY: build
build: ## Compile for this system, and for macOS and Windows where developers sit, with their tests
	go build ./...
	GOOS=darwin CGO_ENABLED=0 go build ./... && GOOS=darwin CGO_ENABLED=0 go vet ./...
	GOOS=windows CGO_ENABLED=0 go build ./... && GOOS=windows CGO_ENABLED=0 go vet ./...

.PHONY: protoc-plugins
protoc-plugins:
	@go build -modfile=tools/protoc/go.mod -o $(BIN)/ \
		google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc

# The contract as it was last generated. A change is held against it before it takes its place.
CONTRACT := contract.binpb

.PHONY: generate
generate: protoc-plugins ## Make the Go code of the plugin contract from its .proto files, unless they break released plugins
	cd plugins/pluginv1 && $(BUF) lint && $(BUF) breaking --against $(CONTRACT)
	cd plugins/pluginv1 && PATH="$(CURDIR)/$(BIN):$$PATH" $(BUF) generate
	cd plugins/pluginv1 && $(BUF) build --exclude-source-info -o $(CONTRACT)

.PHONY: generate-check
generate-check: protoc-plugins ## Fail if that code is stale, or the contract breaks buf's rules or released plugins
	cd plugins/pluginv1 && $(BUF) lint && $(BUF) breaking --against $(CONTRACT)
	rm -rf $(BIN)/generated
	cd plugins/pluginv1 && PATH="$(CURDIR)/$(BIN):$$PATH" $(BUF) generate -o $(CURDIR)/$(BIN)/generated
	cd plugins/pluginv1 && $(BUF) build --exclude-source-info -o $(CURDIR)/$(BIN)/generated/$(CONTRACT)
	diff <(cd $(BIN)/generated && tail -n +1 *.pb.go) <(cd plugins/pluginv1 && tail -n +1 *.pb.go) \
		&& cmp $(BIN)/generated/$(CONTRACT) plugins/pluginv1/$(CONTRACT) \
		|| { echo "stale: run make generate" >&2; exit 1; }

.PHONY: test-plain
test-plain: ## The README's command, as newcomers run it: all tests, the storms among them
	go test ./...

.PHONY: test
test: ## Run the tests with the race detector, in random order, then look for secrets in what they printed
	@mkdir -p $(BIN)
	@echo "go test -race -shuffle=on  (all of its output: $(BIN)/test.log)"
	@go test -v -race -shuffle=on -timeout=$(TEST_TIMEOUT) $(PACKAGES) 2>&1 | tee $(BIN)/test.log \
		| grep --line-buffered -E '^(ok|FAIL|panic:|# )|^ *--- (FAIL|SKIP)|: build failed' \
		|| { grep -E -A 25 'Error Trace:|^panic:|DATA RACE' $(BIN)/test.log | head -n 300; \
			grep -vE '^ *(=== |--- (PASS|SKIP)|ok|PASS|\?)' $(BIN)/test.log | tail -n 100; exit 1; }
	go run ./internal/canary/scan $(BIN)/test.log

.PHONY: chaos
chaos: ## Kill, stop and cut everything for half an hour to an hour, and show the figures for docs/chaos.md
	@mkdir -p $(BIN) && rm -f $(BIN)/chaos.jsonl
	WECHAT_CHAOS_FULL=1 WECHAT_CHAOS_REPORT=$(CURDIR)/$(BIN)/chaos.jsonl \
		go test -v -count=1 -parallel=1 -timeout=60m -run='$(CHAOS)' ./internal/e2e > $(BIN)/chaos.log 2>&1 \
		|| { grep -E '^ *--- FAIL|Error:|repeat:' $(BIN)/chaos.log; exit 1; }
	@cat $(BIN)/chaos.jsonl

.PHONY: soak
soak: ## Hold hosts and plugins to their figures of time, one test after the other (ten minutes)
	@mkdir -p $(BIN)
	@WECHAT_CHAOS_FULL=1 go test -v -count=1 -p=1 -parallel=1 -timeout=60m -run='$(SOAK)' . ./plugins/host > $(BIN)/soak.log 2>&1 \
		|| { grep -E '^ *--- FAIL|Error:' -A 6 $(BIN)/soak.log; exit 1; }
	@grep -E '^ *--- |^ok|_test.go:[0-9]+: ' $(BIN)/soak.log

.PHONY: tour
tour: tour-sqlite tour-postgres ## Drive the demo host from log-in to a delivered notice, on both databases

.PHONY: tour-sqlite
tour-sqlite:
	go run ./hostdemo tour

.PHONY: tour-postgres
tour-postgres:
	go run ./internal/dbtest/withpostgres go run ./hostdemo tour -database {}

# For example: make bench BENCH_FLAGS='-rounds 1 -latency 0', or BENCH_FLAGS='-write $(CURDIR)/docs' to renew the tables.
BENCH_FLAGS :=

.PHONY: bench
bench: ## Measure the module against what one would write by hand: docs/benchmarks.md (six minutes)
	cd internal/bench && go test -run TestBench -count=1 -timeout=20m -args $(BENCH_FLAGS)
	go test -run '^$$' -bench Overhead -benchtime=10x ./plugins/host

.PHONY: clean
clean: ## Remove what the other targets made
	rm -rf $(BIN)
