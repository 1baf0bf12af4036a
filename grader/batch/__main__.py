"""``python -m grader.batch``."""

from grader.batch.command import main

main(prog_name="python -m grader.batch")
