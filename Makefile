# Everything that is done with this project, by one name each. `make` alone tells what there is.
#
# All targets build with the same profile (dev) and for the whole workspace, for features are joined over what is built together: so
# nothing is compiled twice. llama.cpp is optimised by its own build, and what is hot in Rust is named in Cargo.toml.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo

# In CI the build is kept outside of the checkout, which is thrown away after each run.
ifeq ($(CI),true)
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/handiwork/ci-target
endif

# Where the build is, and how a program in it is built.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug
PROGRAM := $(CARGO) build --workspace --bin handiwork

.PHONY: help
help: ## Tell what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what the build and the tests need, or say what is missing.
	@scripts/setup.sh

.PHONY: build
build: setup ## Build the program, the libraries and the demo site.
	$(CARGO) build --workspace

.PHONY: demo
demo: setup ## Have the agent sign in and file a claim on the demo site; write target/demo/report-1.html.
	$(PROGRAM) --example demo
	$(BUILT)/examples/demo

.PHONY: remember
remember: setup ## Have the agent do a second task that needs what it learned in a first one; with memory and without.
	$(PROGRAM) --example remember
	$(BUILT)/examples/remember

.PHONY: recall
recall: setup ## Measure how well memory finds what was said, on LoCoMo dialogues; LOCOMO=FILE. The last line tells recall@10.
	@test -n "$(LOCOMO)" || { echo "which dialogues? make recall LOCOMO=FILE (they are not part of this project)"; exit 2; }
	$(CARGO) build --workspace --example recall
	$(BUILT)/examples/recall --locomo $(LOCOMO)

.PHONY: bench-memory
bench-memory: setup ## Measure memory with 10,000 to a million facts beside plain FTS5 and brute force; BENCH_FACTS=10000 for fewer.
	$(PROGRAM)
	HANDIWORK_MODELS=$(CURDIR)/target/models $(BUILT)/handiwork model pull words
	HANDIWORK_MODELS=$(CURDIR)/target/models $(CARGO) bench --workspace --quiet --profile dev --bench memory

.PHONY: bench-context
bench-context: setup ## Measure the input tokens and cache hits of a task of forty steps beside screens rewritten and browser-use.
	@scripts/bench-context.sh

.PHONY: demo-five
demo-five: setup ## The same with five different sentences; the last line tells how many succeeded.
	$(PROGRAM) --example demo
	$(BUILT)/examples/demo --five

# Tasks and tries of `make miniwob`; others may be named: make miniwob TASKS=click-tab,enter-date SEEDS=3 FIRST_SEED=100
TASKS ?= click-button,click-link,click-dialog,click-test,click-test-2,focus-text,enter-text,click-option,click-checkboxes,login-user
SEEDS ?= 5
FIRST_SEED ?= 1

.PHONY: miniwob
miniwob: setup ## Try small web tasks of MiniWoB++ with the local model; the last line tells how many succeeded.
	$(PROGRAM) --example miniwob
	$(BUILT)/handiwork model pull default
	$(BUILT)/examples/miniwob --tasks $(TASKS) --seeds $(SEEDS) --first-seed $(FIRST_SEED) --model local --json target/miniwob.json

# How many rows of `make rows`, and how many at the same time.
ROWS ?= 1000
JOBS ?= 8

.PHONY: rows
rows: setup ## Replay a script for a thousand rows, kill it half-way, go on: each row is on the server once. ROWS=100 for fewer.
	@mkdir -p target
	HANDIWORK_ROWS=$(ROWS) HANDIWORK_JOBS=$(JOBS) HANDIWORK_ROWS_TOLD=$(CURDIR)/target/rows.json $(CARGO) test --workspace --quiet --test it -- --exact scripts::rows::each_row_is_filed_exactly_once_though_the_process_is_killed
	@cat target/rows.json && echo

# What `make heal` changes: another seed makes other changes.
SEED ?= 1

.PHONY: heal
heal: setup ## Replay scripts on pages that have changed in many ways; SEED=7 for other changes. The last line tells how many finished.
	@SEED=$(SEED) $(CARGO) bench --workspace --quiet --profile dev --bench heal

.PHONY: bench-replay
bench-replay: setup ## Replay a script beside a hand-written Playwright script that does the same, in one run.
	@scripts/bench-replay.sh

.PHONY: chrome-export
chrome-export: setup ## Run a script that was exported for Chrome by @puppeteer/replay, in a real Chromium.
	@scripts/chrome-export.sh

# Harder tasks, for which planners are compared.
HARDER := click-tab,click-collapsible,choose-list,enter-password,enter-date,enter-text-dynamic,click-widget,navigate-tree,login-user-popup,search-engine

