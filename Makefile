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
# What deployment certificates may at a real sshd: part of deploy-test, and therefore not of the integration tests' run.
DEPLOY_SSHD := tests/integration/test_deploy_sshd.py tests/integration/test_ssh_enrol.py
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
demo: $(STAMP) ## run a small multiplex here and its board, without root or sshd (FOR=60 ends it after 60 s, PORT=8080)
	@$(BIN)/projectionist demo $(if $(FOR),--for $(FOR)) $(if $(PORT),--port $(PORT))

.PHONY: check
check: lint types unit ## lint, types and unit tests: what to run before each commit

.PHONY: test
test: system-packages ## everything: check, then tests on real sshd, real uevents, whole demo, web, real kernels, deployments, a tenth of each campaign of faults
	@$(MAKE) check
	$(BIN)/pytest tests/integration tests/vm/test_build.py --ignore-glob='*/integration/test_runtime_*' \
		$(addprefix --ignore=,$(DEPLOY_SSHD)) -n 3 --dist loadfile
	$(BIN)/pytest tests/integration/test_runtime_*.py -n 2 --dist worksteal
	@$(MAKE) web-test
	@echo "WordPress and PostgreSQL, side by side: what each says is printed when it ends (5 min)"
	@$(MAKE) -j2 --output-sync=target wp-test postgres-test
	@$(MAKE) vm-test
	@$(MAKE) deploy-test
	@$(MAKE) faults

.PHONY: web-test
web-test: $(STAMP) ## the web side: API, pages, stream
	$(BIN)/pytest tests/web -n 3 --dist worksteal

.PHONY: postgres-test
postgres-test: system-packages $(STAMP) ## the store, a runtime and the web on a PostgreSQL of their own, which is also ended under them
	packaging/postgres.sh run $(BIN)/pytest tests/postgres tests/integration/test_store_*.py -m "not on_files"
	packaging/postgres.sh run $(BIN)/pytest tests/web/test_on_server.py
	packaging/postgres.sh run $(BIN)/pytest tests/web --ignore=tests/web/test_on_server.py --ignore=tests/web/board -m "not on_files" -n 3 --dist worksteal

.PHONY: vm-test
vm-test: system-packages $(STAMP) ## our kernel modules in a real Debian kernel (QEMU), with sshd, agent and runtime around them
	$(BIN)/pytest tests/vm --ignore=tests/vm/test_build.py -m "not alone" -n 2 --dist worksteal
	$(BIN)/pytest tests/vm --ignore=tests/vm/test_build.py -m alone

.PHONY: deploy-test
deploy-test: system-packages $(STAMP) ## modules shipped to real kernels, cut in every step, taken back; what certificates may; a roll-out over 100 servers
	$(BIN)/pytest $(DEPLOY_SSHD) -n 2 --dist loadfile
	$(BIN)/pytest tests/deploy -m two_guests -rP
	$(BIN)/pytest tests/deploy -m "not two_guests" -n 2 --dist worksteal -rP

.PHONY: vm-demo
vm-demo: system-packages $(STAMP) ## run a hall in a real kernel beside a simulated one, and their board (FOR=60, PORT=8080)
	@$(BIN)/python -m tests.vm.demo $(if $(FOR),--for $(FOR)) $(if $(PORT),--port $(PORT))

.PHONY: wp-test
wp-test: system-packages $(STAMP) ## the WordPress plugin in a real WordPress, beside a real booth, in a real browser
	$(BIN)/pytest tests/wordpress -rP

.PHONY: wp-demo
wp-demo: system-packages $(STAMP) ## run the multiplex and a real WordPress that shows it (FOR=60, PORT=8080)
	@$(BIN)/python -m tests.wordpress.demo $(if $(FOR),--for $(FOR)) $(if $(PORT),--port $(PORT))

.PHONY: plugin
plugin: $(STAMP) ## make the zip of the WordPress plugin in dist/
	@$(BIN)/python packaging/plugin_zip.py

.PHONY: plugin-files
plugin-files: system-packages $(STAMP) ## write anew what is generated in wordpress_plugin/: the packed board, the texts
	@$(BIN)/python packaging/pack_board.py
	@$(BIN)/python packaging/plugin_texts.py

.PHONY: faults
faults: system-packages $(STAMP) ## a tenth of each campaign of faults (SEED=1 repeats one)
	$(BIN)/pytest tests/faults -n 2 -rP

.PHONY: campaign
campaign: system-packages $(STAMP) ## the same in full, and what is measured in a real kernel; writes fault-campaigns.md and kernel-campaigns.md
	CAMPAIGN=full $(BIN)/pytest tests/faults -rP
	CAMPAIGN=full packaging/postgres.sh run $(BIN)/pytest tests/postgres/test_outage.py -rP
	CAMPAIGN=full $(BIN)/pytest tests/vm

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
	$(BIN)/python -m adapters.kernel.abi --check
	$(BIN)/python -m web.api.document --check

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

MUTATE_STAMP := .venv/.mutate-$(shell sha256sum requirements/mutate.txt | cut -c1-16)
$(MUTATE_STAMP): $(STAMP)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/mutate.txt
	@rm -f .venv/.mutate-* && touch $@

.PHONY: mutate
mutate: $(MUTATE_STAMP) ## change each line of statemachines/ and see whether a test notices (ONLY=film, SAMPLE=10, SEED=1)
	$(BIN)/python -m tests.mutation.run $(if $(ONLY),--only $(ONLY)) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

.PHONY: picture
picture: $(STAMP) ## draw docs/images/demo.svg from a real demonstration (30 s)
	$(BIN)/python packaging/draw_demo.py

.PHONY: requirements
requirements: $(STAMP) ## pin again from pyproject.toml (UPGRADE=1: to the newest)
	packaging/compile_requirements.sh $(if $(UPGRADE),--upgrade)

.PHONY: system-packages
system-packages: ## the Debian packages that the tests on real parts need
	@PYTHON=$(PYTHON) packaging/system_packages.sh
