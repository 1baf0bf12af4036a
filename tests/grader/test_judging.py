"""Tolerances, the oracle and the list of tests, on cases that can be checked by hand."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from replies import AnswerAlways, AnswerRightBut, Same

from grader import oracle
from grader.contents import CONTENTS
from grader.engine.cached_session import CachedSession, Together
from grader.engine.check import Check, Value, agree, text
from grader.engine.replies import Reply
from grader.engine.runner import attempt
from grader.engine.sandbox import Limits
from grader.engine.variants import VARIANTS
from grader.misconceptions.catalogue import right
from grader.nets import Case, cases, large_cases, one_of_each, shallow_cases
from problem_set.assignment import read_assignment
from tests.course import FULL_MARKS

RIGHT = right()
ARRAY = np.array([1.0, -2.5, 0.003])
TESTS = CONTENTS.tests()
PARTS = frozenset(CONTENTS.parts)


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
    check = Check(caller=None)
    value = Value() if array is None else Value.of(array, "Tensor")
    check.array_equal("the result", value, ARRAY)
    check.shape("the result", value, (4,))
    assert len(check.failures) == 2


@pytest.mark.parametrize(
    "result", [{}, {"values": 3}, {"values": {"out": []}}, {"values": {"out": {"type": 1}}}]
)
def test_a_forged_answer_is_a_wrong_answer(result: dict) -> None:
    check = Check(caller=None)
    value = Value(result)["out"]
    check.tensor("the loss", value)
    check.array_equal("the loss", value, 0.5)
    assert len(check.failures) == 2


def test_every_test_is_in_the_assignment_and_every_entry_has_a_test() -> None:
    assignment = read_assignment()
    assert set(TESTS) == {test.id for test in assignment.tests}
    for test in assignment.tests:
        folder = "hidden_tests" if test.hidden else "public_tests"
        assert TESTS[test.id].__module__.startswith(f"grader.{folder}.")
        assert TESTS[test.id].__doc__.strip()


def test_hidden_tests_decide() -> None:
    tests = read_assignment().tests
    assert sum(test.points for test in tests if test.hidden) >= 0.8 * FULL_MARKS


@pytest.mark.parametrize("file", ["adapter.py", "engine/calls.py"])
def test_what_a_worker_has_knows_nothing_of_the_tests(file: str) -> None:
    text = (Path(__file__).parents[2] / "grader" / file).read_text()
    for_types = "if TYPE_CHECKING:\n    from grader.engine.calls import Submission\n"
    assert not re.search(r"(from|import) (grader|problem_set)", text.replace(for_types, ""))
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
    base = RIGHT.load("mrr").reciprocal_ranks(*map(torch.from_numpy, (scores, heldout, seen)))
    np.testing.assert_allclose(base, oracle.reciprocal_ranks(scores, heldout, seen))


@pytest.mark.parametrize("sharing", [True, False])
def test_oracle_gradients_are_those_of_automatic_differentiation(sharing: bool) -> None:
    for case in (*cases(sharing, 0), *cases(sharing, VARIANTS - 1)):
        sizes = (case.num_users, case.num_items, case.embedding_dim, case.layer_sizes, sharing)
        net = RIGHT.load("model").MultiTaskNet(*sizes)
        with torch.no_grad():
            for name, table in case.tables.items():
                getattr(net, name).weight.copy_(torch.from_numpy(table))
            for parameter, array in zip(net.mlp_layers.parameters(), case.dense):
                parameter.copy_(torch.from_numpy(array))
        inputs = [getattr(net, name).weight for name in case.tables]
        inputs += list(net.mlp_layers.parameters())
        outputs = net(*map(torch.from_numpy, case.ids))
        for output, (expected, gradients), cotangent in zip(
            outputs, (case.interaction(), case.rating()), case.cotangents
        ):
            np.testing.assert_allclose(output.detach(), expected, rtol=1e-4, atol=1e-5)
            weighted = (output * torch.from_numpy(cotangent)).sum()
            found = torch.autograd.grad(weighted, inputs, retain_graph=True, allow_unused=True)
            for gradient, value in zip(found, gradients.values()):
                numbers = np.zeros(value.shape) if gradient is None else gradient.numpy()
                np.testing.assert_allclose(numbers, value, rtol=1e-4, atol=1e-5)


def test_cases_tell_a_bound_on_the_output_from_none() -> None:
    for variant in range(VARIANTS):
        for case in (*one_of_each(variant), *shallow_cases(variant)):
            for output in (case.rating()[0], case.interaction()[0]):
                assert output.min() < 0 and output.max() > 1


def without_relu(case: Case, left_out: int) -> np.ndarray:
    """Return the ratings of a net whose hidden layer of this number has no ReLU."""
    tables = ("U", "Q") if case.sharing else ("U_reg", "Q_reg")
    rows = [case.tables[name].astype(float)[ids] for name, ids in zip(tables, case.ids)]
    values = oracle.features(*rows)
    dense = [array.astype(np.float64) for array in case.dense]
    layers = list(zip(dense[0::2], dense[1::2]))
    for number, (weight, bias) in enumerate(layers):
        values = values @ weight.T + bias
        if number != left_out and number < len(layers) - 1:
            values = np.maximum(values, 0)
    return values[:, 0]


@pytest.mark.parametrize("sharing", [True, False])
def test_cases_tell_each_relu_from_none(sharing: bool) -> None:
    for variant in range(VARIANTS):
        for case in (*cases(sharing, variant), large_cases(sharing, variant)[1]):
            right = case.rating()[0]
            for layer in range(len(case.layer_sizes) - 1):
                assert abs(without_relu(case, layer) - right).max() > 0.01
            np.testing.assert_allclose(without_relu(case, -1), right)


def test_losses_of_the_oracle_by_hand() -> None:
    assert oracle.bpr(np.array([0.0]), np.array([0.0])) == 0.5
    assert oracle.mean_squared_error(np.array([1.0, 2.0]), np.array([3.0, 2.0])) == 2.0
    positive, negative = torch.tensor([1.0, 2.0]), torch.tensor([0.5, 3.0])
    right = oracle.bpr(positive.numpy(), negative.numpy())
    assert RIGHT.load("loss").bpr_loss(positive, negative).item() == pytest.approx(right)


STRANGE = {
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
NODES = [
    {},
    {"type": 1, "dtype": [], "length": "x", "items": 3, "values": [], "text": [], "array": []},
    {"type": "Tensor", "dtype": "float32", "length": 2, "text": "U"},
    {"type": "tuple", "dtype": None, "length": -1, "text": {}},
]


def nested(node: dict, depth: int = 3) -> dict:
    """Return a description of something that holds itself, under every name and number."""
    inside = {} if depth == 0 else nested(node, depth - 1)
    return {"array": "0", "items": [inside] * 8, "values": Same(inside), **node}


def strange_checks(id_: str) -> Iterator[Check | str]:
    for array in (None, *STRANGE.values()):
        for node in NODES:
            for parts in (frozenset(), PARTS):
                yield attempt(TESTS[id_], Check(AnswerAlways(nested(node), array), parts))


@pytest.mark.parametrize("id_", TESTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_no_answer_makes_a_test_raise(id_: str) -> None:
    for check in strange_checks(id_):
        assert isinstance(check, Check), check


@pytest.mark.thorough
@pytest.mark.parametrize("id_", TESTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_no_answer_but_one_that_is_right_makes_a_test_raise(id_: str) -> None:
    replies: dict[str, Reply] = {}
    check = attempt(TESTS[id_], Check(AnswerRightBut(replies, None, None)))
    assert isinstance(check, Check)
    assert not check.failures
    places = [(key, name) for key, reply in replies.items() for name in reply.arrays]
    for number, place in enumerate(places):
        for array in [*STRANGE.values()][number % 3 :: 3]:  # each kind in every third array
            check = attempt(TESTS[id_], Check(AnswerRightBut(replies, place, array)))
            assert isinstance(check, Check), (place, check)


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

    _, call = CachedSession(Large(), 1.0).callers("submission/loss.py", Together([]))
    for number in range(20):
        call("loss", {"number": number}, frozenset())
    assert sum(allowed) < 160 << 20
    assert min(allowed) >= 1 << 20
