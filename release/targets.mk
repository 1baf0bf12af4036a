# Commands that the student's package comes without.

.PHONY: release bench scoreboard

release: environment ## what students, Gradescope and nbgrader receive: dist/
	@$(PY) -m release $(ARGS)

bench: environment ## speed against the plain baseline, measured side by side
	@$(PY) -m bench $(ARGS)

scoreboard: environment ## what the grader finds and names in foreign code: docs/scoreboard.md
	@$(PY) -m bench.scoreboard $(ARGS)
