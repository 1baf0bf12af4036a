"""``python -m experiments``."""

from experiments.errors import environment_needed

if __name__ == "__main__":
    with environment_needed("experiments"):
        from experiments.cli import main

        main()
