from problem_set import replace_unprintable
from release.command import main

replace_unprintable()
main(prog_name="python -m release")
