"""What a claim is about: a number that one run has, or one that tells two runs apart."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.configuration import HIGHER_IS_BETTER
from experiments.study.measurements import Measurements

FINAL = "at the end"
START = "at the start"
OWN_WAY = "epochs for 95 % of its way"
SAME_LEVEL = "epochs to the level that both reach"
SHARE_OF_WAY = 0.95

SYMBOLS = {
    "training/Factorization Loss": "train L_F",
    "training/MSE": "train MSE",
    "training/Joint Loss": "train joint loss",
    "eval/Mean Reciprocal Rank": "test MRR",
    "eval/MSE": "test MSE",
}


@dataclass(frozen=True)
class Quantity:
    """A metric, and what is taken of its curve.

    Attributes
    ----------
    metric : str
        One of METRICS.
    moment : str
        ``FINAL`` or ``START``: the value after the last epoch or at epoch 0. ``OWN_WAY``: the
        first epoch at which the curve has covered 95 % of the way from its first value to its
        last one. ``SAME_LEVEL``, for two runs: the first epoch at which a run is as good as the
        worse of the two ends, which is a level that both reach.
    """

    metric: str
    moment: str = FINAL

    def __str__(self) -> str:
        symbol = SYMBOLS[self.metric]
        return symbol if self.moment == FINAL else f"{symbol}, {self.moment}"

    @property
    def is_epochs(self) -> bool:
        return self.moment in (OWN_WAY, SAME_LEVEL)


def epochs_to_own_way(curve: np.ndarray) -> float:
    """Return the epoch at which a curve has covered 95 % of the way to its last value."""
    level = curve[0] + SHARE_OF_WAY * (curve[-1] - curve[0])
    return epochs_to_level(curve, level, upwards=bool(curve[-1] > curve[0]))


def epochs_to_level(curve: np.ndarray, level: float, *, upwards: bool) -> float:
    """Return when a curve first reaches a level; between two epochs it is taken for a line.

    Infinite if it never does.
    """
    reached = np.flatnonzero(curve >= level if upwards else curve <= level)
    if not len(reached):
        return np.inf
    epoch = int(reached[0])
    if epoch == 0:
        return 0.0
    before, after = curve[epoch - 1], curve[epoch]
    return epoch - 1 + float((level - before) / (after - before))


def values_of(measurements: Measurements, runs: pd.DataFrame, quantity: Quantity) -> np.ndarray:
    """Return the quantity of each run; runs whose curve is missing are left out."""
    if quantity.moment == FINAL:
        return runs[quantity.metric].to_numpy(dtype=float)
    found = [measurements.curve(run, quantity.metric) for run in runs["run"]]
    curves = [curve for curve in found if curve is not None]
    take = epochs_to_own_way if quantity.moment == OWN_WAY else lambda curve: curve[0]
    return np.array([take(curve) for curve in curves], dtype=float)


def paired_differences(
    measurements: Measurements, pairs: pd.DataFrame, quantity: Quantity
) -> np.ndarray:
    """Return one run's quantity minus the other's, one value a pair of runs of equal seeds.

    Parameters
    ----------
    pairs : DataFrame
        As ``pair_by_seed`` returns it. Pairs without curves are left out where curves are needed.
    """
    metric = quantity.metric
    if quantity.moment == FINAL:
        return (pairs[f"{metric}_one"] - pairs[f"{metric}_other"]).to_numpy(dtype=float)
    differences = []
    for names in zip(pairs["run_one"], pairs["run_other"]):
        one, other = (measurements.curve(name, metric) for name in names)
        if one is None or other is None:
            continue
        if quantity.moment == START:
            differences.append(one[0] - other[0])
        elif quantity.moment == OWN_WAY:
            differences.append(epochs_to_own_way(one) - epochs_to_own_way(other))
        else:
            upwards = metric in HIGHER_IS_BETTER
            level = (min if upwards else max)(one[-1], other[-1])
            reached = (epochs_to_level(curve, level, upwards=upwards) for curve in (one, other))
            differences.append(np.subtract(*reached))
    return np.array(differences, dtype=float)
