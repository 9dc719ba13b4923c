# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything runs from a fresh clone with make and Python >= 3.11; the rest is put into .venv.
# Another interpreter: make PYTHON=/path/to/python3.12 ...

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell tests/tools/find-python)
BIN := .venv/bin
STAMP := .venv/requirements.stamp
UV := $(shell sed -n 's/^uv==/uv==/p' requirements/dev.txt)

# The environment of whoever calls make must not change what is tested: these point at other collections, rules or plugins.
unexport ANSIBLE_COLLECTIONS_PATHS ANSIBLE_CONFIG PYTHONPATH VIRTUAL_ENV
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.dev
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help
help: ## show this list
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name text; do printf '%-16s %s\n' "$$name" "$$text"; done

# -- what users type ---------------------------------------------------------------------------------------------------

.PHONY: demo simulator
demo: $(STAMP) ## manage a simulated fleet of 1,000 devices with playbooks, twice
	@$(BIN)/python tests/tools/demo.py

simulator: $(STAMP) ## start a simulator and print how to point a playbook at it
	@$(BIN)/python tests/tools/simulator.py

# -- what developers type ----------------------------------------------------------------------------------------------

.PHONY: test bench docs lint matrix clean lock
test: $(STAMP) ## run every linter and test below, two at a time
	@$(BIN)/python tests/tools/run_all.py

bench: $(STAMP) ## compare speed and memory with its peers, one JSON line a measure
	@$(BIN)/python tests/benchmarks/run.py

docs: $(STAMP) ## build the documentation site in .build/docs
	@$(BIN)/python tests/tools/docs.py

matrix: $(STAMP) ## test with every supported ansible-core for which a Python is on this machine
	@$(BIN)/python tests/tools/matrix.py

clean: ## delete .venv and all that make has built
	rm -rf .venv .build .hypothesis .mypy_cache .ruff_cache .ansible tests/output "$$($(PYTHON) tests/tools/workspace.py)"

lock: $(STAMP) ## pin the newest versions that requirements/*.in allow
	$(BIN)/python tests/tools/lock.py

# -- the parts of make test --------------------------------------------------------------------------------------------

.PHONY: unit contract conformance simulator-test integration molecule sanity units importer
lint: lint-python lint-types lint-yaml lint-ansible lint-docs lint-changelog lint-licences ## run the linters

.PHONY: lint-python lint-types lint-yaml lint-ansible lint-docs lint-changelog lint-licences
lint-python: $(STAMP)
	@$(BIN)/ruff check --quiet --output-format=concise .
	@$(BIN)/ruff format --check --quiet .
lint-types: $(STAMP)
	@$(BIN)/python tests/tools/types.py
lint-yaml: $(STAMP)
	@$(BIN)/yamllint --strict .
lint-ansible: $(STAMP)
	@$(BIN)/ansible-lint --profile production --offline --strict --quiet
lint-docs: $(STAMP)
	@$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --skip-rstcheck .
lint-changelog: $(STAMP)
	@$(BIN)/antsibull-changelog lint
lint-licences: $(STAMP)
	@$(BIN)/reuse --no-multiprocessing lint --quiet || $(BIN)/reuse lint

# -- .venv -------------------------------------------------------------------------------------------------------------

$(STAMP): requirements/dev.txt
	@test -n "$(PYTHON)"
	@echo "Making .venv with $(PYTHON)"
	@"$(PYTHON)" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --requirements requirements/dev.txt
	@touch $@
