"""The attacks of the folder ``bank``, as submissions, and requests that run them."""

from pathlib import Path

import numpy as np

from grader.engine.calls import request
from grader.engine.replies import Reply
from grader.engine.sandbox import Limits

BANK = Path(__file__).parent / "bank"
ATTACKS = sorted(
    path.stem for path in BANK.iterdir() if path.suffix == ".py" or (path / "loss.py").exists()
)
TIGHT = Limits(
    wall=0.25, cpu=1, memory=512 << 20, processes=16, file=4 << 20, output=1 << 16, reply=8 << 20
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
ZEROS, ONES = np.zeros(3, np.float32), np.ones(3, np.float32)
#: Requests and their arrays.
BPR = request("loss", {"name": "bpr_loss", "arguments": [ZEROS, ZEROS]})
MSE = request("loss", {"name": "regression_loss", "arguments": [ZEROS, ONES]})


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
