"""Train a student's network by the assignment's protocol, one epoch at a time."""

import math
import random
import time
from collections.abc import Callable
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from experiments.configuration import METRICS, QUESTIONS
from experiments.data.ratings import Split
from experiments.run import Run
from experiments.training.evaluation import HeldOutRanking, item_scorer, predict_ratings, to_tensors
from experiments.training.fast import speed_up_lookups
from experiments.training.objectives import (
    LOG_VARIANCE_RATE,
    Losses,
    balancing_of,
    compare_gradients,
)
from experiments.training.student_code import StudentCode, StudentError, student_errors

BLOCK_ROWS = 4096  # a block's activations stay in the processor's second-level cache
PAIRS_PER_RATING = 32  # scoring so many pairs by matrix product costs less than one MLP


class NonFiniteLoss(StudentError):
    """A loss became infinite or NaN; the message says which, when, and what to look at."""


class Training:
    """One run: a network, its optimizer and its random stream, advanced epoch by epoch.

    Every prediction, loss and rank comes from the student's code. A full-batch epoch is one
    gradient step on all training pairs. The pairs go through ``forward`` in blocks that fit
    the processor's cache, in an order fixed once (by user, which makes look-ups local): the
    protocol's shuffle then only says which negative belongs to which pair. The losses see all
    pairs at once, so the step is the same but for the order in which floats are added.

    Parameters
    ----------
    configuration : Run
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
    on_pairs : callable
        Called after each minibatch with the pairs done in this epoch and those of an epoch.
    gradients : list of dict
        Rows of ``compare_gradients``, from the first step of every epoch that is a multiple of
        ``gradient_interval``. None with separate embeddings.

    Raises
    ------
    StudentError
        From the constructor and from ``run_epoch``, if the student's code raises or returns
        something of another kind than asked for.
    ValueError
        From the constructor, if the configuration's balancing cannot be.
    """

    def __init__(self, configuration: Run, split: Split, code: StudentCode) -> None:
        self.run = configuration
        self.code = code
        self.device = torch.device(configuration.device)
        self.num_users, self.num_items = split.num_users, split.num_items
        self.epoch = 0
        self.seconds = {"training": 0.0, "evaluation": 0.0}
        self.on_pairs: Callable[[int, int], None] = lambda done, of: None
        self.gradients: list[dict[str, int | str | float]] = []

        seed = configuration.seed_of("weights")
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        with student_errors(code.folder, "cannot build MultiTaskNet"):
            self.net = code.model.MultiTaskNet(
                split.num_users,
                split.num_items,
                embedding_dim=configuration.embedding_dim,
                layer_sizes=(3 * configuration.embedding_dim, 64),
                embedding_sharing=configuration.embedding_sharing,
            ).to(self.device)
            self.optimizer = torch.optim.Adam(self.net.parameters(), configuration.learning_rate)
            speed_up_lookups(self.net)
        self.balancing = balancing_of(configuration, list(self.net.parameters())).to(self.device)
        if learned := list(self.balancing.parameters()):
            self.optimizer.add_param_group({"params": learned, "lr": LOG_VARIANCE_RATE})
        self.draws = np.random.RandomState(configuration.seed_of("negatives"))

        self.score_items, note = item_scorer(self.net, self.num_users, self.num_items)
        self.notes = [note] if note else []
        self.scores_negatives_at_once = (
            note is None
            and configuration.batch_size is None
            and self.num_users * self.num_items <= PAIRS_PER_RATING * len(split.train)
        )

        # Position of each training row in the order of the blocks.
        by_user = np.lexsort((split.train.items, split.train.users))
        self.position = np.empty_like(by_user)
        self.position[by_user] = np.arange(len(by_user))
        users, items, stars = to_tensors(split.train, self.device)
        by_user = torch.from_numpy(by_user).to(self.device)
        self.users, self.items, self.stars = users[by_user], items[by_user], stars[by_user]
        self.test_users, self.test_items, self.test_stars = to_tensors(split.test, self.device)
        # Ranks are float64, which Apple's GPUs lack.
        ranking_device = torch.device("cpu") if self.device.type == "mps" else self.device
        self.ranking = HeldOutRanking(self._ranked(split), ranking_device)

    def _ranked(self, split: Split) -> Split:
        """Return the part of the split whose users this process ranks movies for: all of it."""
        return split

    def run_epoch(self) -> dict[str, float]:
        """Take the epoch's gradient steps, evaluate, and return the five metrics by name.

        Raises
        ------
        NonFiniteLoss
            If a loss is infinite or NaN.
        """
        started = time.perf_counter()
        with student_errors(self.code.folder, f"stopped in epoch {self.epoch}"):
            self.net.train()
            losses = self._train()
        trained = time.perf_counter()
        with student_errors(self.code.folder, f"stopped when epoch {self.epoch} was evaluated"):
            self.net.eval()
            with torch.no_grad():
                metrics = self._evaluate()
        self.epoch += 1
        self.seconds["training"] += trained - started
        self.seconds["evaluation"] += time.perf_counter() - trained
        named = dict(zip(METRICS, (*losses, *metrics)))
        self._note_what_is_no_number(named)
        return named

    def _note_what_is_no_number(self, metrics: dict[str, float]) -> None:
        """Note once what the run can go on with, and what nobody can compare afterwards."""
        for name, value in metrics.items():
            note = f"{name} is {value}: see {QUESTIONS[name]}"
            if not math.isfinite(value) and note not in self.notes:
                self.notes.append(note)

    def state(self) -> dict:
        """Return all that the rest of the run depends on, for ``torch.save``."""
        kind, keys, *rest = self.draws.get_state()
        global_kind, global_keys, *global_rest = np.random.get_state()
        return {
            "epoch": self.epoch,
            "net": self.net.state_dict(),
            "balancing": self.balancing.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "gradients": list(self.gradients),
            "draws": (kind, torch.from_numpy(keys), *rest),
            # A student's dropout, or the like, draws from the global streams.
            "numpy": (global_kind, torch.from_numpy(global_keys), *global_rest),
            "python": random.getstate(),
            "torch": torch.get_rng_state(),
            "device": self._device_streams.get_rng_state() if self._device_streams else None,
            "seconds": dict(self.seconds),
        }

    def restore(self, state: dict) -> None:
        """Go on from a ``state`` of a run with the same configuration, to the same bits."""
        self.epoch = state["epoch"]
        self.net.load_state_dict(state["net"])
        self.balancing.load_state_dict(state["balancing"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.gradients = list(state["gradients"])
        kind, keys, *rest = state["draws"]
        self.draws.set_state((kind, keys.numpy(), *rest))
        kind, keys, *rest = state["numpy"]
        np.random.set_state((kind, keys.numpy(), *rest))
        random.setstate(state["python"])
        torch.set_rng_state(state["torch"])
        if self._device_streams:
            self._device_streams.set_rng_state(state["device"])
        self.seconds = dict(state["seconds"])

    @property
    def _device_streams(self) -> ModuleType | None:
        """Torch's module of the card that trains, which draws from a stream of its own."""
        return {"cuda": torch.cuda, "mps": torch.mps}.get(self.device.type)

    def _train(self) -> tuple[float, float, float]:
        """Return the factorization loss, the MSE and the joint loss before the steps."""
        order = np.arange(len(self.users))
        self.draws.shuffle(order)
        negatives = self.draws.randint(0, self.num_items, len(order), dtype=np.int64)
        if self.run.batch_size is None:
            aligned = np.empty_like(negatives)
            aligned[self.position[order]] = negatives
            return self._step(self._predict_all(torch.from_numpy(aligned).to(self.device)))

        rows = torch.from_numpy(self.position[order]).to(self.device)
        negatives = torch.from_numpy(negatives).to(self.device)
        sums = np.zeros(3)
        done = 0
        size = self.run.batch_size
        for batch, drawn in zip(rows.split(size), negatives.split(size)):
            losses = self._step(self._predict(batch, drawn))
            sums += len(batch) * np.array(losses)
            done += len(batch)
            self.on_pairs(done, len(rows))
        return tuple((sums / len(rows)).tolist())

    def _predict(self, rows: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return positive and negative scores, stars and predicted stars of a minibatch."""
        users = self.users[rows]
        positive, predicted = self.net(users, self.items[rows])
        negative, _ = self.net(users, negatives)
        return positive, negative, self.stars[rows], predicted

    def _predict_all(self, negatives: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return positive and negative scores, stars and predicted stars of all pairs."""
        size = BLOCK_ROWS if self.device.type == "cpu" else len(self.users)
        blocks = list(zip(self.users.split(size), self.items.split(size)))
        positive, predicted = map(torch.cat, zip(*(self.net(*block) for block in blocks)))
        if self.scores_negatives_at_once:
            every_user = torch.arange(self.num_users, device=self.device)
            negative = self.score_items(every_user)[self.users, negatives]
        else:
            blocks = zip(self.users.split(size), negatives.split(size))
            negative = torch.cat([self.net(*block)[0] for block in blocks])
        return positive, negative, self.stars, predicted

    def _step(self, predictions: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[float, ...]:
        """Take one gradient step; return the three losses before it."""
        positive, negative, stars, predicted = predictions
        loss, weights = self.code.loss, self.run
        factorization = _scalar("bpr_loss (2a)", loss.bpr_loss(positive, negative))
        regression = _scalar("regression_loss (2b)", loss.regression_loss(stars, predicted))
        joint = _scalar(
            "joint_loss (2c)",
            loss.joint_loss(
                factorization,
                regression,
                weights.factorization_weight,
                weights.regression_weight,
            ),
        )
        values = factorization.item(), regression.item(), joint.item()
        for name, value in zip(METRICS, values):
            if not math.isfinite(value):
                raise NonFiniteLoss(
                    f"{name} is {value} in epoch {self.epoch}. Look for a division by zero, a "
                    "logarithm of zero or an exponential of a large number in submission/loss.py,"
                    " or for a sum over the batch where the assignment asks for a mean"
                )
        if self._compares_gradients():
            self.gradients += compare_gradients(self.epoch, factorization, regression, self.net)
        self.optimizer.zero_grad()
        self.balancing.backward(Losses(factorization, regression, joint))
        self.optimizer.step()
        return values

    def _compares_gradients(self) -> bool:
        """Say whether the gradients of this epoch are wanted, and not compared yet."""
        interval = self.run.gradient_interval
        if not interval or self.epoch % interval or not self.run.embedding_sharing:
            return False
        return not self.gradients or self.gradients[-1]["epoch"] < self.epoch

    def _evaluate(self) -> tuple[float, float]:
        """Return the test set's mean reciprocal rank and MSE, by the student's functions."""
        mrr, predicted = self._rank(), self._predict_test()
        return mrr, float(self.code.loss.regression_loss(self.test_stars, predicted))

    def _rank(self) -> float:
        """Return the mean reciprocal rank over the users of the test set."""
        return self.ranking.mrr(
            lambda user_ids: self.score_items(user_ids.to(self.device)), self.code.mrr.mrr_score
        )

    def _predict_test(self) -> Tensor:
        """Return the predicted stars of the test pairs, in their order."""
        return predict_ratings(self.net, self.test_users, self.test_items)


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
