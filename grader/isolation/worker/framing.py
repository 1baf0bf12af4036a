"""The only thing that crosses the wall: one JSON header, then raw arrays. Never pickle.

A frame is::

    b"MTL1" | header length (u32) | body length (u64) | header: JSON | body: arrays, end to end

The header is ``{"content": {...}, "arrays": [[name, dtype, [size, ...]], ...]}``. Whoever decodes
believes a number only after comparing it with a limit and with the bytes that are there.
"""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

MAGIC = b"MTL1"
PREFIX = struct.Struct("<4sIQ")
MAX_HEADER = 4 << 20
MAX_ARRAYS = 256
MAX_DIMENSIONS = 8
MAX_NAME = 200
INTEGERS = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8")
DTYPES = (*INTEGERS, "<f2", "<f4", "<f8", "<c8", "<c16")


class FramingError(ValueError):
    """The bytes are not one well-formed frame within the limits."""


def encode(content: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the frame of a JSON object and named arrays.

    Raises
    ------
    FramingError
        If an array's dtype cannot travel, or ``content`` is not JSON.
    """
    described, parts = [], []
    for name, array in arrays.items():
        array = np.asarray(array)
        travelling = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        if travelling.dtype.str not in DTYPES:
            raise FramingError(f"array {name!r} has dtype {array.dtype}, which cannot travel")
        described.append([name, travelling.dtype.str, list(array.shape)])
        parts.append(travelling.tobytes())
    try:
        header = json.dumps({"content": content, "arrays": described}).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FramingError(f"the content is not JSON: {error}") from error
    body = b"".join(parts)
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


def frame_size(prefix: bytes, limit: int) -> int:
    """Return the length of the whole frame that starts with these ``PREFIX.size`` bytes."""
    magic, header, body = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise FramingError("the bytes do not start a frame")
    size = PREFIX.size + header + body
    if header > MAX_HEADER or size > limit:
        raise FramingError(f"a frame of {size} bytes is over the limit of {limit}")
    return size


def decode(frame: bytes | bytearray, limit: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the content and the arrays of exactly one frame, checked in every respect.

    The arrays are copies that own their memory and can be written to.
    """
    if len(frame) < PREFIX.size:
        raise FramingError(f"{len(frame)} bytes are less than a frame")
    if frame_size(bytes(frame[: PREFIX.size]), limit) != len(frame):
        raise FramingError(f"{len(frame)} bytes are not exactly one frame")
    header_size = PREFIX.unpack_from(frame)[1]
    start = PREFIX.size + header_size
    try:
        header = json.loads(bytes(frame[PREFIX.size : start]).decode())
    except (ValueError, RecursionError) as error:
        raise FramingError("the header is not JSON") from error
    if not isinstance(header, dict) or set(header) != {"content", "arrays"}:
        raise FramingError("the header does not have exactly 'content' and 'arrays'")
    if not isinstance(header["content"], dict) or not isinstance(header["arrays"], list):
        raise FramingError("the header's parts have the wrong types")
    if len(header["arrays"]) > MAX_ARRAYS:
        raise FramingError(f"{len(header['arrays'])} arrays are over the limit of {MAX_ARRAYS}")
    arrays: dict[str, np.ndarray] = {}
    for description in header["arrays"]:
        name, dtype, shape = _array_description(description)
        size = math.prod(shape) * dtype.itemsize
        if name in arrays:
            raise FramingError(f"the array {name!r} comes twice")
        if size > len(frame) - start:
            raise FramingError(f"the array {name!r} is longer than the frame")
        try:
            arrays[name] = np.ndarray(shape, dtype, bytes(frame[start : start + size]))
            arrays[name] = arrays[name].copy()
        except (ValueError, MemoryError) as error:
            raise FramingError(f"the array {name!r} has an impossible shape") from error
        start += size
    if start != len(frame):
        raise FramingError("the frame is longer than its arrays")
    return header["content"], arrays


def _array_description(description: object) -> tuple[str, np.dtype, tuple[int, ...]]:
    match description:
        case [str(name), str(dtype), [*shape]]:
            pass
        case _:
            raise FramingError("an array's description is not [name, dtype, shape]")
    if len(name) > MAX_NAME or not name.isprintable():
        raise FramingError("an array's name is too long or not printable")
    if dtype not in DTYPES:
        raise FramingError(f"the array {name!r} has a dtype that cannot travel")
    sizes_are_natural = all(type(size) is int and 0 <= size < 1 << 48 for size in shape)
    if len(shape) > MAX_DIMENSIONS or not sizes_are_natural:
        raise FramingError(f"the array {name!r} has an impossible shape")
    return name, np.dtype(dtype), tuple(shape)
