"""Tolerances, the oracle and the list of tests, on cases that can be checked by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from grader.engine.trial import attempt
from hypothesis import given, settings
from hypothesis import strategies as st
from replies import AnswerAlways, AnswerRightBut

from grader import oracle
from grader.engine.cached_session import Sandbox
from grader.engine.check import Answer, Judge, Value, agree, text
from grader.engine.runner import present_tests
from grader.engine.sandbox import Limits, Reply
from grader.engine.variants import VARIANTS
from grader.nets import cases, one_of_each, shallow_cases
from grader.reference import loss, mrr
from grader.reference.model import MultiTaskNet
from problem_set.assignment import read_assignment
from tests.course import FULL_MARKS

ARRAY = np.array([1.0, -2.5, 0.003])


def test_rounding_agrees_and_a_thousandth_does_not() -> None:
    assert agree(ARRAY, ARRAY.astype(np.float32))
    assert agree(ARRAY, ARRAY * (1 + 1e-6))
    assert not agree(ARRAY, ARRAY * 1.001)
    assert not agree(ARRAY, ARRAY[:, None])
    assert agree(np.array([np.nan, 1]), np.array([np.nan, 1]))
    assert not agree(ARRAY, None)


@pytest.mark.parametrize(
    "array", [np.full(3, np.nan), np.full(3, np.inf), np.zeros(3, complex), np.zeros(0), None]
)
def test_strange_answers_fail_and_do_not_raise(array: np.ndarray | None) -> None:
    judge = Judge(ask=None)
    judge.equal("the result", Value("Tensor", "float32", array), ARRAY)
    judge.shape("the result", Value("Tensor", "float32", array), (4,))
    assert len(judge.failures) == 2


@pytest.mark.parametrize(
    "result", [{}, {"values": 3}, {"values": {"out": []}}, {"values": {"out": {"type": 1}}}]
)
def test_a_forged_answer_is_a_wrong_answer(result: dict) -> None:
    judge = Judge(ask=None)
    value = Answer(Reply("ok", result=result))["out"]
    judge.tensor("the loss", value)
    judge.equal("the loss", value, 0.5)
    assert len(judge.failures) == 2


def test_every_test_is_in_the_assignment_and_every_entry_has_a_test() -> None:
    assignment = read_assignment()
    assert set(present_tests()) == {test.id for test in assignment.tests}
    for test in assignment.tests:
        folder = "hidden_tests" if test.hidden else "public_tests"
        assert present_tests()[test.id].__module__.startswith(f"grader.{folder}.")
        assert present_tests()[test.id].__doc__.strip()


def test_hidden_tests_decide() -> None:
    tests = read_assignment().tests
    assert sum(test.points for test in tests if test.hidden) >= 0.8 * FULL_MARKS


def test_the_worker_vocabulary_knows_nothing_of_the_tests() -> None:
    text = (Path(__file__).parents[2] / "grader" / "adapter.py").read_text()
    assert "grader." not in text.split('"""', 2)[2]
    assert not any(test.id in text for test in read_assignment().tests)


def test_ties_share_the_mean_rank_in_the_oracle() -> None:
    scores = np.array([[5.0, 3.0, 3.0, 1.0]])
    heldout = np.array([[False, True, False, True]])
    assert oracle.reciprocal_ranks(scores, heldout) == pytest.approx((1 / 2.5 + 1 / 4) / 2)
    seen = np.array([[True, False, False, False]])
    assert oracle.reciprocal_ranks(scores, heldout, seen) == pytest.approx((1 / 1.5 + 1 / 3) / 2)
    assert np.isnan(oracle.reciprocal_ranks(scores, ~heldout & heldout)).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_oracle_and_base_agree_on_any_ranking(seed: int, users: int, items: int) -> None:
    random = np.random.RandomState(seed)
    scores = random.randint(-3, 4, (users, items)).astype(np.float32)
    heldout = random.rand(users, items) < 0.3
    seen = (random.rand(users, items) < 0.3) & ~heldout
    base = mrr.reciprocal_ranks(*map(torch.from_numpy, (scores, heldout, seen)))
    np.testing.assert_allclose(base, oracle.reciprocal_ranks(scores, heldout, seen))


