"""Why? How the two tasks pull at the tables that they share, along training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.plots import GREY, LINE_WIDTH, draw_band, legend_below, set_log_axis, styled
from experiments.run import COURSE_RUNS, Run
from experiments.study.measurements import Measurements, choose, of_course_run
from experiments.study.section import Question, Section, Table, with_interval, with_seeds
from experiments.study.statistics import MIN_SEEDS, Estimate, bounded, mean_interval

QUESTION = Question(
    "conflict",
    "Why? Two tasks pull at the same tables",
    ("claims",),
    f"the shared runs at {MIN_SEEDS} seeds or more beside the first, where gradients are looked at",
)
BOTH_TABLES = "U and Q"


@dataclass(frozen=True)
class Conflict:
    """The gradients of L_F and L_R by the shared tables, in one of the course's runs.

    Attributes
    ----------
    run : Run
    cosine, norm_ratio : DataFrame
        One column a seed, indexed by epoch. The ratio is
        ``|lambda_F grad L_F| / |lambda_R grad L_R|``: above 1, factorization pulls harder.
    """

    run: Run
    cosine: pd.DataFrame
    norm_ratio: pd.DataFrame

    @property
    def opposed(self) -> Estimate:
        """The share of the epochs looked at in which the gradients oppose each other."""
        return bounded(mean_interval((self.cosine < 0).mean().to_numpy()), 0, 1)

    @property
    def mean_cosine(self) -> Estimate:
        return bounded(mean_interval(self.cosine.mean().to_numpy()), -1, 1)

    @property
    def typical_ratio(self) -> Estimate:
        """The geometric mean of the ratio, along training and over seeds."""
        logs = mean_interval(np.log(self.norm_ratio.where(self.norm_ratio > 0)).mean().to_numpy())
        value, low, high = np.exp([logs.value, logs.low, logs.high]).tolist()
        return Estimate(value, low, high, logs.count)

    @property
    def takes_over(self) -> Estimate | None:
        """The epoch from which on factorization pulls harder; None unless all seeds have one."""
        stronger = self.norm_ratio > 1
        from_here_on = stronger[::-1].cummin()[::-1]
        if not from_here_on.any().all():
            return None
        epochs = mean_interval(from_here_on.idxmax().to_numpy())
        return bounded(epochs, self.norm_ratio.index[0], self.norm_ratio.index[-1])


def conflicts(measurements: Measurements) -> list[Conflict]:
    """Return what was seen of the gradients in the course's two shared runs."""
    found = []
    for run in COURSE_RUNS:
        runs = of_course_run(choose(measurements.runs), run)
        rows = measurements.gradients.merge(runs[["run", "split_seed"]], on="run")
        rows = rows[rows["table"] == BOTH_TABLES]
        if not run.embedding_sharing or rows["split_seed"].nunique() < MIN_SEEDS:
            continue
        rows = rows.assign(
            ratio=run.factorization_weight
            * rows["factorization_norm"]
            / (run.regression_weight * rows["regression_norm"])
        )
        cosine, ratio = (
            rows.pivot(index="epoch", columns="split_seed", values=column).astype(float)
            for column in ("cosine", "ratio")
        )
        # An epoch counts if every seed was looked at there, and has a cosine.
        whole = cosine.notna().all(axis=1) & np.isfinite(ratio).all(axis=1)
        if whole.any():
            found.append(Conflict(run, cosine[whole], ratio[whole]))
    return found


def answer(measurements: Measurements) -> Section | None:
    found = conflicts(measurements)
    if not found:
        return None
    return Section(
        QUESTION,
        "At intervals along training, the gradients of L_F and of L_R by the shared tables U and Q "
        "are taken one by one. Where their cosine is positive the tasks pull together, where it is "
        "negative apart; the task with the longer gradient, weights included, moves the tables "
        "more.",
        tuple(finding(conflict) for conflict in found),
        draw(found),
        "Left: cosine between the two tasks' gradients. Right: how many times as long as "
        "regression's the factorization's weighted gradient is (logarithmic). Lines are means, "
        "bands go from the lowest to the highest seed.",
        (
            Table(
                "The tasks' gradients by the shared tables [95 % interval]; the ratio is of "
                "weighted norms, factorization to regression",
                [
                    {
                        "run": c.run.label,
                        "mean cosine": c.mean_cosine,
                        "share of epochs opposed": c.opposed,
                        "ratio, geometric mean": c.typical_ratio,
                        "N": c.mean_cosine.count,
                    }
                    for c in found
                ],
            ),
        ),
    )


def finding(conflict: Conflict) -> str:
    """Return sentences about which task moves the tables in one run."""
    ratio = conflict.typical_ratio
    stronger = "factorization" if ratio.value > 1 else "regression"
    times = max(ratio.value, 1 / ratio.value)
    told = (
        f"With lambda_F = {conflict.run.factorization_weight:g}, the weighted gradient of "
        f"{stronger} is {f'{times:.2g}' if times < 99.5 else f'{times:.0f}'} times the other one's "
        f"on the shared tables (geometric mean along training; ratio {with_seeds(ratio)}). They "
        f"oppose each other in {100 * conflict.opposed.value:.0f} % of the epochs looked at (share "
        f"{with_seeds(conflict.opposed)}; mean cosine {with_seeds(conflict.mean_cosine)})."
    )
    if conflict.takes_over and conflict.takes_over.value > 0:
        told += (
            " Regression pulls harder at first, factorization from epoch "
            f"{with_interval(conflict.takes_over)} on (N = {conflict.takes_over.count})."
        )
    return told


def draw(found: Sequence[Conflict]) -> Figure:
    """Draw cosine and norm ratio of the tasks' gradients by the shared tables, along training."""
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        for conflict in found:
            for axes, table in ((left, conflict.cosine), (right, conflict.norm_ratio)):
                draw_band(axes, table.index, table.to_numpy().T, conflict.run)
        left.axhline(0, color=GREY, linewidth=0.8)
        left.set_title("Cosine of the tasks' gradients")
        left.set_ylabel("← apart        together →")
        right.axhline(1, color=GREY, linewidth=0.8)
        ratios = np.concatenate([c.norm_ratio.to_numpy().ravel() for c in found])
        if (ratios > 0).any():
            set_log_axis(right, [*ratios[ratios > 0], 1.0])
        right.set_title(r"$|\lambda_F \nabla L_F|\;/\;|\lambda_R \nabla L_R|$ on the shared tables")
        legend_below(figure, left, columns=2)
    return figure
