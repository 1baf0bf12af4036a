"""The runs of a study: the parts that ask for them, and the plan of those that are wanted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.run import (
    COURSE_RUNS,
    DEFAULT_EPOCHS,
    DEFAULT_SEED,
    SEPARATE_50,
    SHARED_50,
    Run,
)

if TYPE_CHECKING:
    from experiments.data.ratings import Ratings

DEFAULT_SEEDS = 10
QUICK_SEEDS = 3
GRADIENT_INTERVAL = 5  # epochs from one look at the two tasks' gradients to the next
BALANCE = (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999)
METHODS = ("uncertainty", "pcgrad", "cagrad", "mgda", "upgrad", "imtlg")
FRACTIONS = (0.05, 0.2, 0.5, 0.8, 0.95)
WIDTHS = (8, 32, 64)
BATCH_SIZE = 256
SEEDS = ("split_seed", "weights_seed", "negatives_seed")
OWN = ("embedding_sharing", "factorization_weight", "regression_weight", "balancing")
VARIED = (*SEEDS, "training_fraction", "embedding_dim", "batch_size")


@dataclass(frozen=True)
class Part:
    """Runs that a study does for one purpose: each of ``runs``, at each change and seed.

    Attributes
    ----------
    question : str
        For people, without its question mark.
    runs : tuple of Run
        Their fields of ``OWN`` count.
    num_seeds : int or None
        How many of the study's seeds it takes; None is all of them.
    changes : tuple of dict
        Fields of ``VARIED`` and their values.
    """

    question: str
    runs: tuple[Run, ...]
    num_seeds: int | None = 3
    changes: tuple[dict[str, Any], ...] = ({},)

    def grid(self, common: Run, seeds: Sequence[int]) -> Iterator[Run]:
        """Yield the runs; changed seeds are taken from the study's."""
        for seed, change, run in product(seeds[: self.num_seeds], self.changes, self.runs):
            if all(value in seeds for field, value in change.items() if field in SEEDS):
                own = {field: getattr(run, field) for field in OWN}
                yield with_gradients(replace(common, seed=seed, **own, **change))


def with_gradients(run: Run) -> Run:
    """Have the tasks' gradients looked at in the course's shared runs, from the second seed on.

    Runs of the first seed stay those of ``python -m experiments run``, which the study uses where
    they are complete. It depends on the run and not on the part, so that a run is the same run in
    every part.
    """
    fields = (*OWN, *VARIED)
    course = [[getattr(course_run, field) for field in fields] for course_run in COURSE_RUNS]
    is_course_run = [getattr(run, field) for field in fields] in course
    if run.embedding_sharing and is_course_run and run.seed != DEFAULT_SEED:
        return replace(run, gradient_interval=GRADIENT_INTERVAL)
    return run


def fixed_weights(weights: Sequence[float], sharing: Sequence[bool]) -> tuple[Run, ...]:
    return tuple(Run(s, weight, round(1 - weight, 6)) for weight, s in product(weights, sharing))


def each(field: str, values: Sequence[float]) -> tuple[dict[str, Any], ...]:
    return tuple({field: value} for value in values)


PAIR = (SHARED_50, SEPARATE_50)
OTHER_SEEDS = tuple({f: DEFAULT_SEED + k} for k, f in product(range(1, 5), SEEDS))
PARTS = {
    "claims": Part(
        "Which differences between the four runs are more than chance", COURSE_RUNS, num_seeds=None
    ),
    "seeds": Part(
        "How much do split, initial weights and negatives vary the results",
        COURSE_RUNS,
        1,
        OTHER_SEEDS,
    ),
    "balance": Part(
        "What does each balance of the two losses give", fixed_weights(BALANCE, (True, False))
    ),
    "methods": Part(
        "Do methods that set the balance themselves do better",
        tuple(Run(True, 1.0, 1.0, balancing=method) for method in METHODS),
    ),
    "fraction": Part(
        "When does sharing help: with how many ratings",
        *(PAIR, 3, each("training_fraction", FRACTIONS)),
    ),
    "width": Part(
        "When does sharing help: at which embedding size", PAIR, 3, each("embedding_dim", WIDTHS)
    ),
    "minibatch": Part(
        f"When does sharing help: in minibatches of {BATCH_SIZE}",
        *(COURSE_RUNS, 2, each("batch_size", (BATCH_SIZE,))),
    ),
}
QUICK_PARTS = {
    "claims": PARTS["claims"],
    "balance": Part(PARTS["balance"].question, fixed_weights((0.9,), (True,))),
}


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
    ratings: "Ratings"
    submission: Path

    @property
    def configurations(self) -> list[Run]:
        return [run for _, run in self.runs]


def plan_study(
    ratings: "Ratings",
    submission: Path,
    *,
    quick: bool = False,
    parts: Sequence[str] = (),
    seeds: int | None = None,
    epochs: int = DEFAULT_EPOCHS,
    device: str = "auto",
    threads: int | None = None,
) -> Plan:
    """Return the runs of the parts that are named, or of all; no run is there twice.

    Raises
    ------
    StudentError
        If there is no submission.
    ValueError
        If the device is not there, a part is not among those that there are, or the parts have
        no runs with so few seeds.
    """
    # Not needed for --help, which lists the parts.
    from experiments.engine.resources import default_threads, resolve_device
    from experiments.training.student_code import find_submission

    submission = find_submission(submission)
    known = QUICK_PARTS if quick else PARTS
    if strange := [name for name in parts if name not in known]:
        kind = "the quick study" if quick else "a study"
        raise ValueError(
            f"{', '.join(strange)}: {kind} has no such part; it has {', '.join(known)}"
        )
    common = replace(
        SHARED_50,
        epochs=epochs,
        device=resolve_device(device),
        threads=threads or default_threads(),
        data=ratings.digest,
    )
    num_seeds = seeds or (QUICK_SEEDS if quick else DEFAULT_SEEDS)
    chosen = [name for name in known if not parts or name in parts]
    runs: dict[Run, str] = {}
    for name in chosen:
        for run in known[name].grid(common, range(DEFAULT_SEED, DEFAULT_SEED + num_seeds)):
            runs.setdefault(run, name)
    if not runs:
        raise ValueError(
            f"--part {', '.join(chosen)} compares seeds, and has nothing to do with {num_seeds} of "
            "them: give --seeds 5"
        )
    return Plan(tuple((name, run) for run, name in runs.items()), ratings, submission)
