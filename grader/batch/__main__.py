"""``python -m grader.batch``."""

from grader.engine.environment import environment_needed
from problem_set import replace_unprintable

replace_unprintable()
with environment_needed("grader.batch"):
    from grader.batch.command import main

    main(prog_name="python -m grader.batch")
