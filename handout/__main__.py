"""``python -m handout``."""

from handout.commands import main
from problem_set import replace_unprintable

if __name__ == "__main__":
    replace_unprintable()
    main()
