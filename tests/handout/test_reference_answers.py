"""The reference answers say what the curves show, and type no number by hand."""

import re
from pathlib import Path

import pytest
from claims import Results, claims, holds

from tests.handout.conftest import PROJECT, QUESTIONS, RESULTS

COMPARING = r"\b(lower|higher|larger|smaller|faster|alike|more than|less than|same value)\b"
MEASURED = [RESULTS, PROJECT / "results"]


def answer(question: str) -> str:
    """The solution in an answer's file; none in a release."""
    text = (PROJECT / "handout" / "answers" / f"{question}.tex").read_text(encoding="utf-8")
    solution = re.search(r"%%% BEGIN SOLUTION\n(.*)%%% END SOLUTION", text, re.S)
    if not solution:
        pytest.skip("a release has no reference answers")
    return solution.group(1)


def complete(folder: Path) -> bool:
    """Whether the folder holds the course's four runs, at full length."""
    path = folder / "summary.json"
    return path.exists() and path.read_text().count('"epochs": 200') == 4


@pytest.mark.parametrize("folder", MEASURED, ids=["course", "here"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_claim_is_what_the_results_show(question: str, folder: Path) -> None:
    if not complete(folder):
        pytest.skip(f"no complete results in {folder.name}/; make experiments writes them")
    found = list(claims(answer(question)))
    assert len(found) >= 4
    assert answer(question).count(r"\claim{") == len(found)
    results = Results.read(folder)
    wrong = [(claim, words) for claim, words in found if not holds(claim, results)]
    assert wrong == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_compared_outside_a_claim(question: str) -> None:
    text = answer(question)
    for claim, words in claims(text):
        text = text.replace(rf"\claim{{{claim}}}{{{words}}}", "")
    assert re.findall(COMPARING, " ".join(text.split())) == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_measured_numbers_are_macros(question: str) -> None:
    text = answer(question)
    for claim, _ in claims(text):
        text = text.replace(rf"\claim{{{claim}}}", "")
    text = re.sub(r"\\result(reach)?(\[\w+\])?(\{[\w.-]+\})+|question [1-3][a-d]", "", text)
    assert set(re.findall(r"\d[\d.]*\d|\d", text)) <= {"0.99", "0.01", "0.5"}


def test_a_claim_that_the_data_contradict_is_noticed() -> None:
    results = Results.read(RESULTS)
    assert not holds("shared-0.99 LF < separate-0.99 LF", results)
    assert not holds("separate-0.99 mrr ~ shared-0.99 mrr", results)
    assert not holds("reach shared-0.99 separate-0.99 mrr < 200", results)
    assert not holds("shared-0.5 start train-mse > 30 * shared-0.5 start LF", results)
