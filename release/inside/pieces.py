"""A file and everything in it, one piece after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType

from release.inside.archives import of_compressed, of_tar, of_zip
from release.inside.blobs import of_blobs, of_codes, of_escaped
from release.inside.compiled import compiled, of_compiled
from release.inside.documents import of_json, of_pdf, of_png
from release.inside.parts import UnreadableError

OPENERS = (
    of_zip,
    of_tar,
    of_compressed,
    of_compiled,
    of_json,
    of_pdf,
    of_png,
    of_blobs,
    of_codes,
    of_escaped,
)
DEEPEST = 7


@dataclass(frozen=True)
class Piece:
    """A part of a package that has text, or code, to look at.

    Attributes
    ----------
    place : tuple of str
        The file, then where in it.
    content : bytes
    is_file : bool
        Whether the last of ``place`` is the name of a file.
    problem : str
        Why nobody can look into it, or an empty string.
    """

    place: tuple[str, ...]
    content: bytes
    is_file: bool = True
    problem: str = ""

    @property
    def name(self) -> str:
        """The name of the file; empty for what is no file."""
        return self.place[-1] if self.is_file and self.place else ""

    @property
    def code(self) -> CodeType | None:
        """What a compiled file holds."""
        return compiled(self.content)

    @cached_property
    def text(self) -> str:
        """The content as text, whatever its encoding."""
        content = self.content
        if content[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
            return content.decode("utf-32", "replace")
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return content.decode("utf-16", "replace")
        for encoding, every_other in (
            ("utf-16-le", content[1:40:2]),
            ("utf-16-be", content[:40:2]),
        ):
            if every_other.count(0) > 15:
                return content.decode(encoding, "replace")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("latin-1")


def pieces(place: tuple[str, ...], content: bytes, is_file: bool = True) -> Iterator[Piece]:
    """Yield a file and everything in it."""
    yield Piece(place, content, is_file)
    if len(place) == DEEPEST:
        yield Piece(place, b"", is_file, problem="packed too often")
        return
    for opener in OPENERS:
        try:
            for part in opener(content):
                if part.content and part.content != content:
                    yield from pieces((*place, part.name), part.content, part.is_file)
        except UnreadableError as error:
            yield Piece(place, b"", is_file, problem=str(error))
