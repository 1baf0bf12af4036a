"""The sections of a study in their order on the page."""

from collections.abc import Callable

from experiments.study.measurements import Measurements
from experiments.study.sections import (
    balance,
    claims,
    conflict,
    methods,
    overfitting,
    sharing,
    sources,
)
from experiments.study.sections.section import Question, Section

SECTIONS: tuple[tuple[Question, Callable[[Measurements], Section | None]], ...] = tuple(
    (module.QUESTION, module.answer)
    for module in (claims, sources, balance, methods, conflict, sharing, overfitting)
)


def answer_all(measurements: Measurements) -> tuple[list[Section], list[Question]]:
    """Return the sections that the study's runs can fill, and the questions left."""
    sections, left = [], []
    for question, answer in SECTIONS:
        section = answer(measurements)
        if section:
            sections.append(section)
        else:
            left.append(question)
    return sections, left
