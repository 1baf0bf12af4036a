"""A message carries data and only data, and a wrong one is refused before it is believed."""

import json
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader.engine.sandbox.worker.framing import (
    DTYPES,
    MAX_ARRAYS,
    FramingError,
    decode,
    encode,
)

LIMIT = 1 << 20
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children),
    max_leaves=10,
)
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: npst.arrays(np.dtype(dtype), npst.array_shapes(min_dims=0, min_side=0))
)


def message(header: object, body: bytes = b"") -> bytes:
    """Return a message with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<4sIQ", b"GRD1", len(text), len(body)) + text + body


@given(
    st.dictionaries(st.text(), JSON),
    st.dictionaries(st.text("abc.:", max_size=9), ARRAYS, max_size=3),
)
def test_what_is_encoded_is_decoded(content: dict, arrays: dict[str, np.ndarray]) -> None:
    returned, decoded = decode(encode(content, arrays), LIMIT)
    assert returned == content
    assert list(decoded) == list(arrays)
    for name, array in arrays.items():
        assert decoded[name].shape == array.shape
        assert decoded[name].tobytes() == np.ascontiguousarray(array).tobytes()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    for attempt in (data, message(data), message({"content": {}, "arrays": []}, data)):
        try:
            decode(attempt, LIMIT)
        except FramingError:
            continue


@pytest.mark.parametrize(
    "arrays",
    [
        [["x", "|O", [1]]],
        [["x", "<f4", [-1]]],
        [["x", "<f4", [True]]],
        [["x", "<f4", [1.0]]],
        [["x", "<f4", [1 << 60, 0]]],
        [["x", "<f4", [1] * 9]],
        [["x", "<f4", [2]]],
        [["x", "<f4", [1]], ["x", "<f4", []]],
        [["\n", "<f4", [1]]],
        [["x" * 201, "<f4", [1]]],
        [["x", "<f4"]],
        [[1, "<f4", [1]]],
        {"x": 1},
        [],
        [["x", "<f4", [0]]] * (MAX_ARRAYS + 1),
    ],
)
def test_arrays_that_are_not_what_they_say_are_refused(arrays: object) -> None:
    with pytest.raises(FramingError):
        decode(message({"content": {}, "arrays": arrays}, b"1234"), LIMIT)


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b'{"content": ' + b"[" * 100_000 + b"]" * 100_000 + b', "arrays": []}',
        b'{"content": {"n": ' + b"9" * 100_000 + b'}, "arrays": []}',
        b"\xff\xfe",
        {"content": []},
        {"content": [], "arrays": []},
        {"content": {}, "arrays": [], "more": 1},
    ],
)
def test_headers_that_are_not_what_they_should_be_are_refused(header: object) -> None:
    with pytest.raises(FramingError):
        decode(message(header), LIMIT)


def test_two_messages_are_not_one() -> None:
    one = encode({}, {"x": np.ones(3)})
    for data in (one + one, one + b"\0", one[:-1], b"", b"GRD1"):
        with pytest.raises(FramingError):
            decode(data, LIMIT)


def test_a_message_over_the_limit_is_refused_by_its_first_bytes() -> None:
    with pytest.raises(FramingError, match="limit"):
        decode(struct.pack("<4sIQ", b"GRD1", 1 << 31, 1 << 62), LIMIT)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_content_that_is_not_json_does_not_travel(value: object) -> None:
    with pytest.raises(FramingError):
        encode({"value": value}, {})


@pytest.mark.parametrize("dtype", ["O", "U3", "S3", "M8[s]", "V8", "longdouble"])
def test_arrays_of_other_kinds_do_not_travel(dtype: str) -> None:
    with pytest.raises(FramingError, match="cannot be sent"):
        encode({}, {"x": np.zeros(2, dtype)})


def test_an_empty_array_of_a_huge_shape_is_refused() -> None:
    decode(message({"content": {}, "arrays": [["x", "<f4", [0, 1000]]]}), LIMIT)
    for shape in ([0, 1 << 40], [0, 1 << 15, 1 << 15], [1 << 18, 0, 2]):
        with pytest.raises(FramingError):
            decode(message({"content": {}, "arrays": [["x", "<f4", shape]]}), LIMIT)


def test_a_long_header_is_refused() -> None:
    with pytest.raises(FramingError, match="limit"):
        decode(message({"content": {"x": [[]] * 300_000}, "arrays": []}), 1 << 30)


def test_decoding_takes_little_more_memory_than_the_arrays() -> None:
    array = np.zeros(4 << 20, np.uint8)
    data = encode({}, {"x": array, "y": array})
    tracemalloc.start()
    decode(data, 1 << 30)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * len(data)
