"""What a submission of this assignment is made of, for the catalogue to vary."""

from functools import cache
from pathlib import Path

from grader.engine import composition
from grader.engine.composition import Output, each, wrong

__all__ = ["CENTRAL", "CORNER", "PARTIAL", "Output", "Pipeline", "each", "wrong"]

BASE = Path(__file__).parents[1] / "reference"
# What a mistake is to its question: what the question is about, a part of it, or a corner case.
CENTRAL, PARTIAL, CORNER = "central", "partial", "corner case"
IMPORTS = """import copy
import math

import torch
import torch.nn.functional as F
from torch import nn
"""
FILES = {"1": "model", "2": "loss", "2d": "mrr"}
PIPELINES: list["Pipeline"] = []


class Pipeline(composition.Pipeline):
    """A question as a pipeline of parts."""

    # Those, and what a question has that is no pipeline yet.
    files = tuple(sorted({file.stem for file in BASE.glob("[!_]*.py")} | {*FILES.values()}))
    usual_severity = PARTIAL

    def __init__(self, question: str, *outputs: Output) -> None:
        file = FILES.get(question) or FILES[question[0]]
        owner = "MultiTaskNet." if file == "model" else ""
        super().__init__(question, file, *outputs, owner=owner)
        PIPELINES.append(self)

    def base(self, file: str) -> list[str]:
        others = [p for p in PIPELINES if p.file == file and p is not self]
        return [skeleton(file), *(piece for p in others for piece in p.right_pieces)]


@cache
def skeleton(file: str) -> str:
    """Return the text that a submission's file has around the outputs of the pipelines."""
    path = BASE / f"{file}.py"
    return f"{IMPORTS}\n{path.read_text()}" if path.exists() else IMPORTS
