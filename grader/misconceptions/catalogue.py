"""All entries, in the order of the questions."""

from typing import Any

from grader.engine.composition import Composition
from grader.misconceptions import (
    all_items,
    dense,
    forward,
    joint_loss,
    pairwise_loss,
    ranks,
    regression_loss,
    tables,
    users,
)
from grader.misconceptions.entry import PIPELINES, Misconception

FILES = (
    tables,
    dense,
    forward,
    all_items,
    pairwise_loss,
    regression_loss,
    joint_loss,
    ranks,
    users,
)


def right() -> Composition:
    """Return a right submission."""
    return Composition(PIPELINES[0])


def read_catalogue() -> dict[str, Any]:
    """Return every entry by id.

    Raises
    ------
    ValueError
        If an id comes twice, or ``indistinguishable_from`` names no entry of the same question.
    """
    catalogue: dict[str, Any] = {}
    entries: list[Any] = [
        e for pipeline in PIPELINES for e in pipeline.mistakes.values() if e.choices
    ]
    entries += [e for file in FILES if hasattr(file, "CATALOGUE") for e in file.CATALOGUE.entries]
    for entry in entries:
        if entry.id in catalogue:
            raise ValueError(f"two misconceptions have the id {entry.id}")
        catalogue[entry.id] = entry
    for entry in catalogue.values():
        if not isinstance(entry, Misconception):
            continue
        twin = catalogue.get(entry.indistinguishable_from)
        if entry.indistinguishable_from and (twin is None or twin.asked_in != entry.asked_in):
            raise ValueError(
                f"{entry.id}: there is no {entry.indistinguishable_from} in {entry.asked_in}"
            )
    return catalogue
