# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything runs from a fresh clone with make and Python >= 3.11; the rest is put into .venv.
# Another interpreter: make PYTHON=/path/to/python3.12 ...

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell tests/tools/find-python)
BIN := .venv/bin
STAMP := .venv/requirements.txt
UV := $(shell sed -n 's/^uv==/uv==/p' requirements/dev.txt)

# The environment of whoever calls make must not change what is tested, nor point a test at a real account.
unexport $(filter-out PELION_SPEC_DIR,$(filter ANSIBLE_% MBED_CLOUD_SDK_% MOLECULE_% PELION_% PYTHONPATH VIRTUAL_ENV,$(.VARIABLES)))
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.dev
export ANSIBLE_HOME := $(CURDIR)/.build/ansible
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help
help: ## show this list
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name text; do printf '%-16s %s\n' "$$name" "$$text"; done

# -- what users type ---------------------------------------------------------------------------------------------------

# By itself an inventory that cannot be read is a warning and exit status 0.
demo conformance conformance-2020 conformance-2019: export ANSIBLE_INVENTORY_UNPARSED_FAILED := true

.PHONY: demo simulator
demo: $(STAMP) ## manage a simulated fleet of 1,000 devices with playbooks, twice
	@$(BIN)/python tests/tools/demo.py

simulator: $(STAMP) ## start a simulator and print how to point a playbook at it
	@$(BIN)/python tests/tools/simulator.py

# -- what developers type ----------------------------------------------------------------------------------------------

# The longest first, for they run two at a time. A number is how many tests the step must have passed.
# What stands after the dashes looks at what the others did.
STEPS := conformance:1 sanity conformance-2020:1 conformance-2019:1 integration bench-test:1 unit:1 units simulator-test:1 \
         demo molecule importer lint-ansible contract:1 sdk:1 lint-types lint-docs lint-licences lint-yaml lint-python lint-changelog lines \
         -- coverage-check

.PHONY: test bench docs lint matrix clean lock
test: $(STAMP) ## run every linter and test below, two at a time
	@$(BIN)/python tests/tools/steps.py $(STEPS)

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

.PHONY: lint lint-python lint-types lint-yaml lint-ansible lint-docs lint-changelog lint-licences
lint: lint-python lint-types lint-yaml lint-ansible lint-docs lint-changelog lint-licences ## run the linters
lint-python: $(STAMP)
	@$(BIN)/ruff check --quiet --output-format=concise .
	@$(BIN)/ruff format --check --quiet .
lint-types: $(STAMP)
	@MYPYPATH=.dev:tests/simulator:tests/tools $(BIN)/mypy -p ansible_collections.pelion.device_management.plugins.module_utils
	@MYPYPATH=tests/simulator:tests/support:tests/tools $(BIN)/mypy tests/simulator/pelion_simulator tests/tools
lint-yaml: $(STAMP)
	@$(BIN)/yamllint --strict .
lint-ansible: $(STAMP)
	@$(BIN)/ansible-lint -q
lint-docs: $(STAMP)
	@mkdir -p .build/home
	@HOME=$(CURDIR)/.build/home $(BIN)/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --skip-rstcheck .
lint-changelog: $(STAMP)
	@$(BIN)/antsibull-changelog lint
lint-licences: $(STAMP)
	@$(BIN)/reuse lint --lines

# With a profile of the user's own in reach a test could talk to a real account.
PYTEST := XDG_CONFIG_HOME=$(CURDIR)/.build/home $(CURDIR)/$(BIN)/python -m pytest -q

# What the simulator was sent, for coverage-api.
RECORD = $(CURDIR)/.build/coverage/$@.jsonl
RECORDING = rm -f $(RECORD) && PELION_COVERAGE_FILE=$(RECORD)

.PHONY: unit contract conformance conformance-2020 conformance-2019 simulator-test bench-test
unit: $(STAMP) ## test the client, the engine and the plugins by themselves
	@$(PYTEST) tests/unit
contract: $(STAMP) ## compare the code with the API's description, and check the rules of the architecture
	@$(PYTEST) -rs tests/contract
conformance: $(STAMP) ## take every resource through its life cycle against the simulator
	@$(RECORDING) $(PYTEST) tests/conformance
conformance-2020 conformance-2019: $(STAMP)
	@$(RECORDING) $(PYTEST) tests/conformance --spec $(@:conformance-%=%)
simulator-test: $(STAMP) ## test the simulator
	@cd tests/simulator && $(PYTEST)
bench-test: $(STAMP) ## test that the benchmarks compare like with like
	@$(PYTEST) tests/benchmarks

.PHONY: coverage-api coverage-check
coverage-api: conformance conformance-2020 conformance-2019 integration coverage-check ## count the operations that the tests have used
coverage-check: $(STAMP)
	@$(BIN)/python tests/tools/coverage_api.py

.PHONY: sdk
sdk: $(STAMP) ## let the vendor's SDK work with the simulator
	@$(PYTEST) tests/sdk

.PHONY: lines
lines: ## count the lines of code of each module, and fail when the medians are too high
	@$(PYTHON) tests/tools/lines.py

.PHONY: sanity units integration molecule importer
sanity: $(STAMP) ## run ansible-test sanity
	@$(BIN)/python tests/tools/ansible_test.py sanity
units: $(STAMP) ## run the unit tests as ansible-test does
	@$(BIN)/python tests/tools/ansible_test.py units
integration: $(STAMP) ## run ansible-test integration against the simulator
	@$(RECORDING) $(BIN)/python tests/tools/ansible_test.py integration
molecule: $(STAMP) ## run the roles' scenarios against the simulator
	@$(BIN)/python tests/tools/scenarios.py
importer: $(STAMP) ## build the archive and run Galaxy's import checks on it
	@$(BIN)/python tests/tools/importer.py

# -- .venv -------------------------------------------------------------------------------------------------------------

# The stamp is what .venv was made from: a checkout that only touches the file makes nothing anew.
$(STAMP): requirements/dev.txt
	@cmp -s $< $@ || { \
	    test -n "$(PYTHON)" && echo "Making .venv with $(PYTHON)" && \
	    "$(PYTHON)" -m venv --clear .venv && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV)" && \
	    $(BIN)/uv pip install --quiet --python $(BIN)/python --requirements $< && \
	    cp $< $@; }
	@touch $@
