.DEFAULT_GOAL := help
.PHONY: help run test test-deep coverage check bench bench-bank format

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11."; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "The venv module is missing; install it (Debian: apt-get install python3-venv) and run again."; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing dependencies (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.lock
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing what the tests need (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/installed ## open the site with demo data on http://127.0.0.1:8000
	@$(BIN)/python -m exam.run </dev/null

test: $(VENV)/installed-dev ## run every test, or those of T=
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup --cpu $(if $(T),$(T),--cpu-limit)

test-deep: $(VENV)/installed-dev ## run them with twenty times the examples; for a night
	@KAOFA_TEST_PROFILE=deep $(BIN)/python -m pytest -q -n 2 --dist loadgroup --cpu $(T)

coverage: $(VENV)/installed-dev ## which lines and branches the tests reach
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n 2 --dist loadgroup $(T)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: $(VENV)/installed-dev ## lint, types, contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint templates --check --lint --quiet

bench: $(VENV)/installed-dev ## measure server CPU per operation, on both databases
	@$(BIN)/python -m benchmarks.run

bench-bank: $(VENV)/installed-dev ## measure the bank's reads with 100,000 items, on both databases
	@$(BIN)/python -m benchmarks.bank

format: $(VENV)/installed-dev ## put code and templates into the house's shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet . ; $(BIN)/djlint templates --reformat --quiet
