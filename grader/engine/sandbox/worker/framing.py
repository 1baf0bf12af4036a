"""The only thing that crosses the wall: one JSON header, then raw arrays. Never pickle.

A frame is::

    b"MTL1" | header length (u32) | body length (u64) | header: JSON | body: arrays, end to end

The header is ``{"content": {...}, "arrays": [[name, dtype, [size, ...]], ...]}``. The decoder
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
MAX_HEADER = 256 << 10  # a right reply's has 5 KiB
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


def decode(
    frame: bytes | bytearray | memoryview, limit: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the content and the arrays of exactly one frame, checked in every respect.

    The arrays are copies that own their memory and can be written to.
    """
    if len(frame) < PREFIX.size:
        raise FramingError(f"{len(frame)} bytes are less than a frame")
    if frame_size(bytes(frame[: PREFIX.size]), limit) != len(frame):
        raise FramingError(f"{len(frame)} bytes are not exactly one frame")
    content, described = read_header(frame, limit)
    start = header_end(frame)
    arrays: dict[str, np.ndarray] = {}
    for name, dtype, shape in described:
        count = math.prod(shape)
        arrays[name] = np.empty(shape, dtype)
        if count:
            arrays[name][...] = np.frombuffer(frame, dtype, count, start).reshape(shape)
        start += count * dtype.itemsize
    return content, arrays


def header_end(frame: bytes | bytearray | memoryview) -> int:
    """Return where the header of a frame ends, from its first ``PREFIX.size`` bytes."""
    return PREFIX.size + PREFIX.unpack_from(frame)[1]


def read_header(
    frame: bytes | bytearray | memoryview, limit: int
) -> tuple[dict[str, Any], list[tuple[str, np.dtype, tuple[int, ...]]]]:
    """Return the content and the arrays' descriptions, from a frame whose arrays need not be there.

    Raises
    ------
    FramingError
        If no frame within the limit starts like this: too many arrays, a dtype or a shape that
        cannot travel, arrays that are not together as long as the frame says.
    """
    frame_size(bytes(frame[: PREFIX.size]), limit)
    body = PREFIX.unpack_from(frame)[2]
    try:
        header = json.loads(bytes(frame[PREFIX.size : header_end(frame)]).decode())
    except (ValueError, RecursionError) as error:
        raise FramingError("the header is not JSON") from error
    if not isinstance(header, dict) or set(header) != {"content", "arrays"}:
        raise FramingError("the header does not have exactly 'content' and 'arrays'")
    if not isinstance(header["content"], dict) or not isinstance(header["arrays"], list):
        raise FramingError("the header's parts have the wrong types")
    if len(header["arrays"]) > MAX_ARRAYS:
        raise FramingError(f"{len(header['arrays'])} arrays are over the limit of {MAX_ARRAYS}")
    described = [_array_description(description, limit) for description in header["arrays"]]
    if len({name for name, _, _ in described}) < len(described):
        raise FramingError("two arrays have the same name")
    if sum(math.prod(shape) * dtype.itemsize for _, dtype, shape in described) != body:
        raise FramingError("the arrays are not as long as the frame")
    return header["content"], described


def _array_description(description: object, limit: int) -> tuple[str, np.dtype, tuple[int, ...]]:
    match description:
        case [str(name), str(dtype), [*shape]]:
            pass
        case _:
            raise FramingError("an array's description is not [name, dtype, shape]")
    if len(name) > MAX_NAME or not name.isprintable():
        raise FramingError("an array's name is too long or not printable")
    if dtype not in DTYPES:
        raise FramingError(f"the array {name!r} has a dtype that cannot travel")
    sizes_are_natural = all(type(size) is int and 0 <= size <= limit for size in shape)
    if len(shape) > MAX_DIMENSIONS or not sizes_are_natural:
        raise FramingError(f"the array {name!r} has an impossible shape")
    # Of an empty array too: what is computed with the other sizes of its shape takes memory.
    if math.prod(size or 1 for size in shape) * np.dtype(dtype).itemsize > limit:
        raise FramingError(f"the array {name!r} is larger than the limit of {limit}")
    return name, np.dtype(dtype), tuple(shape)
