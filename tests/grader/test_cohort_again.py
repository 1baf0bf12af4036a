"""What is graded again after a change: the questions that it touches, and no other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.cohort import fingerprints
from grader.cohort.command import TIME_LIMIT
from grader.cohort.fingerprints import HINTS, LIMIT, Fingerprints
from grader.cohort.grading import Task
from grader.cohort.gradings import CODE, Gradings, Kept, kept_of
from grader.contents import CONTENTS
from grader.engine.results import FAILED, PASSED, QuestionResult, Report, TestResult
from problem_set.assignment import read_assignment
from problem_set.executors import Ended, TaskEvent, Told

ASSIGNMENT = read_assignment()
ALL = tuple(question.id for question in ASSIGNMENT.coding)
LOSSES = "hidden_tests/test_2_losses.py"


def fingerprints_now(options: str = "", time_limit: float = TIME_LIMIT) -> Fingerprints:
    return Fingerprints(CONTENTS, ASSIGNMENT, options, time_limit)


@pytest.fixture
def changed(monkeypatch) -> Callable[..., tuple[str, ...]]:
    """Return a function that says what a change of a file of the grader's touches."""
    before = fingerprints_now().now
    files = fingerprints._files_of_grader()

    def after(name: str, old: str, new: str, failed: Iterable[str] = ()) -> tuple[str, ...]:
        text = files[name].decode()
        assert old in text
        edited = {**files, name: text.replace(old, new, 1).encode()}
        monkeypatch.setattr(fingerprints, "_files_of_grader", lambda: edited)
        return fingerprints_now().changed(before, tuple(failed))

    return after


def test_a_tests_own_text_touches_its_question(changed):
    text = (CONTENTS.folder / LOSSES).read_text()
    body = text[text.index('@check("2b-1"') :]
    line = body.splitlines()[3]
    assert changed(LOSSES, line, f"{line}  # another") == ("2b",)


def test_what_a_file_has_around_its_tests_touches_all_of_them(changed):
    assert set(changed(LOSSES, "import numpy as np\n", "import numpy as np\n\nX = 1\n")) >= {
        "2a",
        "2b",
        "2c",
    }


def test_a_question_that_decides_how_another_is_judged_touches_it(changed):
    names = [path.name for path in (CONTENTS.folder / "hidden_tests").glob("test_1b*.py")]
    name = f"hidden_tests/{names[0]}"
    text = (CONTENTS.folder / name).read_text()
    line = next(line for line in text.splitlines() if line.startswith("    ") and "check." in line)
    assert changed(name, line, f"{line}  # another") == ("1a", "1b", "1c", "1d")


def test_the_catalogue_touches_the_questions_in_which_a_test_failed(changed):
    arguments = ("misconceptions/entry.py", '"""What a', '"""What the')
    assert changed(*arguments) == ()
    assert changed(*arguments, failed=["2b"]) == ("2b",)
    assert changed(*arguments, failed=["1c"]) == ("1a", "1b", "1c")


@pytest.mark.parametrize(
    ("name", "touched"),
    [
        ("engine/runner.py", ALL),
        ("adapter.py", ALL),
        ("cohort/table.py", ()),
        ("engine/reports/html.py", ()),
    ],
)
def test_the_engine_touches_everything_and_pages_nothing(changed, name, touched):
    assert changed(name, '"""', '"""A word. ', failed=ALL) == touched


def report_of(status: str, questions: Iterable[str] = ALL, problem: str = "") -> Report:
    found = tuple(
        QuestionResult(
            question.id,
            question.title,
            tuple(
                TestResult(id_, question.id, "", status, 0.0, 0.0, hidden=False)
                for id_ in (*question.public, *question.hidden)
            ),
        )
        for question in ASSIGNMENT.coding
        if question.id in questions
    )
    return Report("", "", "", found, problem=problem)


class Executor:
    """Grades as the one of processes does, with what it is told to find."""

    def __init__(self, found: Callable[[Task], Report]) -> None:
        self.found = found
        self.tasks: list[Task] = []

    def events(self, tasks: Iterable[Task]) -> Iterator[TaskEvent]:
        for task in tasks:
            self.tasks.append(task)
            yield Told(task, self.found(task))
            yield Ended(task)

    def stop(self) -> Iterator[TaskEvent]:
        return iter(())


class KeptReport(Kept):
    """What is known of a code whose tests all passed."""

    def report(self, assignment: object) -> Report:
        return report_of(PASSED)


def graded(tmp_path: Path, made_by: dict, found: Callable[[Task], Report], **known) -> tuple:
    """Grade a code that was graded before; return the report and the tasks."""
    (tmp_path / CODE).mkdir(parents=True)
    (tmp_path / CODE / "c.zip").write_bytes(b"")
    kept = replace(KeptReport(tmp_path, "ada", made_by, True, ()), **known)
    finished: list[tuple] = []
    gradings = Gradings(
        tmp_path,
        ASSIGNMENT,
        fingerprints_now(),
        {"c": kept},
        lambda *what: finished.append(what),
        print,
    )
    executor = Executor(found)
    gradings.grade(["c", "c"], lambda count: executor)
    ((_, report, new),) = finished
    assert new == bool(executor.tasks)
    return report, executor.tasks


def test_only_the_changed_question_is_graded_and_the_others_stay(tmp_path):
    made_by = {**fingerprints_now().now, "2b": "before"}
    report, (task,) = graded(tmp_path, made_by, lambda task: report_of(FAILED, task.questions))
    assert task.questions == ("2b",)
    lost = next(question.points for question in ASSIGNMENT.coding if question.id == "2b")
    assert report.score == sum(question.points for question in ASSIGNMENT.coding) - lost
    assert [question.id for question in report.questions] == [*ALL]


def test_what_has_not_changed_is_counted_with_the_points_of_now(tmp_path):
    report, tasks = graded(tmp_path, fingerprints_now().now, lambda task: report_of(FAILED))
    assert not tasks and report.score == sum(q.points for q in ASSIGNMENT.coding)


def test_a_part_that_cannot_be_graded_alone_is_graded_whole(tmp_path):
    made_by = {**fingerprints_now().now, "2b": "before"}
    report, _ = graded(tmp_path, made_by, lambda task: report_of(FAILED, problem="Time is up."))
    assert report.score == 0 and report.problem == "Time is up."


@pytest.mark.parametrize(("limit", "again"), [(f"{TIME_LIMIT:g}", 0), ("30", 1)])
def test_who_reached_the_time_limit_is_graded_again_under_another_one(tmp_path, limit, again):
    made_by = {**fingerprints_now().now, LIMIT: limit}
    _, tasks = graded(tmp_path, made_by, lambda task: report_of(FAILED), whole=False)
    assert len(tasks) == again and all(task.questions == () for task in tasks)


def test_what_is_kept_of_who_reached_the_limit_before_any_test_was_judged(tmp_path):
    made_by = fingerprints_now().now
    record = {"submission": "ada", "code": "c", "status": "not graded", "questions": []}
    kept = kept_of({**record, "problem": "Time is up.", "made_by": made_by}, tmp_path)
    assert kept is not None and not kept.whole and kept.made_by == made_by
    # The grader failed, or was stopped before.
    assert kept_of({**record, "problem": "It was stopped.", "made_by": {}}, tmp_path) is None


def test_hints_are_looked_for_again_where_a_test_failed(tmp_path):
    made_by = {**fingerprints_now().now, HINTS: "before"}

    def found(task: Task) -> Report:
        return report_of(FAILED, task.questions)

    _, (task,) = graded(tmp_path, made_by, found, failed=("2d",))
    assert task.questions == ("2d",)
