"""``python -m grader``."""

from grader.environment import environment_needed

with environment_needed("grader"):
    from grader.command import main

    main(prog_name="python -m grader")
