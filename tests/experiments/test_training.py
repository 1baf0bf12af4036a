"""Training follows the protocol to the random stream, and runs whatever the student wrote."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from bench import baseline
from experiments.data.ratings import split_ratings
from experiments.data.synthetic import synthetic_ratings
from experiments.run import COURSE_RUNS
from experiments.run import METRIC_KEYS as METRICS
from experiments.training.student_code import StudentError, load_student_code
from experiments.training.trainer import NonFiniteLoss, Trainer

LF, MSE, JOINT, MRR, TEST_MSE = METRICS
SHARED_99, SHARED_50, SEPARATE_50, SEPARATE_99 = COURSE_RUNS


def train(run, split, folder, epochs=1, **changes) -> list[dict[str, float]]:
    training = Trainer(replace(run, **changes), split, load_student_code(folder))
    return [training.run_epoch() for _ in range(epochs)]


def tolerance(metric: str) -> float:
    """Return the relative difference that rounding may make; it may swap two near-equal ranks."""
    return 5e-3 if metric == MRR else 1e-4


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (SHARED_50, (0.50001, 13.3328, 6.9164, 0.00657, 13.2436)),
        (SEPARATE_50, (None, 14.1516, None, None, 14.0606)),
    ],
    ids=["shared", "separate"],
)
def test_first_epoch_on_the_real_data(movielens, reference, run, expected):
    (first,) = train(run, split_ratings(movielens, 123), reference)
    for metric, value in zip(METRICS, expected):
        if value is not None:
            assert first[metric] == pytest.approx(value, rel=1e-3 if "Rank" in metric else 1e-5)


@pytest.mark.parametrize("run", COURSE_RUNS, ids=lambda run: run.name)
def test_every_run_has_the_plain_protocols_numbers(run, reference, tmp_path, monkeypatch, capsys):
    ratings = synthetic_ratings()
    columns = ratings.users, ratings.items, ratings.stars.astype(int)
    np.savetxt(tmp_path / "u.data", np.column_stack([*columns, columns[0]]), "%d", "\t")
    weights = [str(run.factorization_weight), str(run.regression_weight)]
    arguments = ["baseline", str(tmp_path / "u.data"), "--epochs", "12", "--weights", *weights]
    if not run.embedding_sharing:
        arguments.append("--separate")
    monkeypatch.setattr("sys.argv", arguments)
    baseline.main()
    plain = json.loads(capsys.readouterr().out)
    last = train(run, split_ratings(ratings, 123), reference, epochs=12)[-1]
    for metric in METRICS:
        assert last[metric] == pytest.approx(plain[metric], rel=tolerance(metric))


def test_blocks_and_negatives_at_once_change_nothing(reference, monkeypatch):
    split = split_ratings(synthetic_ratings(), 123)
    at_once = train(SHARED_50, split, reference, epochs=5)
    monkeypatch.setattr("experiments.training.fast.BLOCK_ROWS", 100)
    monkeypatch.setattr("experiments.training.fast.PAIRS_PER_RATING", 0)
    in_blocks = train(SHARED_50, split, reference, epochs=5)
    for one, other in zip(at_once, in_blocks):
        for metric in METRICS:
            assert one[metric] == pytest.approx(other[metric], rel=tolerance(metric))


@pytest.mark.parametrize("run", [SHARED_99, SEPARATE_50], ids=lambda run: run.name)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(run, small_split, reference):
    first, second, other = (
        train(run, small_split, reference, epochs=3, seed=seed) for seed in (7, 7, 8)
    )
    assert first == second
    assert first != other


def test_a_restored_run_ends_with_the_same_bits(small_split, reference):
    whole = train(SEPARATE_99, small_split, reference, epochs=6)
    code = load_student_code(reference)
    first = Trainer(SEPARATE_99, small_split, code)
    for _ in range(3):
        first.run_epoch()
    state = first.state()
    np.random.random(5), torch.rand(5)
    second = Trainer(SEPARATE_99, small_split, code)
    second.restore(state)
    assert [second.run_epoch() for _ in range(3)] == whole[3:]


def test_a_restored_run_goes_on_with_the_cards_random_stream(small_split, reference, monkeypatch):
    """On a card, a student's dropout draws from there; a stand-in, as there is none here."""
    streams = {"card": torch.tensor([1, 2], dtype=torch.uint8)}
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: streams["card"])
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state: streams.update(card=state))
    training = Trainer(SHARED_50, small_split, load_student_code(reference))
    training.device = torch.device("cuda")
    state = training.state()
    streams["card"] = torch.tensor([3, 4], dtype=torch.uint8)
    training.restore(state)
    assert streams["card"].tolist() == [1, 2]


