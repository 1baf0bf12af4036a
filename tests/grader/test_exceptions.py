"""The usual exceptions are explained as they come from Python and PyTorch, the others are not."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from grader.engine import calls
from grader.engine.exceptions import meaning_of
from grader.engine.replies import StudentError

ROWS = torch.ones(2, 3)
TABLE, WEIGHT = nn.Embedding(4, 3), torch.ones(3, requires_grad=True)


class Net:
    """With the methods of a class that a beginner writes."""

    U_reg = 1.0

    def no_object(u):  # noqa: N805
        return u

    def misspelt(self) -> float:
        return self.U_regr

    def without_self(self) -> float:
        return misspelt()  # noqa: F821

    def no_value(self, given: bool = False) -> float:
        if given:
            value = 1.0
        return value


def without_end() -> None:
    without_end()


def overwritten() -> None:
    y = WEIGHT.exp()
    y += 1
    y.sum().backward()


def taken_apart(*values: float) -> None:
    _, _ = values


@pytest.mark.parametrize(
    ("raises", "said"),
    [
        (lambda: ROWS @ ROWS, "here they are 3 and 2"),
        (lambda: nn.Linear(5, 1)(ROWS), "here they are 3 and 5"),
        (lambda: ROWS + torch.ones(2), "here 3 meets 2"),
        (lambda: torch.cat([ROWS, torch.ones(2, 4)], 0), "every other dimension"),
        (lambda: torch.cat([ROWS, torch.ones(2)], 0), "here they have 2 and 1"),
        (lambda: torch.cat([ROWS, ROWS], 2), "count from 0"),
        (lambda: ROWS.view(4, 2), "which is 6"),
        (lambda: TABLE(torch.tensor([4])), "one less than"),
        (lambda: ROWS[2], "the last of 2"),
        (lambda: (96,)[1], "The tuple has fewer"),
        (lambda: TABLE(torch.tensor([1.0])), "whole numbers"),
        (lambda: ROWS[torch.tensor([1.0])], "whole numbers or truth values"),
        (lambda: TABLE[torch.tensor([1])], "called with parentheses"),
        (lambda: TABLE.weight(torch.tensor([1])), "a Parameter takes square brackets"),
        (lambda: Net.U_reg(ROWS.sum()), "stands before parentheses"),
        (lambda: TABLE * TABLE, "called with ids"),
        (lambda: nn.Linear(3, 1)(ROWS.double()), "one dtype"),
        (lambda: WEIGHT.add_(1), "must not be overwritten"),
        (overwritten, "an operation in place"),
        (lambda: ROWS.sum().backward(), "cut off"),
        (lambda: WEIGHT.numpy(), "Gradients do not pass"),
        (lambda: taken_apart(1.0), "names for 2 values and gets 1"),
        (lambda: taken_apart(1.0, 2.0, 3.0), "names for 2 values and gets more"),
        (lambda: ROWS + None, "Something is None"),
        (lambda: nn.Sequential([nn.ReLU()]), "got a list"),
        (lambda: torch.cat(ROWS, ROWS), "one list or tuple"),
        (lambda: bool(ROWS), "one truth value"),
        (lambda: (96, 64) + [1], "A tuple and a list"),
        (without_end, "without end"),
        (lambda: Net().no_value(), "no value yet"),
        (lambda: Net().no_object(1), "which counts too"),
    ],
)
def test_an_exception_is_explained_as_it_comes(raises: Callable[[], object], said: str) -> None:
    with pytest.raises(Exception) as caught:
        raises()
    meaning = meaning_of(StudentError(caught.type.__name__, str(caught.value)))
    assert said in meaning
    assert meaning[0].isupper() and meaning.endswith(".")


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("ValueError", "too few movies"),
        ("ZeroDivisionError", "division by zero"),
        ("TypeError", "Net.rank() takes 2 positional arguments but 5 were given"),
        ("IndexError", ""),
    ],
)
def test_what_has_many_causes_is_not_explained(type_: str, text: str) -> None:
    assert meaning_of(StudentError(type_, text)) == ""


def raised_by(function: Callable[[], object]) -> str:
    """Return the text of an exception as a worker sends it."""
    adapter = SimpleNamespace(asked=lambda submission: function())
    request: dict[str, Any] = {"function": "asked", "arguments": {"dict": {}}, "reference": []}
    with pytest.raises(Exception) as caught:
        calls.answer(adapter, request, {}, __import__)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    assert raised_by(lambda: torch.sigmod(ROWS)).endswith("Did you mean 'sigmoid'?")
    assert raised_by(Net().misspelt).endswith("Did you mean 'U_reg'?")
    assert raised_by(Net().without_self).endswith("Did you mean 'self.misspelt'?")
    assert raised_by(lambda: ROWS.nothing_like_it).endswith("'nothing_like_it'")


def test_an_exception_that_cannot_be_looked_at_is_passed_on() -> None:
    class Hostile(AttributeError):
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError("not to be read")

    def raises() -> None:
        raise Hostile("as it was")

    assert raised_by(raises) == "as it was"
