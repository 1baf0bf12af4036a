"""Templates of pages for people, each complete in itself, and the style that they share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates(folder: Path, **filters: Callable[..., Any]) -> Environment:
    """Return the environment that renders the templates of a folder.

    They may include ``page.css.jinja``, whose colours are those of a light or a dark screen. All
    text is escaped, a name that is not given is an error, and the lines of statements leave nothing
    behind.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment
