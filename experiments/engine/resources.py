"""What this machine has: cores, devices, memory; and whether runs fit into it."""

import shutil
from collections.abc import Sequence
from dataclasses import replace

import psutil

from experiments.data.ratings import Ratings
from experiments.run import COURSE_RUNS, Run

# Bytes, measured with the reference solution at 32 columns of embeddings and rounded up.
PROCESS = 300e6  # Python, torch and the run's own code
PER_RATING = 110  # ratings in the order of the blocks, the epoch's draws, the users' movies
PER_PAIR_IN_BLOCKS = 1500  # activations that wait for the backward pass of a full batch
PER_PAIR_AT_ONCE = 2800  # the same of a minibatch, which goes through the network in one piece
COPIES_OF_TABLES = 5  # weights, gradients, Adam's two means, and one on its way to disk

SMALL = 2e9  # runs below it start in any case: the system finds room for them
SHARE_OF_FREE = 0.9
SUGGESTED_BATCH = 65_536


def processor_cores() -> int:
    """Return the physical cores that this process may use; a container's limit counts."""
    from dask.system import CPU_COUNT  # of affinity and cgroups

    return max(1, min(psutil.cpu_count(logical=False) or 1, CPU_COUNT))


def free_memory() -> float:
    """Return the bytes that runs may use: what is available, and a container's limit counts."""
    from distributed.system import MEMORY_LIMIT  # of cgroups and ulimit

    return min(psutil.virtual_memory().available, MEMORY_LIMIT)


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
