"""Partial and broken work costs its own tests, and the message says where to look."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import grader.engine.grader
from grader.contents import CONTENTS
from grader.engine.contents import Contents
from grader.engine.grader import UNPROTECTED, Asked, Grader
from grader.engine.results import PASSED, Report
from problem_set.assignment import Limits, read_assignment
from tests.conftest import skip_or_fail
from tests.course import FULL_MARKS, POINTS

Make = Callable[..., Path]


@pytest.fixture
def graded(grader: Grader) -> Callable[..., Report]:
    def run(path: Path, *questions: str) -> Report:
        return grader.grade(path, Asked(questions=questions))

    return run


def points(report: Report) -> dict[str, float]:
    return {question.id: question.points for question in report.questions}


def first_failure(report: Report, question: str):
    return next(t for t in report.tests if t.question == question and t.status != PASSED)


def line_of(path: Path, file: str, text: str) -> int:
    lines = (path / "submission" / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


WITHOUT_LOSSES = {**POINTS, "2a": 0, "2b": 0, "2c": 0}


def test_a_missing_file_costs_its_own_tests(submission: Make, graded) -> None:
    report = graded(submission(loss=None))
    assert points(report) == WITHOUT_LOSSES
    assert first_failure(report, "2a").message == "submission/loss.py is missing."


def test_a_syntax_error_costs_its_own_tests_and_names_the_line(submission: Make, graded) -> None:
    path = submission(loss="import torch\n\ndef bpr_loss(p, n)\n    return 0\n")
    report = graded(path)
    assert points(report) == WITHOUT_LOSSES
    assert "SyntaxError (submission/loss.py, line 3)" in first_failure(report, "2b").message


def test_a_file_that_is_not_in_utf8_costs_its_own_tests_and_says_so(
    submission: Make, graded
) -> None:
    path = submission()
    loss = path / "submission" / "loss.py"
    loss.write_text(loss.read_text(), encoding="utf-16")
    report = graded(path, "2b", "2d")
    assert points(report) == {"2b": 0, "2d": POINTS["2d"]}
    assert "save it with the encoding UTF-8." in first_failure(report, "2b").message


def test_of_a_hidden_test_the_exception_its_text_and_its_line_are_shown(
    submission: Make, graded
) -> None:
    text = """
class NoSuchBatch(Exception):
    pass
def bpr_loss(p, n):
    if p.requires_grad:
        return p.no_such_thing
    if len(p) > 2:
        raise NoSuchBatch(f"a batch of {len(p)}" + 500 * ".")
    return (n - p).sigmoid().mean()
"""
    path = submission(loss=text)
    report = graded(path, "2a").for_student()
    value, gradient = (test for test in report.tests if test.hidden)
    line = line_of(path, "loss.py", "raise NoSuchBatch")
    assert value.message == f"Your code raised NoSuchBatch (submission/loss.py, line {line})."
    assert value.where == (
        f'submission/loss.py, line {line}: raise NoSuchBatch(f"a batch of {{len(p)}}" + 500 * ".")',
    )
    assert value.raised.startswith("NoSuchBatch: a batch of 5...") and len(value.raised) == 300
    line = line_of(path, "loss.py", "no_such_thing")
    assert gradient.message == f"Your code raised AttributeError (submission/loss.py, line {line})."
    assert "no_such_thing" in gradient.raised


def test_of_a_hidden_test_the_type_and_the_shape_that_came_are_shown(
    submission: Make, graded
) -> None:
    text = """
class Answer:
    pass
def regression_loss(observed, predicted):
    if len(observed) == 2:
        return ((observed - predicted) ** 2).mean()
    return Answer() if predicted.requires_grad else (observed - predicted) ** 2
