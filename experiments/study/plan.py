"""What a study is asked for, as the runs that it needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from experiments.data.ratings import Ratings
from experiments.engine.resources import default_threads, resolve_device
from experiments.run import DEFAULT_EPOCHS, Run
from experiments.study.grid import (
    DEFAULT_SEEDS,
    PARTS,
    QUICK_PARTS,
    QUICK_SEEDS,
    STANDARD,
    Part,
    study_runs,
)
from experiments.training.student_code import find_submission


@dataclass(frozen=True)
class Plan:
    """The runs that a study needs, and what they are runs of.

    Attributes
    ----------
    runs : tuple of (str, Run)
        Each with the part that asks for it first, in the order in which they are wanted.
    ratings : Ratings
    submission : Path
        As ``find_submission`` returns it.
    """

    runs: tuple[tuple[str, Run], ...]
    ratings: Ratings
    submission: Path

    @property
    def configurations(self) -> list[Run]:
        return [run for _, run in self.runs]


def plan_study(
    ratings: Ratings,
    submission: Path,
    *,
    quick: bool = False,
    parts: Sequence[str] = (),
    seeds: int | None = None,
    epochs: int = DEFAULT_EPOCHS,
    device: str = "auto",
    threads: int | None = None,
) -> Plan:
    """Return the runs of the parts that are named, or of all.

    Raises
    ------
    StudentError
        If there is no submission.
    ValueError
        If the device is not there, a part is not among those that there are, or the parts have
        no runs with so few seeds.
    """
    submission = find_submission(submission)
    common = replace(
        STANDARD,
        epochs=epochs,
        device=resolve_device(device),
        threads=threads or default_threads(),
        data=ratings.digest,
    )
    known: dict[str, Part] = QUICK_PARTS if quick else PARTS
    strange = [name for name in parts if name not in known]
    if strange:
        kind = "the quick study" if quick else "a study"
        raise ValueError(
            f"{', '.join(strange)}: {kind} has no such part; it has {', '.join(known)}"
        )
    chosen = {name: part for name, part in known.items() if not parts or name in parts}
    num_seeds = seeds or (QUICK_SEEDS if quick else DEFAULT_SEEDS)
    runs = tuple(study_runs(common, chosen, num_seeds))
    if not runs:
        raise ValueError(
            f"--part {', '.join(chosen)} compares seeds, and has nothing to do with {num_seeds} of "
            "them: give --seeds 5"
        )
    return Plan(runs, ratings, submission)
