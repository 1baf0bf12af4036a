"""``python -m handout``."""

from handout.commands import main

if __name__ == "__main__":
    main()
