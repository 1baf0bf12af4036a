"""``python -m experiments``."""

from problem_set import replace_unprintable
from problem_set.environment import environment_needed

if __name__ == "__main__":
    replace_unprintable()
    with environment_needed("experiments"):
        from experiments.cli import main

        main()
