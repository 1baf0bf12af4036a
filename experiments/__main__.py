"""``python -m experiments``."""

from experiments.errors import environment_needed
from problem_set import replace_unprintable

if __name__ == "__main__":
    replace_unprintable()
    with environment_needed("experiments"):
        from experiments.cli import main

        main()
