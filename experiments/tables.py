"""The final metrics of all runs, side by side."""

import math

from rich import box
from rich.table import Table

from experiments.configuration import HIGHER_IS_BETTER, METRICS


def best_runs(final: dict[str, dict[str, float]], metric: str) -> set[str]:
    """Return the runs with the best finite value of a metric.

    Parameters
    ----------
    final : dict of str to dict of str to float
        The last value of each metric, by run.
    """
    values = {run: metrics[metric] for run, metrics in final.items()}
    finite = [value for value in values.values() if math.isfinite(value)]
    if not finite:
        return set()
    best = max(finite) if metric in HIGHER_IS_BETTER else min(finite)
    return {run for run, value in values.items() if value == best}


def final_table(final: dict[str, dict[str, float]]) -> Table:
    """Return a table of one row a run; the best value of each column is bold, with a star."""
    table = Table(
        title="After the last epoch (* best: highest MRR, lowest of the others)",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("run", no_wrap=True)
    for heading in ("train\nL_F", "train\nMSE", "train\njoint", "test\nMRR", "test\nMSE"):
        table.add_column(heading, justify="right", no_wrap=True)
    best = {metric: best_runs(final, metric) for metric in METRICS}
    for run, metrics in final.items():
        cells = [
            f"[bold]{_short(metrics[metric])}*[/bold]"
            if run in best[metric]
            else f"{_short(metrics[metric])} "
            for metric in METRICS
        ]
        table.add_row(run, *cells)
    return table


def _short(value: float) -> str:
    """Return four decimals, or three of what has two digits before the point: six characters."""
    return f"{value:.{3 if abs(value) >= 10 else 4}f}"
