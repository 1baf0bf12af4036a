"""Compiled Python files, of the Python that this is."""

import importlib.util
import marshal
from collections.abc import Iterator
from types import CodeType

from release.inside.parts import Part


def compiled(content: bytes) -> CodeType | None:
    """Return the code of a compiled file of this Python."""
    if content[:4] != importlib.util.MAGIC_NUMBER:
        return None
    try:
        code = marshal.loads(content[16:])
    except (ValueError, EOFError, TypeError):
        return None
    return code if isinstance(code, CodeType) else None


def of_compiled(content: bytes) -> Iterator[Part]:
    """Yield the names and texts of a compiled file."""

    def words(code: CodeType) -> Iterator[str]:
        yield from (code.co_name, *code.co_names, *code.co_varnames)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from words(constant)
            elif isinstance(constant, str):
                yield constant

    if code := compiled(content):
        yield Part("names and texts", "\n".join(words(code)).encode("utf-8", "replace"))
