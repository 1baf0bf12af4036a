"""Lines for a person, printed as they are."""

from rich.console import Console


def print_plainly(console: Console, text: str) -> None:
    """Print a line with no markup read into it, no colours guessed and no breaks put in."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