def test_one_minibatch_of_everything_is_the_full_batch(small_split, reference):
    full = train(SHARED_50, small_split, reference, epochs=3)
    minibatch = train(SHARED_50, small_split, reference, epochs=3, batch_size=10**6)
    for one, other in zip(full, minibatch):
        for metric in (LF, MSE, JOINT, TEST_MSE):
            assert one[metric] == pytest.approx(other[metric], rel=1e-4)


def test_minibatches_take_a_step_each_and_log_the_mean_over_pairs(small_split, reference):
    configuration = replace(SHARED_50, batch_size=400)
    training = Trainer(configuration, small_split, load_student_code(reference))
    steps = []
    step = training.optimizer.step
    training.optimizer.step = lambda: (steps.append(1), step())
    metrics = training.run_epoch()
    assert len(steps) == math.ceil(len(small_split.train) / 400) == 4
    joint = 0.5 * metrics["training/Factorization Loss"] + 0.5 * metrics["training/MSE"]
    assert metrics["training/Joint Loss"] == pytest.approx(joint, rel=1e-5)
    full = train(SHARED_50, small_split, reference, epochs=1)[0]
    assert metrics["eval/MSE"] < full["eval/MSE"], "four steps get further than one"


BROKEN = {
    "bias left out of the score": ("model.py", "+ a + b", "+ a", {LF, MRR}),
    "no product feature": ("model.py", "[u, q, u * q]", "[u, q, u + q]", {MSE, TEST_MSE}),
    "table of the other task": ("model.py", "self.U_reg(user_ids)", "self.U_fact(user_ids)", {MSE}),
    "no ReLU": ("model.py", "nn.ReLU()", "nn.Identity()", {MSE, TEST_MSE}),
    "tables not scaled": ("model.py", "1.0 / self.embedding_dim", "1.0", {LF, MSE, MRR}),
    "ranking without item bias": ("model.py", " + self.B.weight.T", "", {MRR}),
    "BPR with its sign turned": ("loss.py", "1 - torch.sigmoid", "torch.sigmoid", {LF, MRR}),
    "sum instead of mean": ("loss.py", "** 2).mean()", "** 2).sum()", {MSE, JOINT}),
    "weights swapped": (
        "loss.py",
        "factorization_weight * factorization_loss",
        "regression_weight * factorization_loss",
        {JOINT, MRR},
    ),
    "seen movies ranked": ("mrr.py", "torch.where(seen, -torch.inf, scores)", "scores", {MRR}),
    "ranks from zero": ("mrr.py", "num_items + 1", "num_items", {MRR}),
    "mean over all users": ("mrr.py", "nanmean()", "nan_to_num().mean()", {MRR}),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_what_the_student_breaks_shows_in_the_curves(
    broken, small_split, reference, changed_submission
):
    """Nothing of the student's is computed by a copy: each mistake moves its own metrics."""
    file, old, new, moved = BROKEN[broken]
    run = SEPARATE_99 if "task" in broken else SHARED_99
    right = train(run, small_split, reference, epochs=15)[-1]
    wrong = train(run, small_split, changed_submission(file, old, new), epochs=15)[-1]
    for metric in moved:
        assert abs(wrong[metric] - right[metric]) > 1e-5 * abs(right[metric]), metric


def test_a_model_without_score_all_items_still_runs(small_split, reference, changed_submission):
    folder = changed_submission("model.py", "def score_all_items", "def another_name")
    training = Trainer(SHARED_99, small_split, load_student_code(folder))
    (note,) = training.notes
    assert note == "score_all_items (1d) is missing; forward stands in for it, which is slower"
    right = train(SHARED_99, small_split, reference, epochs=3)
    for expected in right:
        assert training.run_epoch() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("new", "note"),
    [
        ("+ self.A(user_ids)", "give different scores"),
        (
            "+ self.A(user_ids) + self.B.weight.T\n        scores = scores.detach()",
            "gradients do not flow through score_all_items",
        ),
        ("+ self.A(user_ids) + self.B.weight.T.data", "gradients do not flow"),
        ("+ self.A(user_ids) + self.B.weight.T\n        raise NotImplementedError", "not written"),
        ("+ self.A(user_ids) + self.C.weight.T", "score_all_items .* raised AttributeError"),
    ],
    ids=["no item bias", "detached", "bias detached", "not written", "raises"],
)
def test_negatives_are_scored_by_forward_where_score_all_items_is_another_function(
    small_split, reference, changed_submission, new, note
):
    """The factorization loss is forward's whatever is the matter with 1d; and a note says so.

    The MRR is ``score_all_items``'s where there is one, right or wrong.
    """
    folder = changed_submission("model.py", "+ self.A(user_ids) + self.B.weight.T", new)
    training = Trainer(SHARED_99, small_split, load_student_code(folder))
    assert not training.scores_at_once
    assert re.search(note, training.notes[0])
    stands_in = "forward stands in for it" in training.notes[0]
    assert stands_in == (note == "not written")
    assert stands_in != ("the MRR is computed with score_all_items as it is" in training.notes[0])
    every_user = torch.arange(small_split.num_users)
    if note == "give different scores":
        ranked, own = training.score_items(every_user), training.net.score_all_items(every_user)
        assert torch.equal(ranked, own)
    right = Trainer(SHARED_99, small_split, load_student_code(reference))
    for _ in range(3):
        for trainer in (training, right):
            assert list(trainer.train_epoch()) == [1.0]
        assert training.losses == pytest.approx(right.losses, rel=1e-5)


