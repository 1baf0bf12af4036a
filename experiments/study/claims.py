"""What may be said of the four runs: every claim and the other direction of it, as data.

Each claim says in which band a quantity lies, so that an interval can tell whether it does. The
other direction of a claim is the claim that it lies outside of the band: of "lower", that it is
higher; of "about equal", that it differs by more than the margin.

A student's package has the claims that questions 3a to 3c ask about, all in the direction in which
they ask, which tells nothing of what comes out.
"""

import math
from dataclasses import dataclass

from experiments.configuration import HIGHER_IS_BETTER, METRICS
from experiments.run import COURSE_RUNS, Run
from experiments.study.quantities import OWN_WAY, SAME_LEVEL, START, SYMBOLS, Quantity

FACTORIZATION_LOSS, TRAIN_MSE, JOINT_LOSS, MRR, TEST_MSE = METRICS
SHARED_99, SHARED_50, SEPARATE_50, SEPARATE_99 = COURSE_RUNS

# "About equal", for losses near 1: five in a hundred is what two lines differ by when they still
# look like one on axes that start at 12, and more than a test MSE moves from split to split.
MARGIN = 0.05


@dataclass(frozen=True)
class Claim:
    """A quantity of one run, or its difference between two, and the band where it should lie.

    Attributes
    ----------
    question : str
        ``"start"``, ``"3a"``, ``"3b"`` or ``"3c"``.
    said_by : str
        Whose claim it is.
    quantity : Quantity
    run : Run
    versus : Run or None
        With it, the quantity is the run's minus this one's, paired by seed.
    low, high : float
        The open band.
    text, other : str
        The claim and its other direction.
    opposite : str
        A word for the other direction.
    """

    question: str
    said_by: str
    quantity: Quantity
    run: Run
    versus: Run | None
    low: float
    high: float
    text: str
    other: str
    opposite: str

    @property
    def subject(self) -> tuple[str, Quantity, str, str]:
        """What the claim is about; claims of one subject can contradict each other."""
        runs = sorted(run.name for run in (self.run, self.versus) if run)
        return (self.question, self.quantity, runs[0], runs[-1])


def run_label(run: Run) -> str:
    """Return ``shared 0.99``: the tables and lambda_F."""
    return f"{tables(run)} {run.factorization_weight:g}"


def tables(run: Run) -> str:
    return "shared" if run.embedding_sharing else "separate"


def _names(run: Run, versus: Run) -> tuple[str, str]:
    """Return what tells two runs of a question apart: their tables, or their weights."""
    if run.embedding_sharing == versus.embedding_sharing:
        return run_label(run), run_label(versus)
    return tables(run), tables(versus)


def better(question: str, said_by: str, run: Run, versus: Run, quantity: Quantity) -> Claim:
    """Return the claim that ``run`` has less loss or fewer epochs than ``versus``, or more MRR."""
    more = quantity.metric in HIGHER_IS_BETTER and not quantity.is_epochs
    words = ("fewer", "more") if quantity.is_epochs else ("lower", "higher")
    claimed, opposite = reversed(words) if more else words
    one, other = _names(run, versus)
    low, high = (0.0, math.inf) if more else (-math.inf, 0.0)
    sentence = "{one} has {word} {what} than {other}"
    if quantity.is_epochs:
        sentence = "{one} takes {word} epochs than {other} {goal} ({what})"
    text, opposed = (
        sentence.format(
            one=one,
            other=other,
            word=word,
            goal=quantity.moment.removeprefix("epochs "),
            what=SYMBOLS[quantity.metric],
        )
        for word in (claimed, opposite)
    )
    return Claim(question, said_by, quantity, run, versus, low, high, text, opposed, opposite)


def alike(question: str, said_by: str, run: Run, versus: Run, quantity: Quantity) -> Claim:
    """Return the claim that two runs' quantities differ by less than ``MARGIN``."""
    one, other = _names(run, versus)
    return Claim(
        *(question, said_by, quantity, run, versus, -MARGIN, MARGIN),
        text=f"{one} and {other} have about equal {quantity} (within {MARGIN:g})",
        other=f"{one} and {other} differ in {quantity} by more than {MARGIN:g}",
        opposite="differ",
    )


