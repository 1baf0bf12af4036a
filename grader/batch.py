"""``python -m grader.batch``: what ``python -m grader.cohort`` was called before."""

import runpy

runpy.run_module("grader.cohort", run_name="__main__")
