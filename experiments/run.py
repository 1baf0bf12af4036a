"""What is run and what is measured: every name of a run or of a metric comes from here."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

DEFAULT_SEED = 123
DEFAULT_EPOCHS = 200

BLUE, ORANGE, GREEN = "#08519c", "#e6850e", "#009e73"
METHOD_NAMES = {
    "uncertainty": "uncertainty weighting",
    "pcgrad": "PCGrad",
    "cagrad": "CAGrad",
    "mgda": "MGDA",
    "upgrad": "UPGrad",
    "imtlg": "IMTL-G",
}
HEAVY = 0.9  # a lambda_F above it is drawn in orange, the others in blue


@dataclass(frozen=True)
class Metric:
    """A number that a run has after every epoch."""

    key: str  # in summary.json, curves.csv and TensorBoard
    symbol: str  # where the line is narrow
    short: str  # in tables and sentences
    title: str  # in figures
    latex: str  # in the handout's \result{RUN}{METRIC}
    question: str  # whose code computes it
    higher_is_better: bool = False
    log_axis: bool = True  # whether its axis may be logarithmic

    @property
    def slug(self) -> str:
        """Its name in a file's name: ``training_mse``."""
        return self.key.replace("/", "_").replace(" ", "_").lower()

    def __str__(self) -> str:
        return self.key


METRICS = (
    Metric(
        key="training/Factorization Loss",
        symbol="L_F",
        short="train L_F",
        title="Factorization loss, training",
        latex="LF",
        question="2a",
        log_axis=False,
    ),
    Metric(
        key="training/MSE",
        symbol="MSE",
        short="train MSE",
        title="MSE of ratings, training",
        latex="train-mse",
        question="2b",
    ),
    Metric(
        key="training/Joint Loss",
        symbol="joint",
        short="train joint loss",
        title="Joint loss, training",
        latex="joint",
        question="2c",
    ),
    Metric(
        key="eval/Mean Reciprocal Rank",
        symbol="MRR",
        short="test MRR",
        title="Mean reciprocal rank, test",
        latex="mrr",
        question="2d",
        higher_is_better=True,
        log_axis=False,
    ),
    Metric(
        key="eval/MSE",
        symbol="test MSE",
        short="test MSE",
        title="MSE of ratings, test",
        latex="test-mse",
        question="2b",
    ),
)
FACTORIZATION_LOSS, TRAIN_MSE, JOINT_LOSS, MRR, TEST_MSE = METRICS
METRIC_KEYS = tuple(metric.key for metric in METRICS)


