"""``python -m grader``."""

from grader.engine.environment import environment_needed
from problem_set import replace_unprintable

replace_unprintable()
with environment_needed("grader"):
    from grader.contents import CONTENTS
    from grader.engine.cli import main

    main(prog_name="python -m grader", obj=CONTENTS)
