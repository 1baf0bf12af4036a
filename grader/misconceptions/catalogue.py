"""All entries, in the order of the questions."""

from grader.engine.composition import Composition, Misconception
from grader.misconceptions import (  # noqa: F401, each adds its pipeline to PIPELINES
    all_items,
    dense,
    forward,
    joint_loss,
    pairwise_loss,
    ranks,
    regression_loss,
    tables,
)
from grader.misconceptions.entry import PIPELINES


def right() -> Composition:
    """Return a right submission."""
    return Composition(PIPELINES[0])


def read_catalogue() -> dict[str, Misconception]:
    """Return every entry by id, without mere claims.

    Raises
    ------
    ValueError
        If an id comes twice, or ``general`` names no entry of the same question.
    """
    catalogue: dict[str, Misconception] = {}
    for pipeline in sorted(PIPELINES, key=lambda pipeline: pipeline.question):
        for entry in pipeline.mistakes.values():
            if entry.id in catalogue:
                raise ValueError(f"two misconceptions have the id {entry.id}")
            if entry.general and entry.general not in pipeline.mistakes:
                raise ValueError(f"{entry.id}: there is no {entry.general} in {entry.asked_in}")
            if entry.choices:
                catalogue[entry.id] = entry
    return catalogue
