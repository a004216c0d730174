# SPDX-License-Identifier: Apache-2.0
# Every target that a person or CI needs; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3.11
BIN := .venv/bin
# One file for one content of the requirements: setup runs again only when something in them changed.
STAMP := .venv/.set-up-$(shell cat requirements/*.txt pyproject.toml | sha256sum | cut -c1-16)
PACKAGES := statemachines adapters hall_runtime web benchmarks
SOURCES := $(patsubst %/,%,$(dir $(wildcard $(PACKAGES:=/__init__.py)))) $(wildcard tests)

.PHONY: help
help: ## list the targets
	@echo "Projectionist: a film booth that runs itself"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## make .venv with everything pinned, and projectionist in it
	@echo "Ready: $(BIN)/projectionist"

$(STAMP):
	@PYTHON=$(PYTHON) packaging/make_venv.sh $@

.PHONY: demo
demo: $(STAMP) ## run a small multiplex here, without root or sshd (FOR=60 ends it after 60 s)
	@$(BIN)/projectionist demo $(if $(FOR),--for $(FOR))

.PHONY: check
check: lint types unit ## lint, types and unit tests: what to run before each commit

.PHONY: test
test: system-packages ## everything but faults: check, then the tests on real sshd, real uevents, whole demo
	@$(MAKE) check
	$(BIN)/pytest tests --ignore=tests/unit --ignore=tests/faults

.PHONY: faults
faults: system-packages $(STAMP) ## on a machine with nothing else to do: a tenth of each campaign of faults (SEED=1 repeats one)
	$(BIN)/pytest tests/faults -n 2 -rP

.PHONY: campaign
campaign: system-packages $(STAMP) ## the same in full; the figures go into docs/explanation/fault-campaigns.md
	CAMPAIGN=full $(BIN)/pytest tests/faults -rP

.PHONY: ci
ci: test ## what CI runs: the same as test

.PHONY: unit
unit: $(STAMP)
	$(BIN)/pytest tests/unit -n 2

.PHONY: lint
lint: $(STAMP) generated-check ## style, import contracts, licence lines, freshness of generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	packaging/check_spdx.sh

.PHONY: types
types: $(STAMP) ## mypy, strict
	$(BIN)/mypy $(SOURCES)

.PHONY: generated-check
generated-check: $(STAMP)
	$(BIN)/projectionist graph --check

BENCH_STAMP := .venv/.bench-$(shell sha256sum requirements/bench.txt | cut -c1-16)
$(BENCH_STAMP): $(STAMP)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bench.txt
	@rm -f .venv/.bench-* && touch $@

.PHONY: bench
bench: $(BENCH_STAMP) ## measure on this machine (ONLY=decisions: a part, JSON=file: write the figures)
	$(BIN)/python -m benchmarks $(ONLY) $(if $(JSON),--json $(JSON))

.PHONY: bench-page
bench-page: $(BENCH_STAMP) ## measure, and write docs/explanation/performance.md and its pictures anew
	$(BIN)/python -m benchmarks $(ONLY) --page $(if $(JSON),--json $(JSON))

.PHONY: picture
picture: $(STAMP) ## draw docs/images/demo.svg from a real demonstration (30 s)
	$(BIN)/python packaging/draw_demo.py

.PHONY: requirements
requirements: $(STAMP) ## pin again from pyproject.toml (UPGRADE=1: to the newest)
	packaging/compile_requirements.sh $(if $(UPGRADE),--upgrade)

.PHONY: system-packages
system-packages: ## the Debian packages that the tests on real parts need
	@PYTHON=$(PYTHON) packaging/system_packages.sh
