"""All entries, in the order of the questions."""

from grader.misconceptions import (
    all_items,
    dense,
    features,
    interaction,
    joint_loss,
    pairwise_loss,
    ranks,
    rating,
    regression_loss,
    tables,
    users,
)
from grader.misconceptions.entry import Misconception

FILES = (
    tables,
    dense,
    features,
    rating,
    interaction,
    all_items,
    pairwise_loss,
    regression_loss,
    joint_loss,
    ranks,
    users,
)


def read_catalogue() -> dict[str, Misconception]:
    """Return every entry by id.

    Raises
    ------
    ValueError
        If an id comes twice, or ``indistinguishable_from`` names no entry of the same question.
    """
    catalogue: dict[str, Misconception] = {}
    for entry in (entry for file in FILES for entry in file.CATALOGUE.entries):
        if entry.id in catalogue:
            raise ValueError(f"two misconceptions have the id {entry.id}")
        catalogue[entry.id] = entry
    for entry in catalogue.values():
        twin = catalogue.get(entry.indistinguishable_from)
        if entry.indistinguishable_from and (twin is None or twin.asked_in != entry.asked_in):
            raise ValueError(
                f"{entry.id}: there is no {entry.indistinguishable_from} in {entry.asked_in}"
            )
    return catalogue
