"""``python -m bench tricks``: what each trick of ``experiments/training/fast.py`` gains.

Epochs with all of them and epochs without one are done in turn, in processor time of this process,
which a busy machine disturbs less than the clock; the least of some rounds counts.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

from experiments.data.movielens import load_movielens_100k
from experiments.data.ratings import Interactions, Split, split_ratings
from experiments.run import COURSE_RUNS, Run
from experiments.training import fast
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer

ROUNDS, EPOCHS = 5, 3


class UnsortedPairs(fast.SortedPairs):
    """The training pairs as they come."""

    def __init__(self, train: Interactions, device: torch.device) -> None:
        super().__init__(train, device)
        self._position = np.arange(len(train))
        columns = train.users, train.items, train.stars
        self.users, self.items, self.stars = map(torch.from_numpy, columns)


TRICKS: dict[str, tuple[str, object]] = {
    "SortedPairs": ("SortedPairs", UnsortedPairs),
    "predict_in_blocks": ("BLOCK_ROWS", 10**9),
    "score_at_once": ("pays_at_once", lambda *sizes: False),
    "speed_up_lookups": ("speed_up_lookups", lambda net: None),
}


def main() -> None:
    torch.set_num_threads(1)
    split = split_ratings(load_movielens_100k(say=lambda _: None), 123)
    for run in (COURSE_RUNS[1], COURSE_RUNS[2]):
        every = _epoch(run, split)
        without = {name: _patched(name, lambda run=run: _epoch(run, split)) for name in TRICKS}
        seconds: dict[str, list[float]] = {name: [] for name in ("all of them", *TRICKS)}
        for _ in range(ROUNDS):
            seconds["all of them"].append(every())
            for name in TRICKS:
                seconds[name].append(_patched(name, without[name]))
        least = min(seconds["all of them"])
        print(f"{run.label}: {least:.3f} s an epoch", flush=True)
        for name in TRICKS:
            slower = min(seconds[name])
            print(f"  without {name:18} {slower:.3f} s, {slower / least:.2f} times", flush=True)


def _patched(name: str, function: Callable) -> Any:
    attribute, other = TRICKS[name]
    with mock.patch.object(fast, attribute, other):
        return function()


def _epoch(run: Run, split: Split) -> Callable[[], float]:
    """Return what measures an epoch of a trainer that is made now."""
    trainer = Trainer(run, split, load_student_code(Path("submission")))
    trainer.run_epoch()

    def seconds() -> float:
        started = time.process_time()
        for _ in range(EPOCHS):
            trainer.run_epoch()
        return (time.process_time() - started) / EPOCHS

    return seconds
