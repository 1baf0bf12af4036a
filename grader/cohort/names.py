"""Names that can be files' names everywhere, and be compared."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable

from grader.engine.cleaning import clean_line
from grader.engine.tree import shown

_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])([. ]|$)", re.IGNORECASE)  # on Windows
LONGEST_NAME = 120  # bytes; a file's name may have 255, with what is put before and behind it


def own_name(text: str, other: str, taken: set[str]) -> str:
    """Return a file's name like ``text`` that is not taken, told apart by ``other``; take it."""
    name = first = file_name(text)
    while folded(name) in taken:
        name = _marked(first, other)
        other += "'"
    taken.add(folded(name))
    return name


def file_name(text: str) -> str:
    """Return a name like ``text`` that can be a file's name, and be shown, on any computer.

    Text that has to be changed for that gets eight digits of its digest, so that two of them stay
    two.
    """
    plain = unicodedata.normalize("NFKC", text)
    name = "".join(c if _is_harmless(c) else "_" for c in plain)
    name = f"_{name}" if _RESERVED.match(name) else name
    name = name if name[:1].isalnum() or name[:1] == "_" else f"_{name}"
    name = name if name[-1:] not in (" ", ".") else f"{name[:-1]}_"
    unchanged = name == plain and len(name.encode()) <= LONGEST_NAME
    return name if unchanged else _marked(name, text)


def _marked(name: str, text: str) -> str:
    begin = name.encode()[: LONGEST_NAME - 9].decode(errors="ignore")
    return f"{begin}-{hashlib.sha256(os.fsencode(text)).hexdigest()[:8]}"


def _is_harmless(character: str) -> bool:
    """Return whether a character is a letter, a mark on one, a number, or harmless punctuation."""
    return unicodedata.category(character)[0] in "LMN" or character in " ._-+,()@'\u2019"


def folded(name: str) -> str:
    """Return a name as file systems compare it that know no upper case."""
    return unicodedata.normalize("NFKC", name).casefold()


def listed(names: Iterable[str]) -> str:
    """Return names in a sentence."""
    *first, last = (shown(name, 60) for name in names)
    return clean_line(" and ".join([", ".join(first), last] if first else [last]), 300)