@pytest.mark.parametrize("sharing", [True, False])
def test_oracle_gradients_are_those_of_automatic_differentiation(sharing: bool) -> None:
    for case in (*cases(sharing, 0), *cases(sharing, VARIANTS - 1)):
        sizes = (case.num_users, case.num_items, case.embedding_dim, case.layer_sizes, sharing)
        net = MultiTaskNet(*sizes)
        with torch.no_grad():
            for name, table in case.tables.items():
                getattr(net, name).weight.copy_(torch.from_numpy(table))
            for parameter, array in zip(net.mlp_layers.parameters(), case.dense):
                parameter.copy_(torch.from_numpy(array))
        inputs = [getattr(net, name).weight for name in case.tables]
        inputs += list(net.mlp_layers.parameters())
        outputs = net(*map(torch.from_numpy, case.ids.values()))
        for output, (expected, gradients), cotangent in zip(
            outputs, (case.interaction(), case.rating()), case.cotangents.values()
        ):
            np.testing.assert_allclose(output.detach(), expected, rtol=1e-4, atol=1e-5)
            weighted = (output * torch.from_numpy(cotangent)).sum()
            found = torch.autograd.grad(weighted, inputs, retain_graph=True, allow_unused=True)
            for gradient, right in zip(found, gradients.values()):
                numbers = np.zeros(right.shape) if gradient is None else gradient.numpy()
                np.testing.assert_allclose(numbers, right, rtol=1e-4, atol=1e-5)


def test_cases_tell_a_bound_on_the_output_from_none() -> None:
    for variant in range(VARIANTS):
        for case in (*one_of_each(variant), *shallow_cases(variant)):
            for output in (case.rating()[0], case.interaction()[0]):
                assert output.min() < 0 and output.max() > 1


def test_losses_of_the_oracle_by_hand() -> None:
    assert oracle.bpr(np.array([0.0]), np.array([0.0])) == 0.5
    assert oracle.mean_squared_error(np.array([1.0, 2.0]), np.array([3.0, 2.0])) == 2.0
    positive, negative = torch.tensor([1.0, 2.0]), torch.tensor([0.5, 3.0])
    right = oracle.bpr(positive.numpy(), negative.numpy())
    assert loss.bpr_loss(positive, negative).item() == pytest.approx(right)


STRANGE = {
    "nothing": None,
    "a number": np.array(1.5, np.float32),
    "a truth": np.array(True),
    "truths": np.array([True, False]),
    "an imaginary number": np.array(1j),
    "imaginary numbers": np.full((6, 2), 1 + 1j),
    "no number": np.zeros(0, np.float32),
    "no columns": np.zeros((3, 0)),
    "very large numbers": np.full((2, 2), 1e308),
    "NaN": np.array(np.nan),
    "NaNs": np.full((5, 1), np.nan),
    "infinities": np.array([np.inf, -np.inf]),
    "unsigned": np.full(4, 2**64 - 1, np.uint64),
    "the least of all": np.array(-(2**63)),
    "half precision": np.full((2, 3), 6e4, np.float16),
    "eight dimensions": np.zeros((1,) * 8),
    "many rows": np.ones((40, 4)),
}
FACTS = [
    {},
    None,
    {"type": 1, "dtype": [], "storage": [], "length": "x", "classes": [[1], {}], "module": 1},
    {"type": "Tensor", "dtype": "float32", "module": True, "callable": True, "classes": 3},
    {"type": "Tensor", "module": True, "callable": True, "classes": None, "storage": {}},
    {"type": "Tensor", "module": True, "callable": True, "classes": [{}, []], "length": 2},
]


@pytest.mark.parametrize("id_", present_tests())
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_no_answer_makes_a_test_raise(id_: str) -> None:
    function = present_tests()[id_]
    for array in STRANGE.values():
        for facts in FACTS:
            for apart in (False, True):
                judge = attempt(function, AnswerAlways(facts, array), apart)
                assert isinstance(judge, Judge), judge


@pytest.mark.thorough
@pytest.mark.parametrize("id_", present_tests())
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_no_answer_but_one_that_is_right_makes_a_test_raise(id_: str) -> None:
    function = present_tests()[id_]
    replies: dict[str, Reply] = {}
    judge = attempt(function, AnswerRightBut(replies, "", None))
    assert isinstance(judge, Judge)
    assert not judge.failures
    for name in sorted({name for reply in replies.values() for name in reply.arrays}):
        for array in STRANGE.values():
            judge = attempt(function, AnswerRightBut(replies, name, array))
            assert isinstance(judge, Judge), (name, judge)


def test_of_an_array_of_many_dimensions_few_numbers_are_written_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    array2string = np.array2string

    def watched(*arguments: object, **options: object) -> str:
        written.append(array2string(*arguments, **options))
        return written[-1]

    monkeypatch.setattr(np, "array2string", watched)
    assert len(text(np.zeros((7,) * 8, np.int8))) < 200
    assert written[0].count("0") <= 2**8


def test_answers_that_are_large_are_not_kept_beyond_a_bound() -> None:
    allowed = []

    class Large:
        """A session whose submission returns as much as it may."""

        def run(self, program: dict, arrays: dict, limits: Limits) -> Reply:
            allowed.append(limits.reply)
            return Reply("ok", arrays={"out": np.zeros(limits.reply, np.int8)})

    sandbox = Sandbox(Large())
    for number in range(20):
        step = {"do": "call", "function": "loss.bpr_loss", "args": [number]}
        sandbox.ask({"steps": [step]}, {}, 1.0)
    assert sum(allowed) < 160 << 20
    assert min(allowed) >= 1 << 20
