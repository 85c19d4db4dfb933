# make run   set up, serve on http://127.0.0.1:8080 and edit a sample picture
# make test  set up, and run every check and test
# Both need python3 >= 3.11, pip and make; everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin

# .venv/unfinished holds the process id of the make that installs. One that was killed leaves packages in pieces; then,
# and where .venv's Python is gone or is not its own, .venv is made anew.
ifneq ($(shell { kill -0 $$(cat .venv/unfinished); } 2>/dev/null && echo yes),)
$(error Another make is setting up .venv: wait for it)
endif
ifneq ($(shell test ! -e .venv || { $(BIN)/python -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)' && test ! -e .venv/unfinished; } 2>/dev/null || echo broken),)
$(shell rm -rf .venv)
endif

# In a shell where .venv is active, python3 is .venv's own, and what is wanted is the one that made it.
HOST := $(shell $(PYTHON) -c 'import os, sys; ours = os.path.realpath(sys.prefix) == os.path.realpath(".venv"); print(sys._base_executable if ours else sys.executable)')
PIP := "$(HOST)" -m pip --python $(BIN)/python --disable-pip-version-check
INSTALL = echo $$PPID > .venv/unfinished && $(PIP) install --quiet --constraint constraints.txt pip --editable $(1) && rm .venv/unfinished

.PHONY: run test check bench torture features screenshots browser format clean

run: .venv/run.stamp
	@$(BIN)/python scripts/run.py

test: check
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: .venv/dev.stamp
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy

bench: .venv/dev.stamp
	@PYTHONPATH=tests $(BIN)/python -m benchmarks

# 2,000 edits while processes and database are killed; every promise is looked at afterwards. `make torture EDITS=200`
EDITS ?= 2000
torture: .venv/dev.stamp
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.torture --edits $(EDITS)

# Ask every model of the catalogue for everything, and write what it did into docs/reference/models.md.
features: .venv/dev.stamp
	@RETOUCH_WRITE_FEATURES=1 $(BIN)/python -m pytest -n 2 tests/clients/test_features.py

# The pages as they look, into docs/images.
screenshots: .venv/dev.stamp
	@PYTHONPATH=tests $(BIN)/python scripts/screenshots.py

# A Chromium for the browser tests, where there is none; without one they are skipped and say so.
browser: .venv/dev.stamp
	@PYTHONPATH=tests $(BIN)/python scripts/browser.py

format: .venv/dev.stamp
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

# pip is asked to install into .venv from outside, because a system's python3 may come without ensurepip.
$(BIN)/python:
	@"$(HOST)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Retouch needs Python 3.11 or later: make PYTHON=python3.12")'
	@"$(HOST)" -m venv --without-pip .venv

.venv/run.stamp: $(BIN)/python pyproject.toml constraints.txt
	@echo "Setting up .venv: this takes about a minute, once."
	@$(call INSTALL,.)
	@touch $@

.venv/dev.stamp: $(BIN)/python pyproject.toml constraints.txt
	@echo "Setting up .venv with everything that the tests need: this takes about a minute, once."
	@$(call INSTALL,'.[dev]')
	@touch $@ .venv/run.stamp

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
