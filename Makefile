# Holdfast's commands. `make` alone lists them.

SHELL := /bin/bash
# The Python of the environment; unset, the fastest that is here.
PYTHON ?=
VENV := .venv
IN_VENV := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed

# What a person may set: make up STORE=fast, make up RUN_DIR=.run-two HOLDFAST_PORT_OFFSET=1000
STORE ?= default
RUN_DIR ?= .run
export STORE
export HOLDFAST_RUN_DIR := $(RUN_DIR)
export HOLDFAST_PORT_OFFSET
export HOLDFAST_CACHE
export KEEP
# Compiled sources are kept: seventeen processes would compile them at every start.
unexport PYTHONDONTWRITEBYTECODE

SECONDS ?= 60
SEED ?= 1
SEEDS ?= 1
DRAWN ?= 10
WEATHER ?= storm
KILLS ?= 50
ROLE ?= operator
SERVICE ?=
FILES ?= scenarios

.DEFAULT_GOAL := help
.PHONY: help setup up down status logs reset token scenario scenarios policies dry-run sim test check demo bench bench-due mutants audit rebuild crash store-fast lock events

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp is written last: an installation that was cut off is taken up again by the next command.
$(INSTALLED): requirements/dev.txt
	@$(IN_VENV) -m pip --version >/dev/null 2>&1 || { python="$(PYTHON)"; \
	  [ -n "$$python" ] || python=$$(deploy/local/fastest_python.sh) || exit 1; \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "holdfast: Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3." >&2; exit 1; }; \
	  echo "Making the Python environment $(VENV) with $$python ..." >&2; \
	  "$$python" -m venv --clear $(VENV) || \
	  { echo "holdfast: $$python cannot make environments: install its venv module (python3-venv)." >&2; exit 1; }; }
	@echo "Installing the Python packages (about two minutes the first time) ..." >&2
	@$(IN_VENV) -m pip install --disable-pip-version-check --require-hashes --progress-bar on \
	    -r requirements/dev.txt | \
	  awk '/^Collecting/ {print "  " $$2; fflush()} /^(Installing|ERROR)/ {print; fflush()}' >&2; \
	  test $${PIPESTATUS[0]} -eq 0 || \
	  { echo "holdfast: pip could not install the packages: check that this machine reaches its package index, then run make again." >&2; exit 1; }
	@$(IN_VENV) -m compileall -q services shared deploy tools >/dev/null || true
	@touch $@

setup: $(INSTALLED) ## Install everything the local platform needs (first run: a few minutes)
	@$(IN_VENV) -m deploy.local fetch
	@echo "Set up. Next: make up" >&2

up: $(INSTALLED) ## Start Kafka, the store and all services; STORE=fast for the fast store
	@$(IN_VENV) -m deploy.local up

down: $(INSTALLED) ## Stop everything; data stays
	@$(IN_VENV) -m deploy.local down

status: $(INSTALLED) ## Show each process: pid, uptime, readiness, what is missing
	@$(IN_VENV) -m deploy.local status

logs: $(INSTALLED) ## Show logs: SERVICE=payouts or SERVICE=payouts-worker
	@$(IN_VENV) -m deploy.local logs $(SERVICE)

reset: $(INSTALLED) ## Stop everything and delete all data
	@$(IN_VENV) -m deploy.local reset

token: $(INSTALLED) ## Print a token: AS=<party id> ROLE=client|freelancer|mediator|operator
	@$(IN_VENV) -m deploy.local token "$(AS)" "$(ROLE)"

scenario: $(INSTALLED) ## Run scenario files or folders against the running suite: FILES="path ..."
	@$(IN_VENV) -m tools.scenarios $(FILES)

scenarios: $(INSTALLED) ## Run the whole scenario pack against the running suite
	@$(IN_VENV) -m tools.scenarios scenarios

policies: $(INSTALLED) ## List the policy versions, or compare two: BEFORE=any_hire:2015-01-01 AFTER=drafts/any_hire/2027-01-01.yaml
	@$(IN_VENV) -m tools.policies $(if $(AFTER),compare $(BEFORE) $(AFTER),list)

dry-run: $(INSTALLED) ## Tell stories under a drafted policy version: POLICY=drafts/any_hire/2027-01-01.yaml FILES=scenarios
	@$(IN_VENV) -m tools.policies dry-run $(POLICY) $(FILES)

sim: $(INSTALLED) ## Tell stories to the whole suite in one process, virtual time: SEED=1 SEEDS=1 DRAWN=10 WEATHER=storm
	@$(IN_VENV) -m tests.reference $(RUN_DIR)/drawn --seed $(SEED) --seeds $(DRAWN)
	@$(IN_VENV) -m tests.simulation --seed $(SEED) --seeds $(SEEDS) --weather $(WEATHER) scenarios $(RUN_DIR)/drawn

test: $(INSTALLED) ## Run all tests; they start their own servers
	@$(IN_VENV) -m deploy.local fetch
	@$(IN_VENV) -m pytest

check: $(INSTALLED) ## Check style, types, the direction of imports, and that generated files are fresh
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy services shared deploy tools tests
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/deptry .
	@$(IN_VENV) -m tools.events check
	@$(IN_VENV) -m tools.openapi check
	@$(IN_VENV) -m tools.rules check

demo: $(INSTALLED) ## Set up, start, play a week of billing, check it, stop again; KEEP=1 leaves it running
	@$(IN_VENV) -m tools.demo

bench: $(INSTALLED) ## Measure throughput and latency: SECONDS=60 STORE=default|fast
	@$(IN_VENV) -m tools.bench --seconds $(SECONDS) --store $(STORE)

bench-due: $(INSTALLED) ## Measure 100,000 open windows and holds, and 50,000 that end at once: STORE=default|fast
	@$(IN_VENV) -m tools.bench.due_times --store $(STORE)

mutants: $(INSTALLED) ## Change the rules one small step at a time and see which tests notice: SERVICE=payouts
	@$(IN_VENV) -m tools.mutants $(SERVICE)

audit: $(INSTALLED) ## Check the books, the log and the simulators against each other
	@$(IN_VENV) -m tools.audit

rebuild: $(INSTALLED) ## Fold the whole log again, publish nothing, and compare with what the processors say
	@$(IN_VENV) -m tools.rebuild

crash: $(INSTALLED) ## Kill processes at random while scenarios run: SEED=1 KILLS=50
	@$(IN_VENV) -m tools.crash --seed $(SEED) --kills $(KILLS)

store-fast: $(INSTALLED) ## Build the fast document store once (about five minutes, needs cargo)
	@$(IN_VENV) -m deploy.local store-fast

lock: $(INSTALLED) ## Resolve the dependencies again and write requirements/*.txt
	@deploy/local/lock.sh $(VENV)/bin/uv

events: $(INSTALLED) ## Generate the event schemas, the event catalogue, the OpenAPI documents and the page of the rules
	@$(IN_VENV) -m tools.events write
	@$(IN_VENV) -m tools.openapi write
	@$(IN_VENV) -m tools.rules write
