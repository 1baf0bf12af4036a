"""What a run is: the course's four, and all that their results depend on."""

import os
from dataclasses import asdict, dataclass

DEFAULT_SEED = 123
DEFAULT_EPOCHS = 200
METRICS = (
    "training/Factorization Loss",
    "training/MSE",
    "training/Joint Loss",
    "eval/Mean Reciprocal Rank",
    "eval/MSE",
)
QUESTIONS = dict(zip(METRICS, ("2a", "2b", "2c", "2d", "2b")))  # whose code computes them
HIGHER_IS_BETTER = ("eval/Mean Reciprocal Rank",)


@dataclass(frozen=True)
class Configuration:
    """One run of the experiment; two runs of equal configurations have equal results.

    Attributes
    ----------
    name : str
        The run's name in results and figures.
    embedding_sharing : bool
    factorization_weight, regression_weight : float
        ``lambda_F`` and ``lambda_R``.
    epochs, seed : int
        The seed fixes the split, the initial weights and the negatives.
    split_seed, weights_seed, negatives_seed : int or None
        A seed for one of the three alone; None is ``seed``.
    training_fraction : float
        Share of the ratings that train; the others test.
    embedding_dim : int
        Columns of the embedding tables. The MLP is ``(3 * embedding_dim, 64)`` wide.
    balancing : str
        How the two tasks' gradients make one step: ``"fixed"`` weights, ``"uncertainty"``, or an
        aggregator of gradients: ``"pcgrad"``, ``"cagrad"``, ``"mgda"``, ``"upgrad"``, ``"imtlg"``.
    gradient_interval : int or None
        Epochs from one look at the tasks' gradients to the next; None is never to look.
    learning_rate : float
        Of Adam.
    batch_size : int or None
        Pairs a step; None is the whole training set.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"mps"``.
    threads : int
        Processor threads of each process. Sums of floats depend on it in the last digits.
    processes : int
        Processes that share the run out between them; the last digits depend on it too.
    data, submission : str
        Fingerprints of the ratings and of the student's code.
    """

    name: str
    embedding_sharing: bool
    factorization_weight: float
    regression_weight: float
    epochs: int = DEFAULT_EPOCHS
    seed: int = DEFAULT_SEED
    split_seed: int | None = None
    weights_seed: int | None = None
    negatives_seed: int | None = None
    training_fraction: float = 0.95
    embedding_dim: int = 32
    balancing: str = "fixed"
    gradient_interval: int | None = None
    learning_rate: float = 1e-3
    batch_size: int | None = None
    device: str = "cpu"
    threads: int = 1
    processes: int = 1
    data: str = ""
    submission: str = ""

    def to_dict(self) -> dict:
        return asdict(self)

    def seed_of(self, part: str) -> int:
        """Return the seed of ``"split"``, ``"weights"`` or ``"negatives"``."""
        own = getattr(self, f"{part}_seed")
        return self.seed if own is None else own

    @property
    def protocol(self) -> dict:
        """All but what tells the four runs apart: runs that agree on it can be compared."""
        own = ("name", "embedding_sharing", "factorization_weight", "regression_weight")
        return {key: value for key, value in self.to_dict().items() if key not in own}


def _course_run(sharing: bool, factorization: float, regression: float) -> Configuration:
    name = f"shared={sharing}_LF={factorization}_LR={regression}"
    return Configuration(name, sharing, factorization, regression)


COURSE_RUNS = (
    _course_run(True, 0.99, 0.01),
    _course_run(True, 0.5, 0.5),
    _course_run(False, 0.5, 0.5),
    _course_run(False, 0.99, 0.01),
)
RUN_NAMES = tuple(run.name for run in COURSE_RUNS)


def processor_cores() -> int:
    """Return the physical cores that this process may use."""
    import psutil  # the command line's --help does without

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(psutil.cpu_count(logical=False) or 1, usable or 1))


def default_threads() -> int:
    """Return the threads of a run: a fourth of the cores, for four runs at once.

    It depends on the machine alone and not on how many runs are under way, so that a run gives
    the same bits alone and among others.
    """
    return max(1, processor_cores() // len(COURSE_RUNS))
