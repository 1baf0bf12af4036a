"""``python -m grader``."""

from problem_set import replace_unprintable
from problem_set.environment import environment_needed

replace_unprintable()
with environment_needed("grader"):
    from grader.contents import CONTENTS
    from grader.engine.cli import main

    main(prog_name="python -m grader", obj=CONTENTS)
