# Commands that the student's package comes without.

.PHONY: release bench bench-cohort scoreboard

release: environment ## what students, Gradescope and nbgrader receive: dist/
	@$(PY) -m release $(ARGS)

bench: environment ## speed against the plain baseline, measured side by side
	@$(PY) -m bench $(ARGS)

COUNT ?= 300
bench-cohort: environment ## the grading of a course of COUNT=3000, whole (ARGS="--scheduler-kills 30")
	@$(PY) -m bench cohort $(COUNT) $(ARGS)

scoreboard: environment ## what the grader finds and names in foreign code: docs/scoreboard.md
	@$(PY) -m bench.scoreboard $(ARGS)
