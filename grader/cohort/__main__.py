"""``python -m grader.cohort``."""

from problem_set import replace_unprintable
from problem_set.environment import environment_needed

replace_unprintable()
with environment_needed("grader.cohort"):
    from grader.cohort.command import main

    main(prog_name="python -m grader.cohort")
