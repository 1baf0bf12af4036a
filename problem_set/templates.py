"""Templates of pages for people, which are complete in themselves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates(folder: Path, **filters: Callable[..., Any]) -> Environment:
    """Return the environment that renders the templates of a folder.

    All text is escaped, a name that is not given is an error, and the lines of statements leave
    nothing behind.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment
