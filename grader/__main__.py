"""``python -m grader``."""

from grader.command import main

main(prog_name="python -m grader")
