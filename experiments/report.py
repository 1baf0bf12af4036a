"""From ``results/`` to ``handout/generated/``: the numbers, the table and the pictures in LaTeX.

The handout reads files only. This module writes them: ``results.tex`` defines every measured
value by a name that an answer can use, ``results_table.tex`` is the final table, and
``figures/SET_METRIC.pdf`` are the five metrics' curves, once for all the runs and once for the
two runs that each written question compares.
"""

import csv
import hashlib
import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

BLUE, VERMILLION = "0072B2", "D55E00"  # of Okabe and Ito's palette, for every eye


@dataclass(frozen=True)
class Run:
    """One of the four experiments: its name in ``results/``, in LaTeX, and how it is drawn."""

    name: str
    key: str
    shared: bool
    weights: tuple[str, str]

    @property
    def color(self) -> str:
        return BLUE if self.shared else VERMILLION

    @property
    def marker(self) -> str:
        return "o" if self.shared else "s"

    @property
    def dashes(self) -> str:
        return "-" if self.weights == ("0.99", "0.01") else "--"


@dataclass(frozen=True)
class Metric:
    """One of the five metrics: its name in ``results/``, in LaTeX, and its picture's file stem."""

    name: str
    key: str
    stem: str
    digits: int
    higher_is_better: bool = False


RUNS = (
    Run("shared=True_LF=0.99_LR=0.01", "shared-0.99", True, ("0.99", "0.01")),
    Run("shared=True_LF=0.5_LR=0.5", "shared-0.5", True, ("0.5", "0.5")),
    Run("shared=False_LF=0.5_LR=0.5", "separate-0.5", False, ("0.5", "0.5")),
    Run("shared=False_LF=0.99_LR=0.01", "separate-0.99", False, ("0.99", "0.01")),
)
METRICS = (
    Metric("training/Factorization Loss", "LF", "training_factorization_loss", 3),
    Metric("training/MSE", "train-mse", "training_mse", 3),
    Metric("training/Joint Loss", "joint", "training_joint_loss", 3),
    Metric("eval/Mean Reciprocal Rank", "mrr", "eval_mean_reciprocal_rank", 4, True),
    Metric("eval/MSE", "test-mse", "eval_mse", 3),
)
# The two runs that each written question compares.
COMPARISONS = {
    "3a": ("shared-0.99", "separate-0.99"),
    "3b": ("shared-0.5", "separate-0.5"),
    "3c": ("shared-0.99", "shared-0.5"),
}
SETS = {"all": tuple(run.key for run in RUNS), **COMPARISONS}

# The values of a metric in a run, epoch by epoch: curves[run name, metric name][k].
Curves = Mapping[tuple[str, str], "list[tuple[int, float]]"]


def write_report(results: Path, generated: Path) -> list[Path]:
    """Write what the handout shows of the results, unless it is there already.

    Parameters
    ----------
    results : folder
        With ``summary.json`` and ``curves.csv``. Without ``summary.json`` there are no results
        yet: what an earlier call wrote is removed, so that the handout shows nothing stale.
    generated : folder
        Where ``results.tex``, ``results_table.tex`` and ``figures/`` go.

    Returns
    -------
    list of paths
        Every file of the report, in order; empty without results.

    Raises
    ------
    ValueError
        If a file of ``results`` is not what ``python -m experiments run`` writes.
    """
    report, table, figures = (
        generated / name for name in ("results.tex", "results_table.tex", "figures")
    )
    if not (results / "summary.json").exists():
        report.unlink(missing_ok=True)
        table.unlink(missing_ok=True)
        shutil.rmtree(figures, ignore_errors=True)
        return []
    pictures = [figures / f"{name}_{metric.stem}.pdf" for name in SETS for metric in METRICS]
    files = [table, *pictures, report]
    stamp = f"% Written by `python -m experiments report` from results {fingerprint(results)}\n"
    if all(file.exists() for file in files) and report.read_text().startswith(stamp):
        return files
    summary, curves = read_summary(results), read_curves(results)
    figures.mkdir(parents=True, exist_ok=True)
    table.write_text(final_table(summary))
    for name, keys in SETS.items():
        runs = [run for run in RUNS if run.key in keys]
        for metric in METRICS:
            draw(runs, metric, curves, figures / f"{name}_{metric.stem}.pdf")
    # Last, because its stamp says that the rest is complete.
    report.write_text(stamp + macros(summary, curves))
    return files


def fingerprint(results: Path) -> str:
    """Return a digest of the results and of this module."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in ("summary.json", "curves.csv"):
        path = results / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def read_summary(results: Path) -> dict[str, dict[str, float]]:
    """Return each run's metrics after its last epoch."""
    path = results / "summary.json"
    try:
        runs = json.loads(path.read_text())["runs"]
        return {name: dict(run["final"]) for name, run in runs.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} should hold the runs and their final metrics, but it cannot be read "
            f"({type(error).__name__}: {error}). `make experiments` writes it again."
        ) from error


def read_curves(results: Path) -> Curves:
    """Return each run's metrics, epoch by epoch."""
    path = results / "curves.csv"
    curves: dict[tuple[str, str], list[tuple[int, float]]] = {}
    try:
        with path.open(newline="") as lines:
            for row in csv.DictReader(lines):
                point = int(row["epoch"]), float(row["value"])
                curves.setdefault((row["run"], row["metric"]), []).append(point)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} should have the columns run, epoch, metric and value, but it cannot be read "
            f"({type(error).__name__}: {error}). `make experiments` writes it again."
        ) from error
    return {key: sorted(points) for key, points in curves.items()}