@dataclass(frozen=True)
class Run:
    """One run of the experiment; two equal runs of the same code have equal results."""

    embedding_sharing: bool
    factorization_weight: float  # lambda_F
    regression_weight: float  # lambda_R
    epochs: int = DEFAULT_EPOCHS
    seed: int = DEFAULT_SEED  # fixes the split, the initial weights and the negatives
    split_seed: int | None = None  # None, here and below: seed
    weights_seed: int | None = None
    negatives_seed: int | None = None
    training_fraction: float = 0.95  # of the ratings; the others test
    embedding_dim: int = 32  # the MLP is (3 * embedding_dim, 64) wide
    # How the two tasks' gradients make one step: "fixed" weights, "uncertainty", or an aggregator
    # of gradients: "pcgrad", "cagrad", "mgda", "upgrad", "imtlg".
    balancing: str = "fixed"
    gradient_interval: int | None = None  # epochs between looks at the tasks' gradients
    learning_rate: float = 1e-3  # of Adam
    batch_size: int | None = None  # pairs a step; None is the whole training set
    device: str = "cpu"  # or "cuda", "mps"
    threads: int = 1  # of the processor; sums of floats depend on it in the last digits
    data: str = ""  # digest of the ratings

    @property
    def name(self) -> str:
        """What is compared: tables and weights. Runs of one protocol differ in it."""
        words = [
            f"shared={self.embedding_sharing}",
            f"LF={self.factorization_weight:g}",
            f"LR={self.regression_weight:g}",
        ]
        return "_".join([*words, *([] if self.balancing == "fixed" else [self.balancing])])

    @property
    def id(self) -> str:
        """The name and what departs from the assignment's protocol: one for each run of a study."""
        words = [self.name]
        if self.seed != DEFAULT_SEED:
            words.append(f"seed={self.seed}")
        for part in ("split", "weights", "negatives"):
            if self.seed_of(part) != self.seed:
                words.append(f"{part}={self.seed_of(part)}")
        for word, field in (
            ("fraction", "training_fraction"),
            ("width", "embedding_dim"),
            ("rate", "learning_rate"),
            ("batch", "batch_size"),
            ("epochs", "epochs"),
        ):
            if getattr(self, field) != DEFAULTS[field]:
                words.append(f"{word}={getattr(self, field)}")
        return "_".join(words)

    @property
    def folder(self) -> str:
        """The name of the folder that keeps the run: another one for each configuration.

        Looking at gradients is no part of it, as it changes no number.
        """
        content = json.dumps(asdict(replace(self, gradient_interval=None)), sort_keys=True)
        return f"{self.id}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    @property
    def tables(self) -> str:
        """``shared`` or ``separate``."""
        return "shared" if self.embedding_sharing else "separate"

    @property
    def label(self) -> str:
        """A name for tables and sentences: ``shared 0.99``, or ``shared PCGrad``."""
        if self.balancing != "fixed":
            return f"{self.tables} {METHOD_NAMES[self.balancing]}"
        return f"{self.tables} {self.factorization_weight:g}"

    @property
    def slug(self) -> str:
        """Its name in LaTeX and in a file's name: ``shared-0.99``."""
        return f"{self.tables}-{self.factorization_weight:g}"

    @property
    def latex(self) -> str:
        """A name for a figure's legend, with formulas between dollars."""
        return (
            rf"{self.tables}, $\lambda_F$={self.factorization_weight:g}, "
            rf"$\lambda_R$={self.regression_weight:g}"
        )

    @property
    def colour(self) -> str:
        """The weights' colour, or the methods', whichever other runs are drawn.

        Dark blue and orange keep apart for the colour-blind and in grey (luminance 0.15, 0.45).
        """
        if self.balancing != "fixed":
            return GREEN
        return ORANGE if self.factorization_weight > HEAVY else BLUE

    @property
    def line_style(self) -> str | tuple[int, tuple[int, int]]:
        """Dashes for separate tables.

        Where curves of two weights coincide, the dashes of one fall into the gaps of the other.
        """
        if self.embedding_sharing:
            return "-"
        return (4 if self.factorization_weight > HEAVY else 0, (4, 4))

    def seed_of(self, part: str) -> int:
        """Return the seed of ``"split"``, ``"weights"`` or ``"negatives"``."""
        own = getattr(self, f"{part}_seed")
        return self.seed if own is None else own

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, **asdict(self)}

    @classmethod
    def from_dict(cls, content: dict) -> "Run":
        """Return the run that ``to_dict`` described."""
        return cls(**{key: value for key, value in content.items() if key != "name"})

    @property
    def protocol(self) -> dict[str, Any]:
        """All but what tells the four runs apart: runs that agree on it can be compared."""
        own = (
            *("embedding_sharing", "factorization_weight", "regression_weight"),
            "gradient_interval",
        )
        return {key: value for key, value in asdict(self).items() if key not in own}


DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Run)}

COURSE_RUNS = (
    Run(True, 0.99, 0.01),
    Run(True, 0.5, 0.5),
    Run(False, 0.5, 0.5),
    Run(False, 0.99, 0.01),
)
RUN_NAMES = tuple(run.name for run in COURSE_RUNS)
SHARED_99, SHARED_50, SEPARATE_50, SEPARATE_99 = COURSE_RUNS
# The two runs that each written question compares.
COMPARISONS = {
    "3a": (SHARED_99, SEPARATE_99),
    "3b": (SHARED_50, SEPARATE_50),
    "3c": (SHARED_99, SHARED_50),
}
