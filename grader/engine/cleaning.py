"""Make names, text and JSON from a submission fit to show: no control characters, bounded."""

import re
from typing import Any

MAX_NODES = 200_000
MAX_DEPTH = 64
MAX_TEXT = 100_000

_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and newline
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, turn text
    "\ud800-\udfff\ufff0-\ufffb\U000e0000-\U000e0fff]"  # lone surrogates, annotations, tags
)


class InvalidReplyJson(ValueError):
    """A JSON value is too large or too deep to be believed."""


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """Return ``text`` with unfit characters replaced by U+FFFD, at most ``limit`` long."""
    cleaned = _UNFIT.sub("\ufffd", text[: limit + 1])
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


def clean_line(text: str, limit: int) -> str:
    """Return ``text`` cleaned and on one line."""
    return " ".join(clean_text(text, limit).split())


def clean_json(value: Any) -> Any:
    """Return a JSON value with every string cleaned.

    Raises
    ------
    InvalidReplyJson
        If it has more than ``MAX_NODES`` parts or is nested deeper than ``MAX_DEPTH``.
    """
    remaining = [MAX_NODES]
    return _clean(value, remaining, MAX_DEPTH)


def _clean(value: Any, remaining: list[int], depth: int) -> Any:
    remaining[0] -= 1
    if remaining[0] < 0 or depth < 0:
        raise InvalidReplyJson("the answer has too many parts or is nested too deeply")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(item, remaining, depth - 1) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean(item, remaining, depth - 1) for key, item in value.items()}
    if isinstance(value, int) and abs(value) >= 1 << 64:
        raise InvalidReplyJson("the answer has a number that is too long")
    return value