def test_the_check_of_score_all_items_leaves_the_random_stream_alone(
    small_split, changed_submission, reference
):
    """A student's own use of random numbers does not shift the protocol's."""
    noisy = changed_submission(
        "model.py",
        "        u = self.U(user_ids)\n",
        "        torch.rand(len(user_ids))\n        u = self.U(user_ids)\n",
    )
    assert train(SHARED_50, small_split, noisy, 2) == train(SHARED_50, small_split, reference, 2)


def test_a_slow_loop_over_users_gives_the_same_ranks(small_split, reference, changed_submission):
    slow = changed_submission(
        "mrr.py",
        "    mrr = reciprocal_ranks(scores, heldout, seen).nanmean().item()",
        "    import scipy.stats\n"
        "    values = []\n"
        "    for row, out, gone in zip(scores.numpy(), heldout.numpy(), seen.numpy()):\n"
        "        if out.any():\n"
        "            ranks = scipy.stats.rankdata(-row[~gone])\n"
        "            values.append((1 / ranks[out[~gone]]).mean())\n"
        "    mrr = sum(values) / len(values)",
    )
    expected = train(SHARED_99, small_split, reference, epochs=2)
    for one, other in zip(train(SHARED_99, small_split, slow, epochs=2), expected):
        assert one == pytest.approx(other, rel=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "metric", "value"),
    [
        ("** 2).mean()", "** 2).mean() * float('inf')", "training/MSE", "inf"),
        (
            "(1 - torch.sigmoid(positive_predictions - negative_predictions)).mean()",
            "torch.log(positive_predictions - positive_predictions).mean() * 0",
            "training/Factorization Loss",
            "nan",
        ),
    ],
)
def test_a_loss_that_is_not_finite_stops_the_run(
    small_split, changed_submission, old, new, metric, value
):
    folder = changed_submission("loss.py", old, new)
    with pytest.raises(NonFiniteLoss, match=f"{metric} is {value} in epoch 0. Look for"):
        train(SHARED_50, small_split, folder)


def test_a_metric_that_is_no_number_is_noted_once_and_the_run_goes_on(
    small_split, changed_submission
):
    """A plain mean takes in the users without held-out movies, whose value is NaN."""
    folder = changed_submission("mrr.py", ".nanmean()", ".mean()")
    training = Trainer(SHARED_50, small_split, load_student_code(folder))
    assert training.notes == []
    for _ in range(2):
        assert math.isnan(training.run_epoch()[MRR])
    assert training.notes == ["eval/Mean Reciprocal Rank is nan: see 2d"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("loss.py", "** 2).mean()", "** 2)", r"regression_loss \(2b\) should return a scalar"),
        (
            "loss.py",
            "** 2).mean()",
            "** 2).mean().item()",
            r"regression_loss \(2b\) should return a scalar tensor, got float$",
        ),
        (
            "loss.py",
            "negative_predictions)).mean()",
            "negative_predictions)).mean().detach()",
            r"bpr_loss \(2a\) returned a number that no gradient flows through: leave out \.item",
        ),
        (
            "model.py",
            "        u = self.U(user_ids)\n",
            "        raise NotImplementedError('Question 1c')\n",
            r"submission/model.py, line \d+, in forward_with_embedding_sharing: Question 1c",
        ),
        (
            "model.py",
            "[u, q, u * q], dim=1",
            "[u, q, u * q], dim=0",
            r"(?s)stopped in epoch 0: RuntimeError.*submission/model.py, line \d+, in _rating",
        ),
        ("mrr.py", "    return mrr\n", "", r"mrr_score \(2d\) should return a float, got NoneT"),
        (
            "model.py",
            "        return scores\n",
            "        return scores[:, 1:]\n",
            r"score_all_items \(1d\) should return scores of shape .*, got \(60, 90\)",
        ),
        (
            "model.py",
            "return U, Q\n",
            "return U\n",
            r"(?s)cannot build MultiTaskNet.*submission/model.py, line \d+, in __init__",
        ),
    ],
)
def test_a_mistake_is_told_with_the_students_own_line(
    small_split, changed_submission, file, old, new, message
):
    folder = changed_submission(file, old, new)
    with pytest.raises(StudentError, match=message) as caught:
        train(SHARED_50, small_split, folder)
    assert "experiments/" not in str(caught.value), "our own lines are no help"
