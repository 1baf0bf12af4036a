"""The only thing that crosses the wall: one JSON header, then raw arrays. Never pickle.

A message is::

    b"GRD1" | header length (u32) | body length (u64) | header: JSON | body: arrays, end to end

The header is ``{"content": {...}, "arrays": [[name, dtype, [size, ...]], ...]}``. The decoder
believes a number only after comparing it with a limit and with the bytes that are there.
"""

import json
import math
import struct
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

#: A worker sends this before the student's first line: ``time.monotonic`` and
#: ``time.process_time``, from which its time counts, however late this is read. A sandbox that
#: failed before is not held against the student.
CONFINED = struct.Struct("<dd")
MAGIC = b"GRD1"
PREFIX = struct.Struct("<4sIQ")
MAX_HEADER = 1 << 20
MAX_ARRAYS = 1 << 11
MAX_DIMENSIONS = 8
MAX_NAME = 200
INTEGERS = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8")
DTYPES = (*INTEGERS, "<f2", "<f4", "<f8", "<c8", "<c16")


def confined() -> bytes:
    """Return what a worker sends once it is confined."""
    return CONFINED.pack(time.monotonic(), time.process_time())


class FramingError(ValueError):
    """The bytes are not one well-formed message within the limits."""


def encode(content: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the message of a JSON object and named arrays.

    Raises
    ------
    FramingError
        If an array's dtype cannot be sent, or ``content`` is not JSON.
    """
    described, parts = [], []
    for name, array in arrays.items():
        array = np.asarray(array)
        as_sent = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        if as_sent.dtype.str not in DTYPES:
            raise FramingError(f"array {name!r} has dtype {array.dtype}, which cannot be sent")
        described.append([name, as_sent.dtype.str, list(array.shape)])
        parts.append(as_sent.tobytes())
    try:
        header = json.dumps({"content": content, "arrays": described}).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FramingError(f"the content is not JSON: {error}") from error
    body = b"".join(parts)
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


def message_size(prefix: bytes, limit: int) -> int:
    """Return the length of the whole message that starts with these ``PREFIX.size`` bytes."""
    magic, header, body = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise FramingError("the bytes do not start a message")
    size = PREFIX.size + header + body
    if header > MAX_HEADER or size > limit:
        raise FramingError(f"a message of {size} bytes is over the limit of {limit}")
    return size


def decode(
    message: bytes | bytearray | memoryview, limit: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the content and the arrays of exactly one message, checked in every respect.

    The arrays are copies that own their memory and can be written to.

    Raises
    ------
    FramingError
        If it is not one message within the limit: another length, too many arrays, a dtype or a
        shape that cannot be sent, arrays that are not together as long as the message says.
    """
    if len(message) < PREFIX.size:
        raise FramingError(f"{len(message)} bytes are less than a message")
    if message_size(bytes(message[: PREFIX.size]), limit) != len(message):
        raise FramingError(f"{len(message)} bytes are not exactly one message")
    _, header_size, body_size = PREFIX.unpack_from(message)
    start = PREFIX.size + header_size
    try:
        header = json.loads(bytes(message[PREFIX.size : start]).decode())
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
    if sum(math.prod(shape) * dtype.itemsize for _, dtype, shape in described) != body_size:
        raise FramingError("the arrays are not as long as the message")
    arrays: dict[str, np.ndarray] = {}
    for name, dtype, shape in described:
        count = math.prod(shape)
        arrays[name] = np.empty(shape, dtype)
        if count:
            arrays[name][...] = np.frombuffer(message, dtype, count, start).reshape(shape)
        start += count * dtype.itemsize
    return header["content"], arrays


def _array_description(description: Any, limit: int) -> tuple[str, np.dtype, tuple[int, ...]]:
    match description:
        case [str(name), str(dtype), [*shape]]:
            pass
        case _:
            raise FramingError("an array's description is not [name, dtype, shape]")
    if len(name) > MAX_NAME or not name.isprintable():
        raise FramingError("an array's name is too long or not printable")
    if dtype not in DTYPES:
        raise FramingError(f"the array {name!r} has a dtype that cannot be sent")
    sizes_are_natural = all(type(size) is int and 0 <= size <= limit for size in shape)
    if len(shape) > MAX_DIMENSIONS or not sizes_are_natural:
        raise FramingError(f"the array {name!r} has an impossible shape")
    # Of an empty array too: what is computed with the other sizes of its shape takes memory.
    if math.prod(size or 1 for size in shape) * np.dtype(dtype).itemsize > limit:
        raise FramingError(f"the array {name!r} is larger than the limit of {limit}")
    return name, np.dtype(dtype), tuple(shape)
