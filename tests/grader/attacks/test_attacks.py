"""No attack of the bank leaks, leaves, ends or slows what it should not, in either sandbox."""

import ast
import re
import time
from pathlib import Path

import numpy as np
import pytest
from attacked import Target, surroundings

from grader.isolation import ForkServer, Limits, Reply
from grader.isolation.reply import STATUSES

BANK = Path(__file__).parent / "bank"
ATTACKS = sorted(
    path.stem for path in BANK.iterdir() if path.suffix == ".py" or (path / "loss.py").exists()
)
TIGHT = Limits(
    wall=0.4, cpu=1, memory=512 << 20, processes=16, file=4 << 20, output=1 << 16, reply=8 << 20
)
HONEST = """

def regression_loss(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean()


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * factorization_loss + regression_weight * regression_loss
"""
UNWRITTEN = """

def bpr_loss(positive_predictions, negative_predictions):
    raise NotImplementedError
"""
BPR = {"steps": [{"do": "call", "function": "loss.bpr_loss", "args": ["positive", "negative"]}]}
MSE = {"steps": [{"do": "call", "function": "loss.regression_loss", "args": ["r", "s"]}]}
SCORES = {"positive": np.zeros(3, np.float32), "negative": np.zeros(3, np.float32)}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e]")


def submission_of(attack: str, names: dict[str, str]) -> dict[str, bytes]:
    """Return the files of a submission: an attack in ``loss.py``, and an honest part after it."""
    place = BANK / attack
    sources = [BANK / f"{attack}.py"] if not place.is_dir() else sorted(place.rglob("*.*"))
    files = {}
    for source in sources:
        name = source.relative_to(place).as_posix() if place.is_dir() else "loss.py"
        name = name.removesuffix(".attack")
        text = source.read_text(encoding="utf-8")
        if name == "loss.py":
            text += HONEST + ("" if "def bpr_loss" in text else UNWRITTEN)
        for variable, value in names.items():
            text = text.replace(variable, value)
        files[name] = text.encode()
    return files


def everything_in(reply: Reply) -> str:
    """Return all that came back, as text, numbers that may be letters too."""
    parts = [repr(reply)]
    for array in reply.arrays.values():
        parts.append(array.tobytes().decode("latin-1"))
        if array.dtype.kind in "fiu" and array.size:
            letters = np.nan_to_num(np.abs(array.astype(np.float64))).clip(0, 255)
            parts.append(letters.astype(np.uint8).tobytes().decode("latin-1"))
    return "\n".join(parts)


def test_the_bank_is_large_and_says_what_each_attack_tries() -> None:
    assert len(ATTACKS) >= 150
    for attack in ATTACKS:
        source = BANK / f"{attack}.py"
        text = (source if source.exists() else BANK / attack / "loss.py").read_text()
        assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_comes_to_nothing(attack: str, server: ForkServer, target: Target) -> None:
    users = server.worker_users
    before = surroundings(target, users)
    replies = []
    with server.open(submission_of(attack, target.names())) as session:
        for _ in range(2):
            started = time.monotonic()
            replies.append(session.run(BPR, SCORES, TIGHT))
            seconds = time.monotonic() - started
            assert seconds < TIGHT.wall + 5
            if seconds > TIGHT.wall / 2:
                break
    after = surroundings(target, users)

    for reply in replies:
        came = everything_in(reply)
        assert reply.status in STATUSES
        assert "breach-" not in came
        assert not [secret for secret in target.secrets() if secret in came]
        assert not CONTROL.search(reply.sentence + reply.output)
        assert reply.error is None or not CONTROL.search(repr(reply.error))
    assert after == before
    assert not target.was_called()
    with server.open({"loss.py": HONEST.encode()}) as session:
        ones = {"r": np.zeros(2, np.float32), "s": np.ones(2, np.float32)}
        assert session.run(MSE, ones).arrays["out"] == 1.0