def within(
    question: str, said_by: str, run: Run, quantity: Quantity, low: float, high: float
) -> Claim:
    """Return the claim that a run's quantity lies between two values."""
    verb = "starts" if quantity.moment == START else "ends"
    what = f"{run_label(run)} {verb} with {Quantity(quantity.metric)}"
    return Claim(
        *(question, said_by, quantity, run, None, low, high),
        text=f"{what} in {low:.3g} to {high:.3g}",
        other=f"{what} outside of {low:.3g} to {high:.3g}",
        opposite="outside",
    )


# "Does sharing beat separate models?" and "what differs?": one direction for all metrics. Joint
# losses of different weights are on different scales.
ASKED = {
    "3a": (SHARED_99, SEPARATE_99, METRICS),
    "3b": (SHARED_50, SEPARATE_50, METRICS),
    "3c": (SHARED_99, SHARED_50, (FACTORIZATION_LOSS, TRAIN_MSE, MRR, TEST_MSE)),
}
CLAIMS = tuple(
    better(question, "nobody yet", *runs, Quantity(metric))
    for question, (*runs, metrics) in ASKED.items()
    for metric in metrics
)
ORIGIN = (
    "Questions 3a to 3c ask which of two runs does better. Each claim says that the first one "
    "does, be it so or not."
)

### BEGIN SOLUTION
# Two students' answers, A and B, each read off single runs.
# "Near 0.42" is read off a picture: two in the last digit that is given.
READING = 0.02
# "0.5" is what rounds to it.
ROUNDING = 0.05


def near(run: Run, metric: str, value: float) -> Claim:
    """Return answer B's claim in 3b that a run ends near a value."""
    return within("3b", "B", run, Quantity(metric), value - READING, value + READING)


ORIGIN = "Two students' answers were read off single runs."
CLAIMS = (
    *(
        within("start", "A and B", run, quantity, low, high)
        for run in (SHARED_50, SEPARATE_50)
        for quantity, low, high in (
            (Quantity(TRAIN_MSE, START), 12.0, 14.0),
            (Quantity(FACTORIZATION_LOSS, START), 0.5 - ROUNDING, 0.5 + ROUNDING),
        )
    ),
    *(
        better("3a", "A and B", SEPARATE_99, SHARED_99, Quantity(metric))
        for metric in (FACTORIZATION_LOSS, JOINT_LOSS, MRR)
    ),
    better("3a", "B", SEPARATE_99, SHARED_99, Quantity(FACTORIZATION_LOSS, SAME_LEVEL)),
    *(
        claim(*("3a", answer, SEPARATE_99, SHARED_99), Quantity(metric))
        for metric in (TRAIN_MSE, TEST_MSE)
        for answer, claim in (("A", alike), ("B", better))
    ),
    near(SHARED_50, FACTORIZATION_LOSS, 0.42),
    near(SHARED_50, TRAIN_MSE, 0.83),
    near(SEPARATE_50, FACTORIZATION_LOSS, 0.25),
    near(SEPARATE_50, TRAIN_MSE, 0.83),
    *(
        better("3b", "A and B", SEPARATE_50, SHARED_50, Quantity(metric))
        for metric in (FACTORIZATION_LOSS, MRR)
    ),
    *(
        alike("3b", "A and B", SEPARATE_50, SHARED_50, Quantity(metric))
        for metric in (JOINT_LOSS, TRAIN_MSE, TEST_MSE)
    ),
    *(
        better("3c", "A and B", SHARED_99, SHARED_50, Quantity(metric))
        for metric in (FACTORIZATION_LOSS, MRR)
    ),
    *(
        better("3c", "A and B", SHARED_99, SHARED_50, Quantity(metric, moment))
        for metric in (FACTORIZATION_LOSS, MRR)
        for moment in (OWN_WAY, SAME_LEVEL)
    ),
    better("3c", "A", SHARED_99, SHARED_50, Quantity(JOINT_LOSS, OWN_WAY)),
    *(
        claim("3c", answer, run, versus, Quantity(metric))
        for metric in (TRAIN_MSE, TEST_MSE)
        for answer, claim, run, versus in (
            ("A", alike, SHARED_99, SHARED_50),
            ("B", better, SHARED_50, SHARED_99),
        )
    ),
)
### END SOLUTION
