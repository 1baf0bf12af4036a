"""``python -m grader.batch``."""

from problem_set import replace_unprintable
from problem_set.environment import environment_needed

replace_unprintable()
with environment_needed("grader.batch"):
    from grader.batch.command import main

    main(prog_name="python -m grader.batch")
