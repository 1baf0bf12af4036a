"""The questions to a study, one file each: what is asked, the analysis, the figure, the words."""

from collections.abc import Callable

from experiments.study.measurements import Measurements
from experiments.study.questions import (
    balance,
    claims,
    conflict,
    methods,
    overfitting,
    seeds,
    sharing,
)
from experiments.study.section import Question, Section

# In their order on the page.
ANSWERS: tuple[tuple[Question, Callable[[Measurements], Section | None]], ...] = tuple(
    (module.QUESTION, module.answer)
    for module in (claims, seeds, balance, methods, conflict, sharing, overfitting)
)


def answer_all(measurements: Measurements) -> tuple[list[Section], list[Question]]:
    """Return the sections that the study's runs can fill, and the questions left."""
    sections, left = [], []
    for question, answer in ANSWERS:
        section = answer(measurements)
        if section:
            sections.append(section)
        else:
            left.append(question)
    return sections, left
