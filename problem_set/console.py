"""Output on a terminal or a pipe that cannot encode every character, as on Windows."""

import codecs
import io
import sys

# The marks of reports; a character without an entry becomes a question mark.
PLAIN = {"✓": "+", "✗": "x", "–": "-", "—": "-", "·": "-", "×": "x", "…": "...", "→": "->"}


def replace_unprintable() -> None:
    """Replace what standard output and error cannot encode, where Python would raise.

    A pipe has the system's code page on Windows (cp1252, cp437) before Python 3.15. Every program
    calls this first.
    """
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # pythonw.exe has none, a notebook has its own
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unprintable = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in unprintable), error.end
