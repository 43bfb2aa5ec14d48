PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo test lint bench fuzz speed lock trust rivals slow pictures

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	$(PIP) --require-hashes -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.runtime

setup: $(VENV)/.runtime ## .venv with the locked dependencies and the proefwerk command

setup-dev: $(VENV)/.dev ## the same, with what the tests need

run: setup ## the whole platform, on http://127.0.0.1:8000
	$(BIN)/proefwerk serve

demo: setup ## the platform with a demo shop and simulated shoppers
	$(BIN)/proefwerk demo

lint: setup-dev ## style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## lint, then every test that is not marked slow, in two processes
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 25

bench: setup-dev ## ratios against the peers and floors that each benchmark names
	$(BIN)/python -m tests.benchmarks

speed: setup-dev ## assignment alone beside its peers, for the table in the README
	$(BIN)/python -m tests.benchmarks --speed

REPLICATES ?= 2000

trust: setup-dev ## the table of error rates, coverage and power anew, for the trust page and the README
	$(BIN)/python -m tests.benchmarks.trust $(REPLICATES)

rivals: setup-dev ## the rules that were compared before the default was chosen
	$(BIN)/python -m tests.benchmarks.rivals $(REPLICATES)

FUZZ_SCALE ?= 100

fuzz: setup-dev ## what is thrown at the doors in ordinary tests, a hundred times as much
	FUZZ_SCALE=$(FUZZ_SCALE) $(BIN)/python -m pytest -q --timeout 36000 tests/assignment/api/test_fuzz.py \
		tests/contract/test_openapi_fuzz.py

FOLDER ?= pictures

pictures: setup-dev ## every page as pictures (languages, themes, widths), into FOLDER
	$(BIN)/python -m tests.e2e.pictures $(FOLDER)

slow: setup-dev ## every test that is marked slow: simulations with many replicates
	$(BIN)/python -m pytest -m slow --timeout 7200

lock: setup-dev ## renew both lock files from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements-dev.lock
