"""From ``results/`` to ``handout/generated/``: the numbers, the table and the pictures in LaTeX.

The handout reads files only. This module writes them: ``results.tex`` defines every measured
value by a name that an answer can use, ``results_table.tex`` is the final table, and
``figures/SET_METRIC.pdf`` are the five metrics' curves, once for all the runs and once for the
two runs that each written question compares.
"""

import hashlib
import io
import json
import math
import shutil
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FormatStrFormatter, MaxNLocator, NullLocator

from experiments import figures
from experiments.configuration import HIGHER_IS_BETTER, METRICS
from experiments.engine.store import read_curves
from experiments.figures import LOGARITHMIC, NO_DATE, file_stem, run_styles
from experiments.io import write_atomic
from experiments.run import COURSE_RUNS, Run

# The metrics' names in LaTeX.
METRIC_KEYS = dict(zip(METRICS, ("LF", "train-mse", "joint", "mrr", "test-mse")))
# The two runs that each written question compares, and the pictures of all four.
COMPARISONS = {
    "3a": ("shared-0.99", "separate-0.99"),
    "3b": ("shared-0.5", "separate-0.5"),
    "3c": ("shared-0.99", "shared-0.5"),
}
SIZE = (2.1, 1.3)  # inches: a third of the handout's line
STYLE = {
    "font.size": 6.5,
    "pdf.fonttype": 42,
    "axes.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

# A run's values of a metric, epoch by epoch from 0, by the run's name and the metric's.
Curves = Mapping[tuple[str, str], "pd.Series[float]"]


def run_key(run: Run) -> str:
    """Return the run's name in LaTeX: ``shared-0.99`` by its tables and its lambda_F."""
    tables = "shared" if run.embedding_sharing else "separate"
    return f"{tables}-{run.factorization_weight}"


RUNS = {run_key(run): run for run in COURSE_RUNS}


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
        Every file of the report; empty without results.

    Raises
    ------
    ValueError
        If a file of ``results`` is not what ``python -m experiments run`` writes.
    """
    report, table = generated / "results.tex", generated / "results_table.tex"
    if not (results / "summary.json").exists():
        report.unlink(missing_ok=True)
        table.unlink(missing_ok=True)
        shutil.rmtree(generated / "figures", ignore_errors=True)
        return []
    pictures = {
        generated / "figures" / f"{name}_{file_stem(metric)}.pdf": (keys, metric)
        for name, keys in {"all": tuple(RUNS), **COMPARISONS}.items()
        for metric in METRICS
    }
    files = [table, *pictures, report]
    stamp = f"% Written by `python -m experiments report` from results {fingerprint(results)}\n"
    if all(file.exists() for file in files) and report.read_text().startswith(stamp):
        return files
    final, curves = read_final(results), curves_by_run(results)
    write_atomic(table, final_rows(final))
    for path, (keys, metric) in pictures.items():
        write_atomic(path, draw(keys, metric, curves))
    # Last, because its stamp says that the rest is complete.
    write_atomic(report, stamp + macros(final, curves))
    return files


def fingerprint(results: Path) -> str:
    """Return a digest of the results and of the code that draws them."""
    inputs = [path for path in (results / "summary.json", results / "curves.csv") if path.exists()]
    digest = hashlib.sha256()
    for path in (Path(__file__), Path(figures.__file__), *inputs):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def read_final(results: Path) -> dict[str, dict[str, float]]:
    """Return the metrics of each run after its last epoch, by the run's name."""
    path = results / "summary.json"
    try:
        runs = json.loads(path.read_text())["runs"]
        return {name: dict(run["final"]) for name, run in runs.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(unreadable(path, "the runs and their final metrics", error)) from error


def curves_by_run(results: Path) -> Curves:
    """Return ``curves.csv`` as one series a run and metric."""
    try:
        rows = read_curves(results).sort_values("epoch", kind="stable")
        return {
            key: pd.Series(group["value"].to_numpy(dtype=float), index=group["epoch"])
            for key, group in rows.groupby(["run", "metric"], sort=False)
        }
    except (OSError, ValueError, KeyError) as error:
        path, content = results / "curves.csv", "the columns run, epoch, metric and value"
        raise ValueError(unreadable(path, content, error)) from error


def unreadable(path: Path, content: str, error: Exception) -> str:
    return (
        f"{path} should hold {content}, but it cannot be read ({type(error).__name__}: {error}). "
        "`make experiments` writes it again."
    )


def number(value: float, metric: str) -> str:
    """Return a value as the handout prints it: four decimals of an MRR, three of a loss."""
    if not math.isfinite(value):
        return str(value)
    decimals = 4 if metric in HIGHER_IS_BETTER else 3 if abs(value) < 10 else 1
    return f"{value:.{decimals}f}"


def final_rows(final: Mapping[str, Mapping[str, float]]) -> str:
    """Return the rows of the final table: one a run, a dash where there is no result."""
    rows = []
    for key, run in RUNS.items():
        values = final.get(run.name, {})
        cells = [rf"\runline{{{key}}}", key.split("-")[0]]
        cells += [str(run.factorization_weight), str(run.regression_weight)]
        cells += [number(values[m], m) if m in values else "---" for m in METRICS]
        rows.append(" & ".join(cells) + r"\\")
    return "\n".join(rows) + "\n"


def macros(final: Mapping[str, Mapping[str, float]], curves: Curves) -> str:
    r"""Return the definitions of every measured value.

    ``\resultdata{RUN}{final}{METRIC}{VALUE}`` is the value in ``summary.json``,
    ``\resultdata{RUN}{start}{METRIC}{VALUE}`` the one of epoch 0 in ``curves.csv``, and
    ``\reachdata{RUN}{OTHER}{METRIC}{EPOCH}`` the first epoch at which a run does as well as
    the other one of its question ends, if it ever does.
    """
    lines = []
    lengths = sorted({int(values.index[-1]) + 1 for values in curves.values()})
    if lengths:
        epochs = " to ".join(str(n) for n in dict.fromkeys((lengths[0], lengths[-1])))
        lines.append(rf"\renewcommand{{\resultepochs}}{{{epochs}}}")
    for key, run in RUNS.items():
        for metric, metric_key in METRIC_KEYS.items():
            found = {"final": final.get(run.name, {}).get(metric)}
            found["start"] = (
                curves[run.name, metric].iloc[0] if (run.name, metric) in curves else None
            )
            lines += [
                rf"\resultdata{{{key}}}{{{when}}}{{{metric_key}}}{{{number(value, metric)}}}"
                for when, value in found.items()
                if value is not None
            ]
    for pair in COMPARISONS.values():
        for key, other in permutations(pair):
            for metric, metric_key in METRIC_KEYS.items():
                epoch = first_epoch_as_good(RUNS[key], RUNS[other], metric, curves)
                if epoch is not None:
                    lines.append(rf"\reachdata{{{key}}}{{{other}}}{{{metric_key}}}{{{epoch}}}")
    return "\n".join(lines) + "\n"


def first_epoch_as_good(run: Run, other: Run, metric: str, curves: Curves) -> int | None:
    """Return the first epoch at which ``run`` is at least as good as ``other`` ends.

    None if there is none, and for joint losses with different weights: they are different sums.
    """
    same_weights = run.factorization_weight == other.factorization_weight
    if METRIC_KEYS[metric] == "joint" and not same_weights:
        return None
    if (run.name, metric) not in curves or (other.name, metric) not in curves:
        return None
    values, target = curves[run.name, metric], curves[other.name, metric].iloc[-1]
    reached = values.index[values >= target if metric in HIGHER_IS_BETTER else values <= target]
    return int(reached[0]) if len(reached) else None


def draw(keys: tuple[str, ...], metric: str, curves: Curves) -> bytes:
    """Return the PDF of one metric of some runs, without title and legend: the handout sets them.

    Lines look as they do in ``results/figures``. The same curves give the same bytes.
    """
    styles = run_styles([run.name for run in COURSE_RUNS])
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZE)
        axes = figure.add_axes((0.15, 0.21, 0.83, 0.75))  # so that pictures in a row line up
        for key in keys:
            values = curves.get((RUNS[key].name, metric), pd.Series(dtype=float))
            axes.plot(
                values.index,
                values,
                linewidth=1.2,
                marker="o" if len(values) == 1 else None,
                markersize=3,
                **styles[RUNS[key].name],
            )
        set_scale(axes, metric)
        axes.set_xlabel("epoch", labelpad=1)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        axes.grid(linewidth=0.3, color="0.88")
        axes.tick_params(pad=1.5, length=2)
        content = io.BytesIO()
        figure.savefig(content, format="pdf", metadata=NO_DATE["pdf"])
    return content.getvalue()


def set_scale(axes: Axes, metric: str) -> None:
    """Make the axis logarithmic, with plain numbers, where a loss falls by a factor of five."""
    values = [value for line in axes.lines for value in line.get_ydata() if math.isfinite(value)]
    if metric in LOGARITHMIC and values and max(values) > 5 * min(values) > 0:
        axes.set_yscale("log")
        ticks = [tick * 10.0**k for k in range(-3, 6) for tick in (1, 2, 5)]
        shown = [tick for tick in ticks if min(values) / 1.3 <= tick <= max(values)]
        axes.yaxis.set_major_locator(FixedLocator(shown))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
