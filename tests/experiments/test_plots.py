"""Curves of the four runs: the same lines wherever they are drawn, on axes that can be read."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from experiments import plots
from experiments.plots import (
    draw_band,
    draw_curves,
    draw_one_metric,
    draw_small,
    save_figures,
    set_log_axis,
)
from experiments.run import COURSE_RUNS, METRICS, MRR, SEPARATE_99, SHARED_50, SHARED_99, TRAIN_MSE


def curves_of(*runs, first: float = 14.0) -> pd.DataFrame:
    """Return curves that fall from ``first`` to 0.8, each run's a little higher."""
    rows = [
        (run.name, epoch, metric.key, first + (0.8 - first) * epoch / 9 + k / 100)
        for k, run in enumerate(runs)
        for metric in METRICS
        for epoch in range(10)
    ]
    return pd.DataFrame(rows, columns=["run", "epoch", "metric", "value"])


def looks(figure: Figure) -> dict[str, tuple]:
    """Return the colour and dashes of each run that a figure shows, by its label."""
    return {
        line.get_label(): (line.get_color(), str(line._unscaled_dash_pattern))
        for line in figure.axes[0].lines
    }


def test_figures_one_a_metric_and_all_five(tmp_path):
    paths = save_figures(curves_of(*COURSE_RUNS), tmp_path)
    assert {path.stem for path in paths} == {
        "training_factorization_loss",
        "training_mse",
        "training_joint_loss",
        "eval_mean_reciprocal_rank",
        "eval_mse",
        "curves",
    }
    assert {path.suffix for path in paths} == {".pdf", ".png"}
    assert imread(tmp_path / "curves.png").shape[:2] == (1000, 1800)


def test_the_same_curves_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "METRICS", METRICS[:1])
    first, second = (save_figures(curves_of(*COURSE_RUNS), tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_every_run_is_in_every_panel_and_tells_itself_apart_in_grey():
    figure = draw_curves(curves_of(*COURSE_RUNS))
    for axes in figure.axes[:5]:
        assert len(axes.get_lines()) == 4
    assert len(set(looks(figure).values())) == 4

    def luminance(colour):
        parts = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
        return sum(weight * part for weight, part in zip((0.299, 0.587, 0.114), parts))

    dark, light = sorted(
        luminance(colour) for colour in {colour for colour, _ in looks(figure).values()}
    )
    assert light - dark > 60, "of 255"


@pytest.mark.parametrize("run", COURSE_RUNS, ids=lambda run: run.slug)
def test_a_run_looks_the_same_alone_and_among_others_in_every_kind_of_figure(run):
    (alone,) = looks(draw_curves(curves_of(run))).items()
    four = curves_of(*COURSE_RUNS)
    for figure in (
        draw_curves(four),
        draw_one_metric(four, TRAIN_MSE),
        draw_small(four, TRAIN_MSE, COURSE_RUNS),
        draw_small(four, TRAIN_MSE, [run]),
    ):
        assert alone in looks(figure).items()
    figure = Figure()
    draw_band(figure.subplots(), range(3), np.ones((2, 3)), run)
    assert alone in looks(figure).items()


def tick_labels(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    axes = figure.axes[0]
    low, high = axes.get_ylim()
    return [t.get_text() for t in axes.get_yticklabels() if low <= t.get_position()[1] <= high]


def test_a_loss_that_falls_by_a_factor_of_five_has_a_logarithmic_axis_of_plain_numbers():
    figure = draw_one_metric(curves_of(SHARED_99, SHARED_50), TRAIN_MSE)
    assert figure.axes[0].get_yscale() == "log"
    assert tick_labels(figure) == ["1", "2", "5", "10"]
    for metric, first in ((TRAIN_MSE, 1.2), (MRR, 14.0)):
        figure = draw_one_metric(curves_of(SHARED_99, first=first), metric)
        assert figure.axes[0].get_yscale() == "linear"


def test_an_axis_of_many_decades_has_powers_of_ten():
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1e-4, 1e2])
    set_log_axis(axes, [1e-4, 1e2])
    assert set(tick_labels(figure)) <= {f"$\\mathdefault{{10^{{{k}}}}}$" for k in range(-4, 3)}


def cut_off(figure: Figure) -> bool:
    """Return whether something of a figure lies outside of it."""
    figure.draw_without_rendering()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return not (box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.slug)
def test_no_label_is_cut_off(metric):
    curves = curves_of(*COURSE_RUNS).assign(epoch=lambda rows: rows["epoch"] * 200 // 9)
    for figure in (draw_one_metric(curves, metric), draw_small(curves, metric, COURSE_RUNS)):
        assert not cut_off(figure)


def test_a_loss_that_diverged_leaves_an_axis():
    curves = curves_of(SHARED_99)
    curves.loc[curves["epoch"] > 2, "value"] = np.inf
    assert draw_one_metric(curves, TRAIN_MSE).axes[0].get_yscale() == "linear"


def test_curves_of_other_runs_are_refused():
    strange = curves_of(SEPARATE_99).replace(SEPARATE_99.name, "shared=True_LF=0.7_LR=0.3")
    with pytest.raises(ValueError, match=r"LF=0\.7_LR=0\.3, which is none of the four runs"):
        draw_curves(strange)
