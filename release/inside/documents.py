"""Documents: JSON with its strings, PDF with all its versions, PNG with its texts."""

import io
import json
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from release.inside.parts import Part, UnreadableError, inflated


def of_json(content: bytes) -> Iterator[Part]:
    """Yield the strings of JSON, a list of them as one: sources, outputs and metadata."""
    if content[:1] not in (b"{", b"["):
        return
    try:
        loaded = json.loads(content)
    except ValueError:
        return

    def strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list) and value and all(isinstance(line, str) for line in value):
            yield path, "".join(value)
            yield path, "\n".join(value)
        elif isinstance(value, list):
            for number, part in enumerate(value, 1):
                yield from strings(part, f"{path} {number}".strip())
        elif isinstance(value, dict):
            yield path, "\n".join(value)
            for key, part in value.items():
                yield from strings(part, f"{path} {key}".strip())

    for path, text in strings(loaded, ""):
        if len(text) > 20:
            yield Part(path, text.encode("utf-8", "replace"))


def of_pdf(content: bytes) -> Iterator[Part]:
    """Yield a PDF's pages, what it says of itself, its attachments, and each of its streams.

    Also streams that no page refers to any more: an earlier version stays in a file that was
    edited.
    """
    if content.lstrip()[:5] != b"%PDF-":
        return
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise UnreadableError("an encrypted PDF")
        yield Part("text", "\n".join(page.extract_text() for page in reader.pages).encode())
        numbers = {*reader.xref_objStm, *(n for table in reader.xref.values() for n in table)}
        for number in sorted(numbers):
            yield Part(f"object {number}", "\n".join(_pdf_texts(reader, number)).encode())
        for name, versions in reader.attachments.items():
            for version in versions:
                yield Part(f"attachment {name}", version)
    except pypdf.errors.PyPdfError as error:
        raise UnreadableError("a PDF that cannot be read") from error
    for found in re.finditer(rb"stream\r?\n", content):
        stream = inflated(content[found.end() :], zlib.MAX_WBITS)
        shown = b"".join(re.findall(rb"\(((?:[^()\\]|\\.)*)\)", stream, re.DOTALL))
        text = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8) % 256]), shown)
        yield Part(f"stream at byte {found.start()}", text)


def _pdf_texts(reader: pypdf.PdfReader, number: int) -> Iterator[str]:
    """Yield the strings of an object, and its data."""
    waiting = [reader.get_object(IndirectObject(number, 0, reader))]
    while waiting:
        value = waiting.pop()
        if isinstance(value, DictionaryObject):
            waiting += value.values()
        elif isinstance(value, ArrayObject):
            waiting += value
        elif isinstance(value, str):
            yield value
        if isinstance(value, StreamObject) and value.get("/Subtype") != "/Image":
            yield value.get_data().decode("latin-1")


def of_png(content: bytes) -> Iterator[Part]:
    """Yield the texts in a picture, and what comes after it."""
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        return
    place = 8
    while place + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        chunk = content[place + 8 : place + 8 + length]
        place += length + 12
        if kind not in (b"IDAT", b"IHDR", b"PLTE", b"IEND"):
            yield Part(f"chunk {kind.decode('latin-1')}", chunk)
        if kind == b"IEND":
            break
    yield Part("what follows the picture", content[place:])
