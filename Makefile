# Thin on purpose: each line calls a module. `make` alone lists the commands.

PYTHON ?= python3
PY = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help environment experiments test lab bench grade

help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

environment: ## set up .venv, or find it up to date
	@$(PYTHON) bootstrap.py

experiments: environment ## fetch the data, run the four experiments, plot: results/
	@$(PY) -m experiments run $(ARGS)

test: environment ## every test of the package
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pytest $(ARGS)

lab: environment ## JupyterLab on the notebooks
	@$(PY) -m jupyter lab notebooks

grade: environment ## grade submission/ here: public tests, hidden ones where they are present
	@$(PY) -m grader $(ARGS)

bench: environment ## speed against the plain baseline, measured side by side
	@$(PY) -m bench $(ARGS)