"""
    report = graded(submission(loss=text), "2b").for_student()
    value = next(test for test in report.tests if test.id == "2b-1")
    assert value.message.startswith("The loss has shape (6,), not (). It is not a single number")
    assert value.detail is None


def test_an_exception_at_import_names_the_line(submission: Make, graded) -> None:
    path = submission(mrr="import torch\n\nsize = 1 / 0\n")
    report = graded(path, "2a", "2d")
    assert points(report) == {"2a": POINTS["2a"], "2d": 0}
    failure = first_failure(report, "2d")
    assert failure.message == "Your code raised ZeroDivisionError (submission/mrr.py, line 3)."
    assert failure.where == ("submission/mrr.py, line 3: size = 1 / 0",)


@pytest.mark.parametrize(
    ("question", "name", "file", "others"),
    [
        ("1a", "U = ScaledEmbedding(num_users, embedding_dim)", "model", ["1b", "1c", "1d"]),
        ("1b", "layers: list[nn.Module] = []", "model", ["1a", "1c", "1d"]),
        ("1c", "score = self._rating(u, q)", "model", ["1a", "1b", "1d"]),
        ("1d", "U, Q = (self.U, self.Q)", "model", ["1a", "1b"]),
        ("2a", "loss = (1 - torch.sigmoid", "loss", ["2b", "2c"]),
        ("2d", "mrr = reciprocal_ranks", "mrr", ["2c"]),
    ],
)
def test_what_is_not_written_yet_is_said_and_costs_itself_only(
    submission: Make, graded, question: str, name: str, file: str, others: list[str]
) -> None:
    path = submission()
    source = path / "submission" / f"{file}.py"
    stub = STUB.format(question)
    source.write_text(source.read_text().replace(f"        {name}", f"        {stub}{name}"))
    source.write_text(source.read_text().replace(f"\n    {name}", f"\n    {stub}{name}"))
    report = graded(path, question, *others)
    line = line_of(path, f"{file}.py", stub)
    message = first_failure(report, question).message
    assert message == f"{question} is not written yet (submission/{file}.py, line {line})."
    scored = points(report)
    assert scored.pop(question) < POINTS[question]
    assert scored == {other: POINTS[other] for other in others}


STUB = 'raise NotImplementedError("Question {} is not written yet"); '


def test_nothing_written_at_all_is_graded_to_the_end(submission: Make, graded) -> None:
    path = submission()
    for file in ("model", "loss", "mrr"):
        source = path / "submission" / f"{file}.py"
        text, out = source.read_text().splitlines(), []
        solution = False
        for line in text:
            solution = (solution or "BEGIN SOLUTION" in line) and "END SOLUTION" not in line
            if "BEGIN SOLUTION" in line and line.index("#") == (8 if file == "model" else 4):
                out.append(line.split("###")[0] + "raise NotImplementedError")
            if not solution:
                out.append(line)
        source.write_text("\n".join(out))
    report = graded(path)
    assert report.score == 0
    assert len(report.tests) == len(read_assignment().tests)
    assert not report.problem
    message = first_failure(report, "1a").message
    assert message.startswith("init_shared_user_and_item_embeddings is not written yet")


def test_none_instead_of_a_loss(submission: Make, graded) -> None:
    report = graded(submission(loss=("return loss", "return None")), "2a")
    assert report.score == 0
    assert first_failure(report, "2a").detail.got == "None"


def test_one_result_instead_of_two(submission: Make, graded) -> None:
    report = graded(submission(model=("return predictions, score", "return score")), "1c")
    assert "not 2" in first_failure(report, "1c").message
    assert report.score == 0


def test_a_number_of_the_wrong_type(submission: Make, graded) -> None:
    report = graded(submission(loss=("return loss", "return loss.item()")), "2b")
    failure = first_failure(report, "2b")
    assert failure.id == "2b-0"
    assert failure.detail.got == "a Python float"
    assert [hint.id for hint in failure.hints] == ["squared-errors-as-python-number"]


def test_three_tables_instead_of_four(submission: Make, graded) -> None:
    four = "return U_reg, Q_reg, U_fact, Q_fact"
    report = graded(submission(model=(four, "return U_reg, Q_reg, U_fact")), "1a", "1c")
    assert "ValueError (submission/model.py" in first_failure(report, "1a").message
    assert points(report)["1c"] == POINTS["1c"]


def test_a_mistake_in_1a_or_1b_does_not_cost_1c_again(submission: Make, graded) -> None:
    both = submission(
        model=("layers += [nn.Linear(inputs, outputs)", "layers += [nn.Linear(inputs, outputs + 1)")
    )
    scored = points(graded(both, "1b", "1c", "1d"))
    assert scored.pop("1b") < POINTS["1b"]
    assert scored == {question: POINTS[question] for question in ("1c", "1d")}


def test_an_endless_loop_ends(
    submission: Make, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(grader.assignment, grading=Limits(timeout=1))
    monkeypatch.setattr(grader, "assignment", quick)
    path = submission(loss=("loss = (1 - torch", "while True: pass\n    loss = (1 - torch"))
    report = grader.grade(path, Asked(questions=["2a"]))
    assert report.score == 0
    assert first_failure(report, "2a").message.startswith("The program")


def test_a_zip_with_a_folder_too_many(submission: Make, graded, tmp_path: Path) -> None:
    path = submission()
    archive = tmp_path / "upload.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for source in sorted((path / "submission").glob("*.py")):
            file.write(source, f"ps1/my work/submission/{source.name}")
    assert points(graded(archive, "2c")) == {"2c": POINTS["2c"]}


def test_an_empty_folder_gets_a_report(graded, tmp_path: Path) -> None:
    report = graded(tmp_path)
    assert report.score == 0 and report.max_score == FULL_MARKS
    assert report.exit_code == 2
    assert not report.grader_at_fault
    assert report.problem


def test_hidden_tests_that_nothing_protects_are_the_graders_fault(
    submission: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = submission()
    with Grader(CONTENTS, "none") as unprotected:
        refused = unprotected.grade(path, Asked(["2c"]))
        public = unprotected.grade(path, Asked(["2c"], public_only=True))
        insisted = unprotected.grade(path, Asked(["2c"], allow_unisolated_hidden=True))
        monkeypatch.setattr(Contents, "has_hidden_tests", False)
        student = unprotected.grade(path, Asked(["2c"]))
    assert refused.grader_at_fault and refused.exit_code == 2
    assert refused.tests == () and refused.problem == UNPROTECTED
    assert "not isolated at all" in refused.fault and "not isolated" not in refused.problem
    for report in (public, student):
        assert not report.grader_at_fault and report.exit_code == 0
        assert report.absent > 0 and not any(test.hidden for test in report.tests)
    assert insisted.exit_code == 0 and any(test.hidden for test in insisted.tests)


def test_the_graders_own_failure_is_its_own_fault(
    submission: Make, graded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("secret input 4.25")

    monkeypatch.setattr(grader.engine.grader, "run_tests", broken)
    report = graded(submission())
    assert report.exit_code == 2 and report.grader_at_fault
    assert "not the submission's" in report.problem
    assert "4.25" not in report.problem and "4.25" in report.fault
    assert len(report.tests) == len(read_assignment().tests)


@pytest.mark.parametrize("mode", ["bubblewrap", "fallback", "none"])
def test_what_workers_cannot_import_is_the_graders_fault_in_every_mode(
    submission: Make, mode: str
) -> None:
    """As torch, where its installation is broken."""
    contents = replace(CONTENTS, preload=("torch_that_is_not_there",))
    with Grader(contents, mode) as broken:
        report = broken.grade(submission(), Asked(["2c"], allow_unisolated_hidden=True))
    assert report.grader_at_fault and report.exit_code == 2
    assert report.score == 0
    if mode == "none":  # which is there everywhere
        assert "torch_that_is_not_there" in report.fault


def test_what_the_sandbox_refuses_is_said_to_be_refused(
    submission: Make, graded: Callable[..., Report], grader: Grader
) -> None:
    if not grader.isolated:
        skip_or_fail("no sandbox works here; docs/grading.md says what it needs, under Isolation")
    start = ("import torch\n", "import torch\nimport subprocess\nsubprocess.run(['true'])\n")
    path = submission(loss=start)
    failure = first_failure(graded(path, "2a"), "2a")
    line = line_of(path, "loss.py", "subprocess.run")
    assert failure.message == (
        f"Your code does something (submission/loss.py, line {line}) that the grader's sandbox "
        "does not allow."
    )
