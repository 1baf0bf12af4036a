"""What this machine has, and what runs need of it: cores, devices, memory, time."""

import shutil
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from experiments.data.ratings import Ratings
from experiments.engine.complete import Executor, RunsFailed
from experiments.engine.events import Event, Failed, Finished
from experiments.engine.store import RunRecord
from experiments.run import COURSE_RUNS, Run
from problem_set.container import free_memory, processor_cores

# Bytes, measured with the reference solution at 32 columns of embeddings and rounded up.
PROCESS = 300e6  # Python, torch and the run's own code
PER_RATING = 110  # ratings in the order of the blocks, the epoch's draws, the users' movies
PER_PAIR_IN_BLOCKS = 1500  # activations that wait for the backward pass of a full batch
PER_PAIR_AT_ONCE = 2800  # the same of a minibatch, which goes through the network in one piece
COPIES_OF_TABLES = 5  # weights, gradients, Adam's two means, and one on its way to disk

SMALL = 2e9  # runs below it start in any case: the system finds room for them
SHARE_OF_FREE = 0.9
SUGGESTED_BATCH = 65_536

PROBE_EPOCHS = 3


def default_jobs(runs: Sequence[Run]) -> int:
    """Return how many of the runs fit on the machine's cores at once."""
    threads = max((run.threads for run in runs), default=1)
    return max(1, min(len(runs), processor_cores() // threads))


def resolve_device(device: str) -> str:
    """Return the device that ``--device`` means.

    ``auto`` is an NVIDIA card where torch can use one, and the processor elsewhere; Apple's
    GPU is used when it is asked for.

    Raises
    ------
    ValueError
        If the device is not there.
    """
    if device == "cpu" or (device == "auto" and not shutil.which("nvidia-smi")):
        return "cpu"
    import torch

    if device == "mps":
        if not torch.backends.mps.is_available():
            raise ValueError("--device mps: torch finds no Apple GPU here; use --device cpu")
        return "mps"
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise ValueError("--device cuda: torch finds no NVIDIA card here; use --device cpu")
    return "cpu"


def default_threads() -> int:
    """Return the threads of a run: a fourth of the cores, for four runs at once.

    It depends on the machine alone and not on how many runs are under way, so that a run gives
    the same bits alone and among others.
    """
    return max(1, processor_cores() // len(COURSE_RUNS))


def run_memory(run: Run, ratings: Ratings) -> float:
    """Return about how many bytes the process of a run will hold at most."""
    pairs = run.training_fraction * len(ratings)
    pairs_a_step = min(run.batch_size or pairs, pairs)
    per_pair = PER_PAIR_AT_ONCE if run.batch_size else PER_PAIR_IN_BLOCKS
    columns = run.embedding_dim * (1 if run.embedding_sharing else 2) + 1
    tables = 4 * (ratings.num_users + ratings.num_items) * columns
    return (
        PROCESS
        + PER_RATING * pairs
        + COPIES_OF_TABLES * tables
        + per_pair * run.embedding_dim / 32 * pairs_a_step
    )


def jobs_that_fit(
    runs: Sequence[Run],
    ratings: Ratings,
    free: float | None = None,
    *,
    batch_is_given: bool = False,
) -> int:
    """Return how many of the runs the free memory holds at once.

    Parameters
    ----------
    runs : sequence of Run
    ratings : Ratings
    free : float, optional
        Bytes; default ``free_memory``.
    batch_is_given : bool
        Whether the batch is not for the user to choose, so that another one is no advice.

    Raises
    ------
    ValueError
        If it does not hold one; the message says what to do.
    """
    free = SHARE_OF_FREE * (free_memory() if free is None else free)
    needs = [run_memory(run, ratings) for run in runs]
    largest = runs[needs.index(max(needs))]
    if max(needs) <= max(free, SMALL):
        return max(1, min(len(runs), int(max(free, SMALL) // max(needs))))
    pairs = int(largest.training_fraction * len(ratings))
    batch = f"batches of {largest.batch_size:,}" if largest.batch_size else "the full batch"
    text = (
        f"A run of {pairs:,} training pairs with {batch} needs about "
        f"{max(needs) / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free"
    )
    with_smaller = run_memory(replace(largest, batch_size=SUGGESTED_BATCH), ratings)
    is_smaller = (largest.batch_size or pairs) > SUGGESTED_BATCH
    if with_smaller <= free and is_smaller and not batch_is_given:
        steps = f"{-(-pairs // largest.batch_size):,}" if largest.batch_size else "one"
        raise ValueError(
            f"{text}. With --batch-size {SUGGESTED_BATCH} it needs about "
            f"{with_smaller / 1e9:.1f} GB; an epoch is then {-(-pairs // SUGGESTED_BATCH):,} "
            f"steps instead of {steps}"
        )
    raise ValueError(f"{text}. Use fewer ratings, or a machine with more memory")


def choose_jobs(
    runs: Sequence[Run],
    ratings: Ratings,
    jobs: int | None,
    say: Callable[[str], None],
    *,
    batch_is_given: bool = False,
) -> int:
    """Return how many runs go at once: ``jobs``, or as many as cores and free memory allow.

    Parameters and errors are those of ``jobs_that_fit``.
    """
    fitting, cores = jobs_that_fit(runs, ratings, batch_is_given=batch_is_given), default_jobs(runs)
    if jobs is None and fitting < cores:
        say(f"Running {fitting} at a time (limited by free memory).")
    return jobs or min(fitting, cores)


def cost_class(run: Run) -> Run:
    """Return what runs have in common whose epochs take about the same time."""
    return replace(
        run,
        factorization_weight=0.5,
        regression_weight=0.5,
        epochs=1,
        seed=0,
        split_seed=None,
        weights_seed=None,
        negatives_seed=None,
        gradient_interval=None,
    )


@dataclass(frozen=True)
class Costs:
    """Seconds an epoch, by ``cost_class``."""

    seconds_per_epoch: dict[Run, float]

    def seconds(self, run: Run) -> float:
        """Return about how long one process takes for a run; 0 if nothing is known."""
        return run.epochs * self.seconds_per_epoch.get(cost_class(run), 0.0)

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return a run of each class that nothing is known about."""
        first: dict[Run, Run] = {}
        for run in runs:
            first.setdefault(cost_class(run), run)
        return [run for kind, run in first.items() if kind not in self.seconds_per_epoch]


def recorded_costs(records: Sequence[RunRecord]) -> Costs:
    """Return what complete runs took, the median of each class."""
    seconds: dict[Run, list[float]] = {}
    for record in records:
        kind = cost_class(record.run)
        seconds.setdefault(kind, []).append(record.seconds / record.run.epochs)
    return Costs({kind: statistics.median(values) for kind, values in seconds.items()})


def measure_costs(
    known: Costs,
    runs: Sequence[Run],
    executor: Executor,
    after_each: Callable[[], None] = lambda: None,
) -> Costs:
    """Return costs that cover all of the runs, by trying out some epochs; nothing is kept.

    Raises
    ------
    RunsFailed
        If none of the runs that are tried can begin: the code is broken.
    """
    probes = [replace(run, epochs=min(run.epochs, PROBE_EPOCHS)) for run in known.missing(runs)]
    ended: list[Event] = []
    try:
        for event in executor.events(probes, None):
            if isinstance(event, Finished | Failed):
                ended.append(event)
                after_each()
    except BaseException:
        for _ in executor.stop():
            pass
        raise
    failures = {event.run: event.message for event in ended if isinstance(event, Failed)}
    if failures and len(failures) == len(probes):
        raise RunsFailed(failures, probes)
    measured = recorded_costs([event.record for event in ended if isinstance(event, Finished)])
    return Costs({**known.seconds_per_epoch, **measured.seconds_per_epoch})
