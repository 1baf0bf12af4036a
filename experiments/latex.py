"""What the handout reads of ``results/``: measured values, the table and the pictures.

``results.tex`` defines every measured value by a name that an answer can use,
``results_table.tex`` is the final table, and ``figures/SET_METRIC.pdf`` are the five metrics'
curves, once for all the runs and once for the two runs that each written question compares.
"""

import hashlib
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from itertools import permutations, product
from pathlib import Path

import pandas as pd

from experiments import plots as plots_file
from experiments import run as run_file
from experiments.plots import draw_small, picture_bytes
from experiments.run import COMPARISONS, COURSE_RUNS, JOINT_LOSS, METRICS, Metric
from experiments.tables import read_curves
from problem_set.io import write_atomic


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
        generated / "figures" / f"{name}_{metric.slug}.pdf": (runs, metric)
        for name, runs in {"all": COURSE_RUNS, **COMPARISONS}.items()
        for metric in METRICS
    }
    files = [table, *pictures, report]
    stamp = f"% Written by `python -m experiments report` from results {fingerprint(results)}\n"
    if all(file.exists() for file in files) and report.read_text().startswith(stamp):
        return files
    final, curves = read_final(results), read_rows(results)
    write_atomic(table, final_rows(final))
    for path, (runs, metric) in pictures.items():
        write_atomic(path, picture_bytes(draw_small(curves, metric, runs), "pdf"))
    # Last, because its stamp says that the rest is complete.
    write_atomic(report, stamp + macros(final, curves))
    return files


def fingerprint(results: Path) -> str:
    """Return a digest of the results and of the code that names and draws them."""
    inputs = [path for path in (results / "summary.json", results / "curves.csv") if path.exists()]
    code = [Path(__file__), *(Path(str(file.__file__)) for file in (run_file, plots_file))]
    digest = hashlib.sha256()
    for path in (*code, *inputs):
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


def read_rows(results: Path) -> pd.DataFrame:
    """Return ``curves.csv``, in the order of the epochs."""
    try:
        rows = read_curves(results)
        rows[["run", "metric"]]  # raises if there are no such columns
        return rows.sort_values("epoch", kind="stable")
    except (OSError, ValueError, KeyError) as error:
        path, content = results / "curves.csv", "the columns run, epoch, metric and value"
        raise ValueError(unreadable(path, content, error)) from error


def unreadable(path: Path, content: str, error: Exception) -> str:
    return (
        f"{path} should hold {content}, but it cannot be read ({type(error).__name__}: {error}). "
        "`make experiments` writes it again."
    )


def number(value: float, metric: Metric) -> str:
    """Return a value as the handout prints it: four decimals of an MRR, three of a loss."""
    if not math.isfinite(value):
        return str(value)
    decimals = 4 if metric.higher_is_better else 3 if abs(value) < 10 else 1
    return f"{value:.{decimals}f}"


def final_rows(final: Mapping[str, Mapping[str, float]]) -> str:
    """Return the rows of the final table: one a run, a dash where there is no result."""
    rows = []
    for run in COURSE_RUNS:
        values = final.get(run.name, {})
        cells = [rf"\runline{{{run.slug}}}", run.tables]
        cells += [str(run.factorization_weight), str(run.regression_weight)]
        cells += [number(values[m.key], m) if m.key in values else "---" for m in METRICS]
        rows.append(" & ".join(cells) + r"\\" + "\n")
    return "".join(rows)


def macros(final: Mapping[str, Mapping[str, float]], curves: pd.DataFrame) -> str:
    r"""Return the definitions of every measured value.

    ``\resultdata{RUN}{final}{METRIC}{VALUE}`` is the value in ``summary.json``,
    ``\resultdata{RUN}{start}{METRIC}{VALUE}`` the one of epoch 0 in ``curves.csv``, and
    ``\reachdata{RUN}{OTHER}{METRIC}{EPOCH}`` the first epoch at which a run does as well as
    the other one of its question ends, if it ever does.
    """
    lines = []
    by_run = {key: c.set_index("epoch")["value"] for key, c in curves.groupby(["run", "metric"])}
    lengths = sorted({int(values.index[-1]) + 1 for values in by_run.values()})
    if lengths:
        epochs = " to ".join(str(n) for n in dict.fromkeys((lengths[0], lengths[-1])))
        lines.append(rf"\renewcommand{{\resultepochs}}{{{epochs}}}")
    for run, metric in product(COURSE_RUNS, METRICS):
        values = by_run.get((run.name, metric.key))
        found = {
            "final": final.get(run.name, {}).get(metric.key),
            "start": None if values is None else values.iloc[0],
        }
        lines += [
            rf"\resultdata{{{run.slug}}}{{{when}}}{{{metric.latex}}}{{{number(value, metric)}}}"
            for when, value in found.items()
            if value is not None
        ]
    for pair in COMPARISONS.values():
        for (run, other), metric in product(permutations(pair), METRICS):
            # Joint losses with different weights are different sums.
            same_sum = run.factorization_weight == other.factorization_weight
            curve, others = (by_run.get((r.name, metric.key)) for r in (run, other))
            if curve is None or others is None or (metric == JOINT_LOSS and not same_sum):
                continue
            end = others.iloc[-1]
            as_good = curve.index[curve >= end if metric.higher_is_better else curve <= end]
            if len(as_good):
                names = f"{{{run.slug}}}{{{other.slug}}}{{{metric.latex}}}"
                lines.append(rf"\reachdata{names}{{{as_good[0]}}}")
    return "\n".join(lines) + "\n"


ESCAPES = {"L_F": r"$\mathcal{L}_F$", "%": r"\%", "&": r"\&", "−": "$-$", "–": "--"}


def tabular(columns: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""Return a small ``tabular`` for ``\input`` in a ``table``.

    It needs the packages array and booktabs, which the handout's class loads. A rule of space
    stands wherever the first cell changes.

    Parameters
    ----------
    columns : str
        LaTeX's description of the columns.
    headings, rows : sequences of str
        Plain text.
    """

    def line(cells: Sequence[str]) -> str:
        return " & ".join(map(escaped, cells)) + r"\\"

    lines = [
        "% Written by `python -m experiments study`. Packages: array, booktabs.",
        r"\begingroup\footnotesize\setlength{\tabcolsep}{4pt}%",
        rf"\begin{{tabular}}{{{columns}}}",
        *(r"\toprule", line(headings), r"\midrule"),
    ]
    for k, row in enumerate(rows):
        if k and row[0] != rows[k - 1][0]:
            lines.append(r"\addlinespace")
        lines.append(line(row))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}\endgroup"]) + "\n"


def escaped(text: str) -> str:
    for plain, latex in ESCAPES.items():
        text = text.replace(plain, latex)
    return text
