"""What every opener yields, and what it raises."""

import zlib
from typing import NamedTuple

LARGEST = 64_000_000  # bytes of one part; more is a bomb, or data
SHORTEST = 40  # characters of something packed or encoded that is worth opening


class UnreadableError(Exception):
    """A part that cannot be looked into; the message completes the sentence "this is ..."."""


class Part(NamedTuple):
    """Something inside of a file.

    Attributes
    ----------
    name : str
    content : bytes
    is_file : bool
        Whether it is a file under that name; else the name says in words what it is.
    """

    name: str
    content: bytes
    is_file: bool = False


def inflated(content: bytes, window: int) -> bytes:
    """Return what zlib can make of the beginning of some bytes."""
    stream = zlib.decompressobj(window)
    try:
        return stream.decompress(content, LARGEST)
    except zlib.error:
        return b""
