# natsscan's everyday commands. Each of them makes its own environment in .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PATHS ?= fixtures/wire-mini
CORPUS ?= $(NATSSCAN_CORPUS)

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: scan
scan: $(READY) ## Scan PATHS (default: the bundled fixture)
	@$(BIN)/natsscan $(PATHS)

.PHONY: test
test: $(READY) ## Run all tests; NATSSCAN_CORPUS adds those on a checkout of wire-server
	@$(BIN)/python -m pytest -n auto

.PHONY: lint
lint: $(READY) ## Check style, types and the direction of imports
	@$(BIN)/ruff check analyzer tests
	@$(BIN)/ruff format --check analyzer tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

.PHONY: bench
bench: $(READY) ## Time scans of CORPUS against ast-grep and ripgrep, and of trees that grow
	@$(BIN)/pip install --quiet --disable-pip-version-check 'ast-grep-cli>=0.40'
	@$(BIN)/python -m tests.bench $(CORPUS)

.PHONY: lock
lock: ## Renew requirements/dev.lock from pyproject.toml
	@$(BIN)/pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --extra dev --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --no-header --output-file requirements/dev.lock pyproject.toml

.PHONY: clean
clean: ## Remove the environment and all caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

$(READY): pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "natsscan needs Python 3.11 or later")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
