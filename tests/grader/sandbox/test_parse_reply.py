"""What a submission claims is cleaned, bounded, and never taken for more than a claim."""

import json

import numpy as np
import pytest

from grader.engine.cleaning import InvalidReplyJson, clean_json, clean_line, clean_text
from grader.engine.sandbox import Limits, Reply
from grader.engine.sandbox.limits import RawReply
from grader.engine.sandbox.parse_reply import parse_reply
from grader.engine.sandbox.worker.framing import encode

NONCE = "a" * 32
FILES = {"submission/loss.py": b"import torch\nraise ValueError\n"}


def claimed(content: dict, arrays: dict | None = None, **measured: object) -> Reply:
    """Return the reply to a message with this content."""
    data = encode(content, arrays or {})
    return parse_reply(RawReply(data, **measured), NONCE, Limits(), FILES)


def test_an_answer_with_the_nonce_is_ok() -> None:
    reply = claimed({"nonce": NONCE, "status": "ok", "result": {"x": 1}}, {"y": np.ones(2)})
    assert (reply.status, reply.result, reply.sentence) == ("ok", {"x": 1}, "")
    assert reply.arrays["y"].tolist() == [1, 1]


@pytest.mark.parametrize(
    "content",
    [
        {"nonce": "b" * 32, "status": "ok", "result": {}},
        {"nonce": None, "status": "ok", "result": {}},
        {"nonce": "é" * 32, "status": "ok", "result": {}},
        {"nonce": NONCE, "status": "passed", "result": {}},
        {"nonce": NONCE, "status": ["ok"], "result": {}},
        {"nonce": NONCE, "status": "ok", "result": []},
        {"nonce": NONCE, "status": "ok", "result": {}, "score": 20},
        {"status": "ok", "result": {}},
    ],
)
def test_an_answer_that_is_not_in_form_is_malformed(content: dict) -> None:
    assert claimed(content).status == "malformed"


def test_an_answer_of_a_worker_that_was_ended_does_not_count() -> None:
    reply = claimed({"nonce": NONCE, "status": "ok", "result": {}}, ended="timeout")
    assert (reply.status, reply.result) == ("timeout", {})
    assert reply.sentence == "The program did not finish within 60 seconds."


def test_source_lines_come_from_what_was_handed_in() -> None:
    described = {
        "type": "ValueError",
        "message": "no",
        "frames": [
            ["submission/loss.py", 2, "<module>"],
            ["/etc/passwd", 1, "f"],
            ["submission/../loss.py", 1, "f"],
            ["submission/loss.py", "1", "f"],
            ["submission/loss.py", 99, "f"],
        ],
    }
    reply = claimed({"nonce": NONCE, "status": "raised", "result": described})
    assert [(f.file, f.line, f.source) for f in reply.error.frames] == [
        ("submission/loss.py", 2, "raise ValueError"),
        ("submission/loss.py", 99, ""),
    ]


def test_the_sentence_of_an_exception_names_file_line_and_function() -> None:
    described = {"type": "KeyError", "message": "'x'", "frames": [["submission/loss.py", 2, "f"]]}
    reply = claimed({"nonce": NONCE, "status": "raised", "result": described})
    assert reply.sentence == "submission/loss.py, line 2 in f: KeyError: 'x'"


def test_a_claim_to_have_run_out_of_time_counts_only_if_the_time_is_up() -> None:
    frames = [["submission/loss.py", 2, "f"], ["/etc/passwd", 1, "f"]]
    content = {"nonce": NONCE, "status": "time", "result": {"frames": frames}}
    assert claimed(content).status == "malformed"
    assert claimed(content, seconds=59.0).status == "timeout"
    reply = claimed(content, cpu=9.5, seconds=59.0)
    assert reply.status == "cpu"
    assert reply.sentence == (
        "The program used more than 10 seconds of processor time. It was at submission/loss.py, "
        "line 2 in f."
    )
    assert [line.source for line in reply.stopped_at] == ["raise ValueError"]


def test_a_description_of_the_wrong_types_is_survived() -> None:
    for described in ({}, {"frames": 3}, {"frames": [[]], "type": {}, "message": [1]}):
        assert claimed({"nonce": NONCE, "status": "raised", "result": described}).status == "raised"


def test_control_characters_are_replaced_and_newlines_kept() -> None:
    assert clean_text("a\x1b[31mb\0\nc\td\u202e\ud800") == "a\ufffd[31mb\ufffd\nc\td\ufffd\ufffd"
    assert clean_line("a\nb\r\n  c", 100) == "a b\ufffd c"
    assert len(clean_text("x" * 1000, 10)) == 10


def test_cleaned_json_can_be_written_as_utf_8() -> None:
    value = json.loads('{"\\ud800": ["\\udfff", {"x": "\\u0000"}], "y": [1, null, true, 0.5]}')
    cleaned = clean_json(value)
    json.dumps(cleaned, ensure_ascii=False).encode()
    assert cleaned["y"] == [1, None, True, 0.5]


def test_json_that_is_too_deep_too_wide_or_too_long_is_refused() -> None:
    deep: list = []
    for _ in range(100):
        deep = [deep]
    for value in (deep, [0] * 300_000, 10**30):
        with pytest.raises(InvalidReplyJson):
            clean_json(value)