.PHONY: miniwob-planners
miniwob-planners: setup ## Compare the planners react and plan on twenty tasks with the local model, at equal tokens.
	$(PROGRAM) --example miniwob
	$(BUILT)/handiwork model pull default
	$(BUILT)/examples/miniwob --planners react,plan --tasks $(TASKS),$(HARDER) --seeds $(SEEDS) --first-seed $(FIRST_SEED) --tokens 12000 --model local --json target/miniwob-planners.json

.PHONY: bench-local
bench-local: setup ## Measure local models beside llama.cpp's own server; ARGS='--model small --steps 5'.
	$(CARGO) bench --workspace --quiet --profile dev --bench local -- $(ARGS)

.PHONY: bench-screen
bench-screen: setup ## Measure what a model is given of a page beside three other tools; SEED=7 BENCH_SIZES=100,1000 for other pages.
	@SEED=$(SEED) scripts/bench-screen.sh

.PHONY: doctor
doctor: setup ## Say what handiwork itself misses on this machine.
	$(PROGRAM)
	$(BUILT)/handiwork doctor

.PHONY: test
test: setup ## Run every test, and the programs in the documentation.
	@scripts/test.sh

.PHONY: wire
wire: ## Show whole that DeepSeek's protocol is spoken right; the last line tells how much was shown.
	@scripts/wire.sh

# Seeds of `make matrix`: names, places and hosts differ from one to the next.
MATRIX_SEEDS ?= 1,2

.PHONY: matrix
matrix: setup ## See and click a button in every frame, shadow tree and state; the last line tells how many cells are right.
	@MATRIX_SEEDS=$(or $(SEED),$(MATRIX_SEEDS)) scripts/matrix.sh

# Tries of each task of `make oracles`, and the first seed: make oracles SEED=100
ORACLES_SEEDS ?= 3

.PHONY: oracles
oracles: setup ## Do small web tasks of MiniWoB++ by programs that see only the text of the screen; the last line tells how many.
	@ORACLES_SEEDS=$(ORACLES_SEEDS) ORACLES_FIRST=$(or $(SEED),1) scripts/oracles.sh

# Tries of each task of `make desktop`, and the first seed: make desktop SEED=100 TASKS_OF=calc-sheet,paint-line
TRIES ?= 3
TASKS_OF ?=

.PHONY: setup-desktop
setup-desktop:
	@scripts/setup.sh desktop

.PHONY: desktop
desktop: setup-desktop ## Do tasks with real programs on a private display, by programs that see only text; the last line tells how many passed.
	@DESKTOP_TRIES=$(TRIES) DESKTOP_FIRST=$(or $(SEED),1) DESKTOP_TASKS=$(TASKS_OF) scripts/desktop.sh

.PHONY: desktop-model
desktop-model: setup ## Have the local model do three simple things on a private desktop by itself; target/desktop-model/ has the reports.
	$(PROGRAM)
	$(BUILT)/handiwork model pull default
	@scripts/desktop-model.sh

.PHONY: bench-desktop
bench-desktop: setup-desktop ## Measure reading text off pixels by two readers, and looking at a tree beside python3-pyatspi.
	$(PROGRAM)
	HANDIWORK_MODELS=$(CURDIR)/target/models $(BUILT)/handiwork model pull ocr
	HANDIWORK_MODELS=$(CURDIR)/target/models $(CARGO) bench --workspace --quiet --profile dev --bench desktop

# Sweeps of `make survive` over all boundaries; one takes about ten minutes on two cores.
SWEEPS ?= 3

.PHONY: survive
survive: setup ## Kill runs, browsers and parents wherever they can be killed, fail every write, flip bytes; the last line tells what was lost.
	@SURVIVE_SWEEPS=$(SWEEPS) scripts/survive.sh

.PHONY: bless-wire
bless-wire: ## Take what the client sends now as what the vendor's crate is given (tests/recipe/requests.ndjson).
	HANDIWORK_BLESS=1 $(CARGO) test --package handiwork --test it deepseek::recipe

.PHONY: fmt
fmt: ## Format the sources.
	$(CARGO) fmt --all

.PHONY: clippy
clippy: ## Look for faults; a warning is an error.
	$(CARGO) clippy --workspace --all-targets -- --deny warnings

.PHONY: check
check: ## What must pass before a commit: format, clippy, tests.
	$(CARGO) fmt --all --check
	@$(MAKE) --no-print-directory clippy
	@$(MAKE) --no-print-directory test

.PHONY: deny
deny: ## Check licences, advisories and bans of the dependencies.
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny check; \
	else echo "cargo-deny is not installed; get it with: cargo install --locked cargo-deny" >&2; exit 1; fi