def number(value: float, metric: Metric) -> str:
    """Return the value as the handout prints it, in LaTeX."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:.{1 if abs(value) >= 10 else metric.digits}f}"


def final_table(summary: Mapping[str, Mapping[str, float]]) -> str:
    """Return the rows of the final table: one a run, a dash where there is no result."""
    rows = []
    for run in RUNS:
        final = summary.get(run.name, {})
        values = (number(final[m.name], m) if m.name in final else "---" for m in METRICS)
        head = (rf"\runline{{{run.key}}}", "shared" if run.shared else "separate", *run.weights)
        rows.append(" & ".join((*head, *values)) + r"\\")
    return "\n".join(rows) + "\n"


def macros(summary: Mapping[str, Mapping[str, float]], curves: Curves) -> str:
    """Return the definitions of every measured value.

    ``\\resultdata{RUN}{final}{METRIC}{VALUE}`` is the value in ``summary.json``,
    ``\\resultdata{RUN}{start}{METRIC}{VALUE}`` the one of epoch 0 in ``curves.csv``, and
    ``\\reachdata{RUN}{OTHER}{METRIC}{EPOCH}`` the first epoch at which a run does as well as
    another one ends, if it ever does.
    """
    lines = []
    epochs = {points[-1][0] + 1 for points in curves.values()}
    if epochs:
        shortest, longest = min(epochs), max(epochs)
        count = f"{longest}" if shortest == longest else f"{shortest} to {longest}"
        lines.append(rf"\renewcommand{{\resultepochs}}{{{count}}}")
    for run in RUNS:
        for metric in METRICS:
            if metric.name in summary.get(run.name, {}):
                value = number(summary[run.name][metric.name], metric)
                lines.append(rf"\resultdata{{{run.key}}}{{final}}{{{metric.key}}}{{{value}}}")
            if points := curves.get((run.name, metric.name)):
                value = number(points[0][1], metric)
                lines.append(rf"\resultdata{{{run.key}}}{{start}}{{{metric.key}}}{{{value}}}")
    named = {run.key: run for run in RUNS}
    for pair in COMPARISONS.values():
        for run, other in permutations([named[key] for key in pair]):
            for metric in METRICS:
                if metric.key == "joint" and run.weights != other.weights:
                    continue  # different sums, which say nothing about each other
                epoch = first_epoch_as_good(run, other, metric, curves)
                if epoch is not None:
                    lines.append(
                        rf"\reachdata{{{run.key}}}{{{other.key}}}{{{metric.key}}}{{{epoch}}}"
                    )
    return "\n".join(lines) + "\n"


def first_epoch_as_good(run: Run, other: Run, metric: Metric, curves: Curves) -> int | None:
    """Return the first epoch at which ``run`` is at least as good as ``other`` ends, if any."""
    target = curves.get((other.name, metric.name))
    if not target:
        return None
    sign = 1 if metric.higher_is_better else -1
    for epoch, value in curves.get((run.name, metric.name), ()):
        if sign * value >= sign * target[-1][1]:
            return epoch
    return None


def draw(runs: list[Run], metric: Metric, curves: Curves, path: Path) -> None:
    """Draw one metric of some runs, a third of the handout's line wide, without a legend.

    The handout draws the legend itself, from the same colors, dashes and markers.
    """
    style = {"font.family": "DejaVu Sans", "font.size": 6.5, "pdf.fonttype": 42}
    style |= {"axes.linewidth": 0.5, "xtick.major.width": 0.5, "ytick.major.width": 0.5}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(2.1, 1.3))
        axes = figure.add_axes((0.15, 0.21, 0.83, 0.75))  # so that pictures in a row line up
        for run in runs:
            points = curves.get((run.name, metric.name), [])
            axes.plot(
                *zip(*points) if points else ((), ()),
                color=f"#{run.color}",
                linestyle=run.dashes,
                linewidth=1.1,
                marker=run.marker,
                markevery=max(1, len(points) // 5),
                markersize=3,
                markerfacecolor="white",
                markeredgewidth=0.8,
            )
        scale(axes, metric)
        axes.set_xlabel("epoch", labelpad=1)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(linewidth=0.3, color="0.88")
        # No date and no version in the file: the same curves give the same bytes.
        nothing = dict.fromkeys(("CreationDate", "Creator", "Producer"))
        figure.savefig(path, format="pdf", metadata=nothing)


def scale(axes: Axes, metric: Metric) -> None:
    """Give a loss that falls by a factor of five or more a logarithmic axis with plain numbers."""
    values = [value for line in axes.lines for value in line.get_ydata() if math.isfinite(value)]
    if values and not metric.higher_is_better and min(values) > 0 < max(values) / min(values) - 5:
        axes.set_yscale("log")
        ticks = [t for t in (0.2, 0.5, 1, 2, 5, 10, 20) if min(values) / 1.3 <= t <= max(values)]
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.tick_params(pad=1.5, length=2)


if __name__ == "__main__":
    write_report(Path("results"), Path("handout/generated"))
