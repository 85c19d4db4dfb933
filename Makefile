# make run   set up, serve on http://127.0.0.1:8080 and edit a sample picture
# make test  set up and run every check and test
# Both need python3 >= 3.11, pip and make; everything else is put into .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check bench format clean

run: .venv/run.stamp
	@$(BIN)/python scripts/run.py

test: .venv/dev.stamp check
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: .venv/dev.stamp
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy

bench: .venv/dev.stamp
	@PYTHONPATH=tests $(BIN)/python -m benchmarks

format: .venv/dev.stamp
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

.venv/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) scripts/setup.py run

.venv/dev.stamp: pyproject.toml constraints.txt
	@$(PYTHON) scripts/setup.py dev

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
