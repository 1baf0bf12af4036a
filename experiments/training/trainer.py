"""Train a student's network by the assignment's protocol, one epoch at a time."""

import math
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from experiments.data.ratings import Split, split_ratings
from experiments.data.synthetic import synthetic_ratings
from experiments.run import COURSE_RUNS, METRICS, Run
from experiments.training import fast
from experiments.training.evaluation import HeldOutRanking, item_scorer, predict_ratings, to_tensors
from experiments.training.objectives import LOG_VARIANCE_RATE, balancing_of, compare_gradients
from experiments.training.student_code import (
    StudentCode,
    StudentError,
    load_student_code,
    student_errors,
)


class NonFiniteLoss(StudentError):
    """A loss became infinite or NaN; the message says which, when, and what to look at."""


class Predictions(NamedTuple):
    """What the losses compare, float tensors of shape (num_pairs,): one entry a training pair."""

    positive: Tensor  # the interaction of the pair
    negative: Tensor  # that of its user and a movie drawn at random
    stars: Tensor
    predicted_stars: Tensor


class Trainer:
    """One run: a network, its optimizer and its random streams, advanced epoch by epoch.

    Every prediction, loss and rank comes from the student's code.

    Parameters
    ----------
    run : Run
    split : Split
    code : StudentCode

    Attributes
    ----------
    epoch : int
        Epochs finished.
    notes : list of str
        What a student should know about how the run goes; epochs may add to it.
    seconds : dict of str to float
        Time spent in ``"training"`` and ``"evaluation"``, in seconds.
    gradients : list of dict
        Rows of ``compare_gradients``, from the first step of every epoch that is a multiple of
        ``gradient_interval``. None with separate embeddings.

    Raises
    ------
    StudentError
        From the constructor and from the methods, if the student's code raises or returns
        something of another kind than asked for.
    ValueError
        From the constructor, if the run's balancing cannot be.
    """

    def __init__(self, run: Run, split: Split, code: StudentCode) -> None:
        self.run = run
        self.code = code
        self.device = torch.device(run.device)
        self.num_users, self.num_items = split.num_users, split.num_items
        self.epoch = 0
        self.losses = (math.nan,) * 3
        self.seconds = {"training": 0.0, "evaluation": 0.0}
        self.gradients: list[dict[str, Any]] = []

        seed = run.seed_of("weights")
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        with student_errors(code.folder, "cannot build MultiTaskNet"):
            self.net = code.model.MultiTaskNet(
                split.num_users,
                split.num_items,
                embedding_dim=run.embedding_dim,
                layer_sizes=(3 * run.embedding_dim, 64),
                embedding_sharing=run.embedding_sharing,
            ).to(self.device)
            self.optimizer = torch.optim.Adam(self.net.parameters(), run.learning_rate)
            fast.speed_up_lookups(self.net)
        self.balancing = balancing_of(run, list(self.net.parameters())).to(self.device)
        if learned := list(self.balancing.parameters()):
            self.optimizer.add_param_group({"params": learned, "lr": LOG_VARIANCE_RATE})
        self.draws = np.random.RandomState(run.seed_of("negatives"))

        self.score_items, note = item_scorer(self.net, self.num_users, self.num_items)
        self.notes = [note] if note else []
        self.scores_at_once = note is None and fast.pays_at_once(
            self.num_users, self.num_items, len(split.train)
        )
        self.pairs = fast.SortedPairs(split.train, self.device)
        self.test_users, self.test_items, self.test_stars = to_tensors(split.test, self.device)
        # Ranks are float64, which Apple's GPUs lack.
        ranking_device = torch.device("cpu") if self.device.type == "mps" else self.device
        self.ranking = HeldOutRanking(split, ranking_device)

    def run_epoch(self) -> dict[str, float]:
        """Train and evaluate an epoch; return the five metrics by their keys."""
        for _ in self.train_epoch():
            pass
        return self.evaluate_epoch()

    def train_epoch(self) -> Iterator[float]:
        """Take the epoch's gradient steps; yield the share that is done after each.

        Raises
        ------
        NonFiniteLoss
            If a loss is infinite or NaN.
        """
        started = time.perf_counter()
        with student_errors(self.code.folder, f"stopped in epoch {self.epoch}"):
            self.net.train()
            order = np.arange(len(self.pairs))
            self.draws.shuffle(order)
            negatives = self.draws.randint(0, self.num_items, len(order), dtype=np.int64)
            sums = np.zeros(3)
            done = 0
            for predictions in self._predictions(order, negatives):
                count = len(predictions.stars)
                sums += count * np.array(self._step(predictions))
                done += count
                yield done / len(order)
        self.losses = tuple((sums / len(order)).tolist())
        self.seconds["training"] += time.perf_counter() - started

    def evaluate_epoch(self) -> dict[str, float]:
        """Evaluate after ``train_epoch``; return the five metrics by their keys.

        The losses are those before each step, in the mean over pairs.
        """
        started = time.perf_counter()
        with student_errors(self.code.folder, f"stopped when epoch {self.epoch} was evaluated"):
            self.net.eval()
            with torch.no_grad():
                mrr = self.ranking.mrr(
                    lambda user_ids: self.score_items(user_ids.to(self.device)),
                    self.code.mrr.mrr_score,
                )
                predicted = predict_ratings(self.net, self.test_users, self.test_items)
                mse = float(self.code.loss.regression_loss(self.test_stars, predicted))
        self.epoch += 1
        self.seconds["evaluation"] += time.perf_counter() - started
        values = dict(zip(METRICS, (*self.losses, mrr, mse)))
        for metric, value in values.items():
            note = f"{metric.key} is {value}: see {metric.question}"
            if not math.isfinite(value) and note not in self.notes:
                self.notes.append(note)
        return {metric.key: value for metric, value in values.items()}

    def state(self) -> dict:
        """Return all that the rest of the run depends on, for ``torch.save``."""
        return {
            "epoch": self.epoch,
            "net": self.net.state_dict(),
            "balancing": self.balancing.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "gradients": list(self.gradients),
            "notes": list(self.notes),
            "draws": _with_tensor(self.draws.get_state()),
            # A student's dropout, or the like, draws from the global streams.
            "streams": _random_streams(),
            "device": self._device_streams.get_rng_state() if self._device_streams else None,
            "seconds": dict(self.seconds),
        }

    def restore(self, state: dict) -> None:
        """Continue from a ``state`` of an equal run, to the same bits."""
        self.epoch = state["epoch"]
        self.net.load_state_dict(state["net"])
        self.balancing.load_state_dict(state["balancing"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.gradients = list(state["gradients"])
        self.notes = list(state["notes"])
        self.draws.set_state(_with_array(state["draws"]))
        _set_random_streams(state["streams"])
        if self._device_streams:
            self._device_streams.set_rng_state(state["device"])
        self.seconds = dict(state["seconds"])

    @property
    def _device_streams(self) -> ModuleType | None:
        """Torch's module of the card that trains, which draws from a stream of its own."""
        return {"cuda": torch.cuda, "mps": torch.mps}.get(self.device.type)

    def _predictions(self, order: np.ndarray, negatives: np.ndarray) -> Iterator[Predictions]:
        """Yield the predictions of each batch; those of a batch after the step of the last one."""
        pairs = self.pairs
        if self.run.batch_size is None:
            yield self._predict_all(pairs.align(order, negatives))
            return
        drawn = torch.from_numpy(negatives).to(self.device).split(self.run.batch_size)
        for rows, others in zip(pairs.rows(order).split(self.run.batch_size), drawn):
            users = pairs.users[rows]
            positive, predicted_stars = self.net(users, pairs.items[rows])
            negative, _ = self.net(users, others)
            yield Predictions(positive, negative, pairs.stars[rows], predicted_stars)

    def _predict_all(self, negatives: Tensor) -> Predictions:
        users = self.pairs.users
        positive, predicted_stars = fast.predict_in_blocks(self.net, users, self.pairs.items)
        if self.scores_at_once:
            negative = fast.score_at_once(self.score_items, self.num_users, users, negatives)
        else:
            negative = fast.interact_in_blocks(self.net, users, negatives)
        return Predictions(positive, negative, self.pairs.stars, predicted_stars)

    def _step(self, predictions: Predictions) -> tuple[float, float, float]:
        """Take one gradient step; return the three losses before it."""
        positive, negative, stars, predicted_stars = predictions
        loss, run = self.code.loss, self.run
        factorization = _scalar("bpr_loss (2a)", loss.bpr_loss(positive, negative))
        regression = _scalar("regression_loss (2b)", loss.regression_loss(stars, predicted_stars))
        joint = loss.joint_loss(
            factorization, regression, run.factorization_weight, run.regression_weight
        )
        joint = _scalar("joint_loss (2c)", joint)
        values = factorization.item(), regression.item(), joint.item()
        for metric, value in zip(METRICS, values):
            if not math.isfinite(value):
                raise NonFiniteLoss(
                    f"{metric.key} is {value} in epoch {self.epoch}. Look for a division by zero, "
                    "a logarithm of zero or an exponential of a large number in "
                    "submission/loss.py, or for a sum over the batch where the assignment asks "
                    "for a mean"
                )
        if self._compares_gradients():
            self.gradients += compare_gradients(self.epoch, factorization, regression, self.net)
        self.optimizer.zero_grad()
        self.balancing.backward(
            run.factorization_weight * factorization, run.regression_weight * regression, joint
        )
        self.optimizer.step()
        return values

    def _compares_gradients(self) -> bool:
        """Say whether the gradients of this epoch are wanted, and not compared yet."""
        interval = self.run.gradient_interval
        if not interval or self.epoch % interval or not self.run.embedding_sharing:
            return False
        return not self.gradients or self.gradients[-1]["epoch"] < self.epoch


def _scalar(name: str, value: object) -> Tensor:
    """Return the student's loss if it is a scalar tensor that gradients flow through."""
    if not isinstance(value, Tensor) or value.dim() != 0:
        got = type(value).__name__
        if isinstance(value, Tensor):
            got = f"a tensor of shape {tuple(value.shape)}"
        raise ValueError(f"{name} should return a scalar tensor, got {got}")
    if not value.requires_grad:
        raise ValueError(
            f"{name} returned a number that no gradient flows through: "
            "leave out .item(), .detach(), .data and torch.tensor()"
        )
    return value


def _random_streams() -> dict:
    """Return the states of the global random streams, as ``torch.load`` takes them."""
    return {
        "python": random.getstate(),
        "numpy": _with_tensor(np.random.get_state()),
        "torch": torch.get_rng_state(),
    }


def _set_random_streams(states: dict) -> None:
    random.setstate(states["python"])
    np.random.set_state(_with_array(states["numpy"]))
    torch.set_rng_state(states["torch"])


def _with_tensor(state: Any) -> tuple:
    kind, keys, *rest = state
    return kind, torch.from_numpy(keys), *rest


def _with_array(state: Any) -> tuple:
    kind, keys, *rest = state
    return kind, keys.numpy(), *rest


def smoke_test(submission: Path) -> str:
    """Train a shared and a separate network for two epochs on a small synthetic set.

    The caller's random streams are left as they are.

    Returns
    -------
    str
        A sentence that says that it ran, and what is worth knowing. It does not say that the
        code is right; grading does.

    Raises
    ------
    StudentError
        Naming the file and the line to fix.
    """
    split = split_ratings(synthetic_ratings(60, 90, 1500), seed=0)
    notes: list[str] = []
    streams = _random_streams()
    try:
        code = load_student_code(submission)
        for run in COURSE_RUNS[1:3]:
            trainer = Trainer(replace(run, epochs=2), split, code)
            for _ in range(2):
                trainer.run_epoch()
            notes += [note for note in trainer.notes if note not in notes]
    finally:
        _set_random_streams(streams)
    return "\n".join(["Your model, losses and metric run.", *(f"Note: {note}." for note in notes)])
