# Needs git, Go, Python 3 and make. `make` alone lists what it can do.

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME := 10s
# The linters are a module of their own, so that their dependencies stay out of flowproof's.
TOOL     := go tool -modfile=tools/go.mod
SOURCES  := bench cmd internal

.DEFAULT_GOAL := help
# The steps of `test` share two build caches and its log is read from the top: one at a time.
.NOTPARALLEL:

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/flowproof
	go build -o bin/flowproof ./cmd/flowproof

.PHONY: release
release: ## build bin/flowproof as it is published: stripped, no local paths, version from git
	go build -trimpath -ldflags "-s -w -X flowproof/internal/cli.version=$(VERSION)" \
		-o bin/flowproof ./cmd/flowproof

.PHONY: demo
demo: ## show what flowproof does, on an embedded AWS: no account, no network
	go run ./cmd/flowproof demo

.PHONY: check
check: venv ## the quick loop while working: vet and tests, without the race detector
	go vet ./...
	go test ./...

.PHONY: test
test: venv format markers lint tidy generated vulns ## everything that must hold before a change is merged
	go vet ./...
	go test -race -timeout 30m ./...

.PHONY: format
format: ## fail if a Go file is not formatted
	@files=$$(gofmt -l $(SOURCES)) || exit 1; \
	if [ -n "$$files" ]; then echo "not formatted (make fmt does it):"; echo "$$files"; exit 1; fi

.PHONY: markers
markers: ## fail if a file holds what an unfinished merge leaves behind
	@if git grep -nE '^(<{7}|>{7}) '; then echo "unfinished merge in the lines above"; exit 1; fi

.PHONY: lint
lint: ## run the linters of .golangci.yml
	$(TOOL) golangci-lint run --allow-parallel-runners ./...

.PHONY: tidy
tidy: ## fail if go.mod or go.sum is not what the imports ask for
	go mod tidy -diff
	cd tools && go mod tidy -diff

.PHONY: generated
generated: ## run go generate, fail if that changes a file
	@state() { git status --porcelain && git diff; }; \
	before=$$(state) && go generate ./... && after=$$(state) || exit 1; \
	if [ "$$before" != "$$after" ]; then echo "go generate changed files:"; git status --short; exit 1; fi

# govulncheck ends with 3 when it finds something. When its database cannot be reached (no
# network), the rest of the build still has something to say.
.PHONY: vulns
vulns: ## look for known vulnerabilities in what the code calls (asks vuln.go.dev)
	@status=0; out=$$($(TOOL) govulncheck ./... 2>&1) || status=$$?; echo "$$out"; \
	case "$$status:$$out" in \
	0:*) ;; \
	1:*"fetching vulnerabilities"*) echo "NOT CHECKED for known vulnerabilities: the database cannot be reached" ;; \
	*) exit 1 ;; \
	esac

.PHONY: fmt
fmt: ## format all Go files
	gofmt -w $(SOURCES)

.PHONY: fuzz
fuzz: venv ## run each fuzz test for FUZZTIME (10s)
	@for pkg in $$(go list ./...); do \
		names=$$(go test -list '^Fuzz' $$pkg) || { echo "$$names"; exit 1; }; \
		for name in $$names; do \
			case $$name in Fuzz*) ;; *) continue ;; esac; \
			echo "$$pkg $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
		done; \
	done

# About 25 minutes, most of them other tools'; QUICK=1 takes one and leaves docs/benchmarks.md alone.
# TOOLS='c7n|Prowler' compares only those.
.PHONY: bench
bench: venv ## compare with other tools and with the bare SDK, write docs/benchmarks.md (QUICK=1: a minute)
	go run ./bench $(if $(QUICK),-quick) $(if $(TOOLS),-tools '$(TOOLS)')

.PHONY: cover
cover: venv ## how much of the code the tests reach; details in bin/cover.html
	@mkdir -p bin
	go test -coverpkg ./internal/... -coverprofile bin/cover.out ./...
	go tool cover -html bin/cover.out -o bin/cover.html
	go tool cover -func bin/cover.out | tail -n 1

.PHONY: venv
venv: .venv/installed ## install moto and the AWS CLI for the tests into .venv (once)

# The file says which requirements are installed: a second run downloads nothing.
.venv/installed: tools/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@cp $< $@

.PHONY: clean
clean: ## remove what was built and installed here; Go's own caches stay
	rm -rf bin .venv
