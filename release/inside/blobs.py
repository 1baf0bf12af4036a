"""Text that stands for other bytes or text: base64 and its like, lists of codes, escapes."""

import base64
import binascii
import html
import quopri
import re
import urllib.parse
from collections.abc import Callable, Iterator

from release.inside.parts import SHORTEST, Part

BLOB = re.compile(rb"[A-Za-z0-9+/_=-]{%d,}" % SHORTEST)
WRAPPED = re.compile(rb"(?:^[^\w+/]*[A-Za-z0-9+/_=-]{20,}[^\w+/]*$\n?){2,}", re.MULTILINE)
DENSE = re.compile(rb"[!-~]{%d,}" % SHORTEST)
CODES = re.compile(rb"\b(?:(?:0x)?[0-9a-fA-F]{1,3}\b[\s,;:]*){%d,}" % SHORTEST)
# Code with coloured words, as notebooks are exported: HTML's tags, and Pygments' LaTeX.
COLOURED = re.compile(rb"<[/a-zA-Z][^<>]*>|\\PY(?:Z\w+)?\{[^{}]*\}")
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": lambda blob: base64.b64decode(blob.translate(_URL), validate=True),
    "base32": base64.b32decode,
    "hexadecimal": binascii.unhexlify,
}
DENSE_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "base85": base64.b85decode,
    "ascii85": base64.a85decode,
}
_URL = bytes.maketrans(b"-_", b"+/")


def of_blobs(content: bytes) -> Iterator[Part]:
    """Yield what is written down in base64 and its like, also over several lines."""
    blobs = [found[0] for found in BLOB.finditer(content)]
    for found in WRAPPED.finditer(content):
        blobs.append(re.sub(rb"[^A-Za-z0-9+/_=-]", b"", found[0]))
    for blob in blobs:
        bare = blob.rstrip(b"=")
        for name, decode in DECODERS.items():
            padded = bare + b"=" * (-len(bare) % {"base64": 4, "base32": 8}.get(name, 1))
            try:
                yield Part(name, decode(padded))
            except (binascii.Error, ValueError):
                continue
    for found in DENSE.finditer(content):
        for name, decode in DENSE_DECODERS.items():
            try:
                yield Part(name, decode(found[0]))
            except ValueError:
                continue


def of_codes(content: bytes) -> Iterator[Part]:
    """Yield what is written down as a list of characters' codes, decimal or hexadecimal."""
    for found in CODES.finditer(content):
        codes = re.findall(rb"\b(?:0x)?([0-9a-fA-F]{1,3})\b", found[0])
        for name, base in (("decimal codes", 10), ("hexadecimal codes", 16)):
            try:
                yield Part(name, bytes(int(code, base) for code in codes))
            except ValueError:
                continue


def of_escaped(content: bytes) -> Iterator[Part]:
    """Yield text without its escapes and mark-up: backslashes, percent and equals signs, HTML."""
    if not content.isascii() and b"\0" in content:
        return
    if re.search(rb"\\[nrtx\"'u]", content):
        text = content.decode("utf-8", "replace")
        plain = re.sub(r"\\[nrt]", "\n", text)
        plain = re.sub(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))", _character, plain)
        yield Part("without backslashes", plain.replace("\\", "").encode("utf-8", "replace"))
    if re.search(rb"(?:%[0-9a-fA-F]{2}.*){3}", content):
        yield Part("without percent signs", urllib.parse.unquote_to_bytes(content))
    if re.search(rb"(?:=[0-9A-F]{2}.*){3}", content):
        yield Part("without quoted-printable", quopri.decodestring(content))
    if re.search(rb"&(?:#\d+|#x[0-9a-f]+|lt|gt|amp|quot);", content):
        text = html.unescape(content.decode("utf-8", "replace"))
        yield Part("as HTML", text.encode("utf-8", "replace"))
    if COLOURED.search(content):
        yield Part("without mark-up", COLOURED.sub(b"", content))


def _character(escape: "re.Match[str]") -> str:
    return chr(int(escape[1] or escape[2], 16))
