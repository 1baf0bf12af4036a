"""Mistakes that students often make fail a public test, with a sentence that says what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.contents import CONTENTS
from grader.engine.feedback import compared_sentence
from grader.engine.local import LocalCaller, LocalSubmission
from grader.engine.results import PASSED
from grader.engine.runner import Dependencies, run_tests
from problem_set.assignment import read_assignment

ASSIGNMENT = read_assignment()
INTERACTION = "return (u * q).sum(dim=1) + a + b"
BIASES = " + self.A(user_ids) + self.B.weight.T"
SEEN = "scores if seen is None else torch.where(seen, -torch.inf, scores)"
OTHERS = "(num_items + 1 + (others - own).sign_().sum(dim=1)) / 2"


@dataclass(frozen=True)
class Mistake:
    """One change of the reference, and what students read of it in their own tests."""

    file: str
    right: str
    wrong: str
    failed: str  # the test that fails
    said: str  # a part of the claim that the test makes, or of what it found


MISTAKES = {
    "no biases in forward": Mistake(
        "model", INTERACTION, "return (u * q).sum(dim=1)", "1c-0", "2 * 3 - 1 * 1 + 1 - 2 = 4"
    ),
    "no biases in the scores of every movie": Mistake("model", BIASES, "", "1d-0", "u . q + a + b"),
    "a sigmoid on the interaction": Mistake(
        "model", INTERACTION, "return ((u * q).sum(dim=1) + a + b).sigmoid()", "1c-0", "= 4"
    ),
    "the rating from the interaction's tables": Mistake(
        "model",
        "self._rating(self.U_reg(user_ids), self.Q_reg(item_ids))",
        "self._rating(u, q)",
        "1c-3",
        "score reads U_reg and Q_reg",
    ),
    "seen movies are kept": Mistake("mrr", SEEN, "scores", "2d-1", "with movie 2 seen"),
    "the best rank for ties": Mistake(
        "mrr", OTHERS, "1 + (others > own).sum(dim=1)", "2d-2", "have ranks 1, 2.5, 2.5, 4"
    ),
    "a ReLU after the last layer": Mistake(
        "model", "Sequential(*layers[:-1])", "Sequential(*layers)", "1b-1", "and not the last"
    ),
    "one pair loses its dimension": Mistake(
        "model", "dim=1)).squeeze(1)", "dim=1)).squeeze()", "1c-4", "squeeze() takes out every"
    ),
    "BPR with its sign turned": Mistake(
        "loss",
        "positive_predictions - negative_predictions",
        "negative_predictions - positive_predictions",
        "2a-1",
        "less than one in a tie",
    ),
    "a joint loss without weights": Mistake(
        "loss",
        "factorization_weight * factorization_loss + regression_weight * regression_loss",
        "factorization_loss + regression_loss",
        "2c-0",
        "0.75 of the loss 2 and 0.25 of the loss 4",
    ),
    "separate tables that are shared": Mistake(
        "model",
        "return U_reg, Q_reg, U_fact, Q_fact",
        "return U_reg, Q_reg, U_reg, Q_reg",
        "1a-1",
        "U_fact.weight is U_reg.weight, so that training one trains the other",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_a_common_mistake_is_red_at_home_in_its_own_question(
    mistake: Mistake, submission: Callable[..., Path]
) -> None:
    folder = submission(**{mistake.file: (mistake.right, mistake.wrong)}) / "submission"
    code = LocalSubmission(folder)
    caller = LocalCaller(CONTENTS.adapter, code.load, code.frames)
    public = {test.id: test.question for test in ASSIGNMENT.tests if not test.hidden}
    dependencies = Dependencies(CONTENTS.parts, public)
    outcomes = run_tests(CONTENTS.tests(), list(public), dependencies, lambda id_: (caller,))
    red = [id_ for id_, outcome in outcomes.items() if outcome.status != PASSED]
    assert red[0] == mistake.failed
    assert {public[id_] for id_ in red} == {public[mistake.failed]}, "a mistake costs once"
    first = outcomes[red[0]]
    assert mistake.said in f"{first.sentence} {compared_sentence(first.failures[0])}"
