"""The paired differences behind 3a to 3c."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments.configuration import METRICS
from experiments.study.claims import MARGIN, run_label
from experiments.study.figures.drawing import (
    BLUE,
    GREEN,
    ORANGE,
    STUDY_STYLE,
    WIDTH,
    error_bars,
    math_symbol,
)
from experiments.study.quantities import FINAL, SYMBOLS
from experiments.study.verdicts import Judgement

DOTS = {"ecolor": "0.35", "elinewidth": 1.1, "capsize": 2.5}


def draw_claims(judgements: Sequence[Judgement]) -> Figure:
    """Draw the paired differences behind 3a to 3c: a dot a seed, mean and interval above.

    One panel a metric, because each has its own unit. Grey is the margin of "about equal".
    """
    final = [
        judgement
        for judgement in judgements
        if judgement.claim.versus and judgement.claim.quantity.moment == FINAL
    ]
    shown = {(j.claim.question, j.claim.quantity.metric): j for j in reversed(final)}
    told = {
        judgement.claim.question: f"{run_label(judgement.claim.run)} − "
        f"{run_label(judgement.claim.versus)}"
        for judgement in reversed(final)
    }
    places = {question: -k for k, question in enumerate(("3a", "3b", "3c"))}
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
        panels = figure.subplots(2, 3, sharey=True).flat
        for axes, metric in zip(panels, METRICS):
            axes.axvline(0, color="0.4", linewidth=0.8)
            if "Rank" not in metric and "Factorization" not in metric:
                axes.axvspan(-MARGIN, MARGIN, color="0.85", linewidth=0)
            for (question, of_metric), judgement in shown.items():
                if of_metric != metric:
                    continue
                y, colour = places[question], (BLUE, GREEN, ORANGE)[-places[question]]
                estimate = judgement.estimate
                axes.plot(
                    *(judgement.values, np.full(len(judgement.values), y - 0.22)),
                    "o",
                    color=colour,
                    alpha=0.45,
                    markersize=2.5,
                    markeredgewidth=0,
                )
                axes.errorbar(
                    *(estimate.value, y),
                    xerr=error_bars(estimate),
                    fmt="o",
                    markersize=4.5,
                    color=colour,
                    **DOTS,
                )
            axes.set_title(math_symbol(SYMBOLS[metric]))
            axes.set_yticks(list(places.values()), places)
            axes.set_ylim(-2.6, 0.5)
            axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4))
        legend = figure.axes[-1]
        legend.axis("off")
        legend.text(
            *(0.0, 0.98),
            "Mean difference and 95 % interval;\nsmall dots: one a seed\n\n"
            + "".join(
                f"{question}  {difference}\n" for question, difference in sorted(told.items())
            )
            + f"\ngrey: within {MARGIN:g}, “about equal”",
            va="top",
            fontsize=7.5,
            linespacing=1.35,
            transform=legend.transAxes,
        )
    return figure
