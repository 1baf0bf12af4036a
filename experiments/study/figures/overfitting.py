"""The MSE of minibatch runs along training."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments.study.figures.drawing import STUDY_STYLE, WIDTH, run_style
from experiments.study.overfitting import Overfit


def draw_overfitting(found: Sequence[Overfit]) -> Figure:
    """Draw the minibatch runs' training and test MSE, with the seeds' lowest and highest."""
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
        panels = figure.subplots(1, 2, sharex=True)
        for overfit in found:
            style = run_style(overfit.run)
            for axes, curves in zip(panels, (overfit.train, overfit.test)):
                epochs = np.arange(curves.shape[1])
                axes.plot(epochs, curves.mean(axis=0), **style)
                axes.fill_between(
                    epochs,
                    curves.min(axis=0),
                    curves.max(axis=0),
                    color=style["color"],
                    alpha=0.2,
                    linewidth=0,
                )
        size = found[0].batch_size if found else 0
        for axes, title in zip(panels, ("training", "test")):
            axes.set_title(f"MSE of ratings, {title}, {size} pairs a step")
            axes.set_xlabel("epoch")
            axes.margins(x=0.01)
            values = np.concatenate([line.get_ydata() for line in axes.lines])
            # The first epochs fall from 13; what happens afterwards is what there is to see.
            later = np.concatenate([line.get_ydata()[3:] for line in axes.lines])
            if len(later) and values.max() > 2 * later.max():
                axes.set_ylim(0.95 * values.min(), 1.05 * later.max())
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7
        )
    return figure
