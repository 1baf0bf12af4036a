"""Where each question stands, from what its tests found."""

from grader.engine.grader import Asked
from grader.engine.progress import BROKEN, OPEN, RIGHT, WRONG, progress_of

UNWRITTEN = 'raise NotImplementedError("Question {} is not written yet")'


def states(path, server) -> dict[str, str]:
    return {s.id: s.state for s in progress_of(server.grade(path, Asked(public_only=True)))}


def test_right_open_wrong_and_broken_are_told_apart(submission, grader):
    path = submission(
        model=("scores = U(user_ids) @ Q.weight.T", f"{UNWRITTEN.format('1d')}; scores = 1"),
        loss=(".mean()\n    ### END SOLUTION\n    return loss\n\n\ndef reg", ".sum()\n"
              "    ### END SOLUTION\n    return loss\n\n\ndef reg"),
        mrr="def mrr_score(\n",
    )  # fmt: skip
    assert states(path, grader) == {
        "1a": RIGHT, "1b": RIGHT, "1c": RIGHT, "1d": OPEN,
        "2a": WRONG, "2b": RIGHT, "2c": RIGHT, "2d": BROKEN,
    }  # fmt: skip


def test_a_question_half_written_is_open_and_half_wrong_is_wrong(submission, grader):
    separate = "U_reg = ScaledEmbedding(num_users, embedding_dim)"
    path = submission(model=(separate, UNWRITTEN.format("1a")))
    found = {s.id: s for s in progress_of(grader.grade(path, Asked(public_only=True)))}
    assert found["1a"].state == OPEN
    assert found["1a"].reason.startswith("1a is not written yet (submission/model.py, line ")
    assert found["1c"].state == RIGHT
    text = (path / "submission" / "model.py").read_text()
    shared = "U = ScaledEmbedding(num_users, embedding_dim)"
    wrong = text.replace(shared, shared.replace("num_users", "num_users + 1"))
    (path / "submission" / "model.py").write_text(wrong)
    assert states(path, grader)["1a"] == WRONG
