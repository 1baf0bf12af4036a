"""The runs of a study, in the parts that ask for them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from experiments.run import COURSE_RUNS, DEFAULT_SEED, Run

DEFAULT_SEEDS = 10
QUICK_SEEDS = 3
GRADIENT_INTERVAL = 5  # epochs from one look at the two tasks' gradients to the next
BALANCE = (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999)
QUICK_BALANCE = (0.9,)
METHODS = ("uncertainty", "pcgrad", "cagrad", "mgda", "upgrad", "imtlg")
FRACTIONS = (0.05, 0.2, 0.5, 0.8, 0.95)
WIDTHS = (8, 32, 64)
BATCH_SIZE = 256

STANDARD = COURSE_RUNS[1]
VARIED = (
    *("split_seed", "weights_seed", "negatives_seed"),
    *("training_fraction", "embedding_dim", "batch_size", "balancing"),
)
Runs = Iterable[Run]


@dataclass(frozen=True)
class Part:
    """Runs that a study does for one purpose.

    Attributes
    ----------
    question : str
        For people, without its question mark.
    runs : callable
        Takes what all runs of the study have in common, and the study's seeds.
    """

    question: str
    runs: Callable[[Run, Sequence[int]], Runs]


def _weighted(common: Run, sharing: bool, factorization: float) -> Run:
    return replace(
        common,
        embedding_sharing=sharing,
        factorization_weight=factorization,
        regression_weight=round(1 - factorization, 6),
    )


def _course_runs(common: Run) -> Runs:
    return [_weighted(common, r.embedding_sharing, r.factorization_weight) for r in COURSE_RUNS]


def _shared_and_separate(common: Run) -> Runs:
    return [_weighted(common, sharing, 0.5) for sharing in (True, False)]


def _claims(common: Run, seeds: Sequence[int]) -> Runs:
    for seed in seeds:
        yield from _course_runs(replace(common, seed=seed))


def _seeds(common: Run, seeds: Sequence[int]) -> Runs:
    """One seed of the three moves, from the second to the fifth; the others stay the first."""
    for seed in seeds[1:5]:
        for part in ("split_seed", "weights_seed", "negatives_seed"):
            yield from _course_runs(replace(common, seed=seeds[0], **{part: seed}))


def _balance(common: Run, seeds: Sequence[int]) -> Runs:
    for seed in seeds[:3]:
        for factorization in BALANCE:
            for sharing in (True, False):
                yield _weighted(replace(common, seed=seed), sharing, factorization)


def _quick_balance(common: Run, seeds: Sequence[int]) -> Runs:
    for seed in seeds[:3]:
        for factorization in QUICK_BALANCE:
            yield _weighted(replace(common, seed=seed), True, factorization)


def _methods(common: Run, seeds: Sequence[int]) -> Runs:
    equal = replace(common, embedding_sharing=True, factorization_weight=1.0, regression_weight=1.0)
    for seed in seeds[:3]:
        for balancing in METHODS:
            yield replace(equal, balancing=balancing, seed=seed)


def _fraction(common: Run, seeds: Sequence[int]) -> Runs:
    for seed in seeds[:3]:
        for fraction in FRACTIONS:
            yield from _shared_and_separate(replace(common, seed=seed, training_fraction=fraction))


def _width(common: Run, seeds: Sequence[int]) -> Runs:
    for seed in seeds[:3]:
        for width in WIDTHS:
            yield from _shared_and_separate(replace(common, seed=seed, embedding_dim=width))


def _minibatch(common: Run, seeds: Sequence[int]) -> Runs:
    for seed in seeds[:2]:
        yield from _course_runs(replace(common, seed=seed, batch_size=BATCH_SIZE))


PARTS = {
    "claims": Part("Which differences between the four runs are more than chance", _claims),
    "seeds": Part("How much do split, initial weights and negatives vary the results", _seeds),
    "balance": Part("What does each balance of the two losses give", _balance),
    "methods": Part("Do methods that set the balance themselves do better", _methods),
    "fraction": Part("When does sharing help: with how many ratings", _fraction),
    "width": Part("When does sharing help: at which embedding size", _width),
    "minibatch": Part(f"When does sharing help: in minibatches of {BATCH_SIZE}", _minibatch),
}
QUICK_PARTS = {
    "claims": PARTS["claims"],
    "balance": Part(PARTS["balance"].question, _quick_balance),
}


def study_runs(common: Run, parts: dict[str, Part], num_seeds: int) -> list[tuple[str, Run]]:
    """Return each run with the part that asks for it first; no run is there twice.

    Parameters
    ----------
    common : Run
        Epochs, data, code, device and threads of all runs; the rest of it is a run's own.
    parts : dict of str to Part
        A choice of ``PARTS``, or ``QUICK_PARTS``.
    num_seeds : int
        The seeds are the course's and those after it. Claims take all of them, the other parts a
        few.
    """
    seeds = range(DEFAULT_SEED, DEFAULT_SEED + num_seeds)
    chosen: dict[str, tuple[str, Run]] = {}
    for title, part in parts.items():
        for run in part.runs(common, seeds):
            run = _with_gradients(run)
            chosen.setdefault(run.id, (title, run))
    return list(chosen.values())


def _with_gradients(run: Run) -> Run:
    """Have the tasks' gradients looked at in the course's shared runs, from the second seed on.

    Runs of the first seed stay the runs of ``python -m experiments run``, which the study uses
    where they are complete. It depends on the run and not on the part, so that a run is the same
    run in every part.
    """
    own = ("embedding_sharing", "factorization_weight", "regression_weight")
    is_course_run = any(run == replace(run, **{k: getattr(c, k) for k in own}) for c in COURSE_RUNS)
    is_varied = any(getattr(run, field) != getattr(STANDARD, field) for field in VARIED)
    if run.embedding_sharing and is_course_run and not is_varied and run.seed != DEFAULT_SEED:
        return replace(run, gradient_interval=GRADIENT_INTERVAL)
    return run
