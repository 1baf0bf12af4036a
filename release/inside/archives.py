"""Archives and compressed streams: zip, tar, gzip, bzip2, xz, zlib."""

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from release.inside.parts import LARGEST, SHORTEST, Part, UnreadableError, inflated

NOT_READ = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
}


def of_zip(content: bytes) -> Iterator[Part]:
    """Yield the members of a zip, listed or not, and all that is said about them."""
    if b"PK\x03\x04" not in content and b"PK\x05\x06" not in content:
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, struct.error):
        archive = None
    listed = set()
    if archive:
        yield Part("comment", archive.comment)
        for entry in archive.infolist():
            listed.add(entry.header_offset)
            if entry.flag_bits & 1:
                raise UnreadableError(f"a zip whose {entry.filename} is encrypted")
            if entry.file_size > LARGEST:
                raise UnreadableError(f"a zip whose {entry.filename} is too large")
            yield Part(f"name of {entry.filename}", entry.filename.encode("utf-8", "replace"))
            yield Part(f"comment of {entry.filename}", entry.comment)
            yield Part(f"extra field of {entry.filename}", entry.extra)
            try:
                yield Part(entry.filename, archive.read(entry), is_file=True)
            except (
                zipfile.BadZipFile,
                NotImplementedError,
                zlib.error,
                EOFError,
                OSError,
            ) as error:
                raise UnreadableError(f"a zip that is damaged at {entry.filename}") from error
    for found in re.finditer(b"PK\x03\x04", content):
        header = content[found.start() : found.start() + 30]
        if found.start() in listed or len(header) < 30:
            continue
        name, extra = struct.unpack("<HH", header[26:30])
        start = found.start() + 30 + name + extra
        stored = struct.unpack("<H", header[8:10]) == (0,)
        part = content[start:] if stored else inflated(content[start:], -zlib.MAX_WBITS)
        yield Part(f"unlisted member at byte {found.start()}", part)


def of_tar(content: bytes) -> Iterator[Part]:
    """Yield the members of a tar archive, and what is said about them."""
    if content[257:262] != b"ustar":
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                said = (member.name, member.linkname, member.uname, *member.pax_headers.values())
                yield Part(f"name of {member.name}", "\n".join(said).encode("utf-8", "replace"))
                if member.isfile():
                    yield Part(member.name, archive.extractfile(member).read(), is_file=True)
    except tarfile.TarError as error:
        raise UnreadableError("a damaged tar archive") from error


def _unpacked(content: bytes) -> bytes:
    """Return what gzip, bzip2 or xz can make of the beginning of some bytes."""
    if content[:2] == b"\x1f\x8b":
        return inflated(content, 16 + zlib.MAX_WBITS)
    stream = bz2.BZ2Decompressor() if content[:3] == b"BZh" else lzma.LZMADecompressor()
    try:
        return stream.decompress(content, LARGEST)
    except (OSError, EOFError, lzma.LZMAError):
        return b""


def of_compressed(content: bytes) -> Iterator[Part]:
    """Yield what is compressed, from the beginning of the bytes or from anywhere in them."""
    if not content.isascii():
        for found in re.finditer(b"\x78[\x01\x5e\x9c\xda]", content):
            part = inflated(content[found.start() :], zlib.MAX_WBITS)
            if len(part) > SHORTEST:
                yield Part(f"compressed at byte {found.start()}", part)
        for found in re.finditer(b"\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\0", content):
            if found.start():  # at the beginning it is a compressed file, below
                part = _unpacked(content[found.start() :])
                yield Part(f"compressed at byte {found.start()}", part)
    unpack: Callable[[bytes], bytes] | None = None
    if content[:2] == b"\x1f\x8b":
        unpack = gzip.decompress
    elif content[:3] == b"BZh":
        unpack = bz2.decompress
    elif content[:6] == b"\xfd7zXZ\0":
        unpack = lzma.decompress
    if unpack:
        try:
            yield Part("uncompressed", unpack(content))
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise UnreadableError("damaged compressed data") from error
    for magic, kind in NOT_READ.items():
        if content.startswith(magic):
            raise UnreadableError(kind)
