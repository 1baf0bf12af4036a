# Thin on purpose: each line calls a module. `make` alone lists the commands.

PYTHON ?= python3
PY = .venv/bin/python

# Packages are installed without bytecode. If what is compiled at the first import is not kept,
# each start takes seconds more.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help environment experiments study test lab grade
.PHONY: submission handout handout-blank handout-watch handout-overleaf handout-clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

environment: ## set up .venv, or find it up to date
	@$(PYTHON) bootstrap.py

experiments: environment ## fetch the data, run the four experiments, plot: results/
	@$(PY) -m experiments run $(ARGS)

study: environment ## many runs compared, with intervals: results/study/ (ARGS=--quick takes minutes)
	@$(PY) -m experiments study $(ARGS)

test: environment ## test the package
	@$(PY) -m pytest $(ARGS)

lab: environment ## JupyterLab on the notebooks
	@$(PY) -m jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_code.ipynb

grade: environment ## grade submission/ here: public tests, hidden ones where they are present
	@$(PY) -m grader $(ARGS)

handout: environment ## typeset the handout with the answers typed so far: handout/ps1.pdf
	@$(PY) -m experiments report
	@$(PY) -m handout build

handout-blank: environment ## the same with room to write by hand instead: handout/ps1_blank.pdf
	@$(PY) -m experiments report
	@$(PY) -m handout build --blank

handout-watch: environment ## typeset again each time that an answer is saved
	@$(PY) -m experiments report
	@$(PY) -m handout watch

handout-overleaf: environment ## pack the handout for Overleaf: dist/ps1-overleaf.zip
	@$(PY) -m experiments report
	@$(PY) -m handout overleaf

handout-clean: environment ## remove what the other handout commands made
	@$(PY) -m handout clean

submission: environment ## check your work and pack what you upload: dist/ps1-submission.zip
	@$(PY) -m hand_in $(ARGS)

# What instructors and maintainers have besides.
-include release/targets.mk
