"""Formats say what happened, and student formats hold nothing of a hidden test but its name."""

import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from grader.engine.grader import Asked, Grader, grader_failed
from grader.engine.reports import FORMATS, write_report
from grader.engine.reports.html import write_cell, write_cell_text
from grader.engine.results import PASSED, Report
from problem_set import __version__
from release.solutions import without_solutions
from tests.course import POINTS, points_of
from tests.release.gradescope.results_schema import SCHEMA

REPOSITORY = Path(__file__).resolve().parents[2]
FOR_STUDENTS = [format_ for format_ in FORMATS if format_ != "json"]

# Raises its inputs, names its exception after them, prints them, and returns what is none.
CURIOUS_LOSS = """
import torch
def say(*tensors):
    text = "leak " + " ".join(str(t.tolist()) for t in tensors)
    print(text)
    return type(text, (Exception,), {})(text)
def bpr_loss(positive_predictions, negative_predictions):
    raise say(positive_predictions, negative_predictions)
def regression_loss(observed_ratings, predicted_ratings):
    return type("leak" + str(observed_ratings.tolist()), (), {})()
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * 1000.25 + regression_loss
"""


@pytest.fixture(scope="module")
def curious(tmp_path_factory: pytest.TempPathFactory, grader: Grader) -> Report:
    folder = tmp_path_factory.mktemp("curious")
    place = folder / "submission"
    place.mkdir()
    (place / "loss.py").write_text(CURIOUS_LOSS)
    for name in ("model", "mrr"):
        (place / f"{name}.py").write_text((REPOSITORY / "submission" / f"{name}.py").read_text())
    return grader.grade(folder)


def hidden_secrets(report: Report) -> set[str]:
    """Return the numbers that only instructors may see, of hidden tests that failed."""
    details = [test.detail for test in report.tests if test.hidden and test.detail]
    shown = " ".join(f"{detail.given} {detail.expected} {detail.got}" for detail in details)
    return set(re.findall(r"-?\d+\.\d{3,}", shown)) - {"1000.25"}


@pytest.mark.parametrize("format_", FOR_STUDENTS)
def test_student_formats_hold_no_expected_value_of_a_hidden_test(
    curious: Report, format_: str
) -> None:
    written = write_report(curious, format_, verbose=True, width=10_000)
    secrets = hidden_secrets(curious)
    assert len(secrets) >= 3
    assert not [secret for secret in secrets if secret in written]


@pytest.mark.parametrize("format_", FOR_STUDENTS)
def test_student_formats_show_what_the_students_own_code_raised(
    curious: Report, format_: str
) -> None:
    written = write_report(curious, format_, verbose=True, width=10_000)
    raised = next(test for test in curious.tests if test.id == "2a-2").raised
    assert raised.startswith("leak ")
    assert html.unescape(written).count(raised[:60])


def test_a_public_failure_shows_the_call_what_was_expected_and_what_came(curious: Report) -> None:
    joint = next(test for test in curious.tests if test.id == "2c-0")
    for format_ in FOR_STUDENTS:
        written = write_report(curious, format_, width=10_000)
        assert "joint_loss(tensor(2.0), tensor(4.0), 0.75, 0.25)" in written
        assert joint.detail.expected in written and joint.detail.got in written


def test_json_holds_nothing_back(curious: Report) -> None:
    content = json.loads(write_report(curious, "json"))
    tests = {test["id"]: test for question in content["questions"] for test in question["tests"]}
    assert "leak" in tests["2a-2"]["raised"]
    assert tests["2c-1"]["detail"]["expected"]
    assert content["score"] == curious.score


def test_gradescope_file_is_valid_and_shows_every_test(curious: Report) -> None:
    content = json.loads(write_report(curious, "gradescope"))
    jsonschema.validate(content, SCHEMA)
    assert {test["visibility"] for test in content["tests"]} == {"visible"}
    assert content["stdout_visibility"] == "hidden"
    assert content["score"] == pytest.approx(sum(test["score"] for test in content["tests"]))
    assert [test["number"] for test in content["tests"]] == [test.id for test in curious.tests]


@pytest.mark.parametrize("format_", FORMATS)
def test_the_graders_own_failure_is_reported_in_every_format(format_: str) -> None:
    report = grader_failed(Path("ada.zip"), KeyError("secret input 4.25"))
    written = " ".join(write_report(report, format_, width=200).split())
    assert "grader failed" in written
    assert ("4.25" in written) == (format_ == "json")
    assert "0 of 0" not in written
    if format_ == "gradescope":
        with pytest.raises(jsonschema.ValidationError):  # Gradescope takes no score from this
            jsonschema.validate(json.loads(written), SCHEMA)


@pytest.mark.parametrize("format_", FOR_STUDENTS)
def test_what_cannot_be_read_is_said_once_and_not_by_every_test(
    tmp_path: Path, grader: Grader, format_: str
) -> None:
    (tmp_path / "my_model.py").write_text("")
    report = grader.grade(tmp_path)
    written = " ".join(write_report(report, format_, verbose=True, width=200).split())
    assert written.count("holds none of model.py, loss.py, mrr.py") == 1
    assert written.count("my_model.py") == 1
    assert "1a-0" not in written and "ModuleNotFoundError" not in written
    if format_ == "gradescope":
        jsonschema.validate(json.loads(written), SCHEMA)
        assert json.loads(written)["score"] == 0


def test_a_notebook_cell_says_once_what_cannot_be_read(tmp_path: Path, grader: Grader) -> None:
    report = grader.grade(tmp_path, Asked(questions=["1a"]))
    for write in (write_cell, write_cell_text):
        assert " ".join(write(report).split()).count("holds none of model.py") == 1


def message_of(report: Report, id_: str) -> str:
    return next(test.message for test in report.tests if test.id == id_)


def test_words_say_what_the_mistake_is(submission: Callable[..., Path], grader: Grader) -> None:
    debugger = submission(loss=("loss = (1 - torch", "breakpoint(); loss = (1 - torch"))
    assert re.search(
        r"calls a debugger \(.*loss\.py, line",
        message_of(grader.grade(debugger, Asked(["2a"])), "2a-0"),
    )
    alone = submission(model=("u * q], dim=1)).squeeze(1)", "u * q], dim=1)).squeeze()"))
    said = message_of(grader.grade(alone, Asked(["1c"])), "1c-4")
    assert "lost its only dimension: squeeze() takes out every dimension of size 1" in said


def test_what_hidden_tests_made_the_code_print_is_for_instructors(
    submission: Callable[..., Path], grader: Grader
) -> None:
    path = submission(
        loss=("loss = (1 - torch", "print('p', positive_predictions); loss = (1 - torch")
    )
    report = grader.grade(path, Asked(["2a"]))
    assert all("p tensor(" in test.printed for test in report.tests)
    for test in report.for_student().tests:
        assert bool(test.printed) != test.hidden
    assert "p tensor(" in write_cell(report) and "p tensor(" in write_cell_text(report)


def test_what_a_listener_raises_is_the_graders_fault(
    submission: Callable[..., Path], grader: Grader
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    for asked in (Asked(["2a"], on_test=full), Asked(["2a"], on_checkpoint=full)):
        report = grader.grade(submission(), asked)
        assert report.grader_at_fault and "The grader failed" in report.problem
        assert "No space left" in report.fault and report.exit_code == 2


def test_a_report_that_cannot_be_written_is_no_traceback(
    submission: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "report.html"
    done = run(str(submission()), "--question", "2a", "--format", "html", "--out", str(out))
    assert done.returncode == 2
    assert re.fullmatch(r"error: .*report\.html was not written: .+\n", done.stderr)


def test_text_of_a_submission_is_not_taken_for_markup(
    submission: Callable[..., Path], grader: Grader
) -> None:
    message = "<script>alert(1)</script> [bold red]x[/] \\x1b[31m"
    text = f"import torch\ndef bpr_loss(p, n):\n    raise ValueError('{message}')\n"
    path = submission(loss=text)
    report = grader.grade(path, Asked(questions=["2a"]))
    page = write_report(report, "html")
    assert "<script>" not in page and "&lt;script&gt;" in page
    terminal = write_report(report, "terminal", width=200)
    assert "[bold red]x[/]" in terminal and "\x1b" not in terminal


def test_the_page_is_complete_in_itself(curious: Report) -> None:
    page = write_report(curious, "html")
    assert "http" not in page and "src=" not in page and "<link" not in page
    assert all(test.sentence.replace("'", "&#39;") in page for test in curious.tests)


@pytest.fixture(scope="module")
def unwritten(tmp_path_factory: pytest.TempPathFactory, grader: Grader) -> Report:
    folder = tmp_path_factory.mktemp("unwritten")
    for name in ("model.py", "loss.py", "mrr.py"):
        text = (REPOSITORY / "submission" / name).read_text()
        (folder / name).write_text(without_solutions(f"submission/{name}", text))
    return grader.grade(folder)


def test_what_is_not_written_yet_is_open_and_not_wrong_everywhere(unwritten: Report) -> None:
    assert {test.state for test in unwritten.tests} <= {"open", "not run"}
    terminal, page = write_report(unwritten, "terminal"), write_report(unwritten, "html")
    for written in (terminal, page, write_cell(unwritten), write_cell_text(unwritten)):
        assert "✗" not in written and "○" in written
    assert "\n2a" in terminal and "○○○ open" in terminal
    assert page.count('aria-label="open"') == write_cell(unwritten).count('aria-label="open"')
    assert 'aria-label="failed"' not in page and "#c0392b" not in write_cell(unwritten)


@pytest.mark.parametrize("format_", FOR_STUDENTS)
def test_the_first_line_says_where_to_start(
    curious: Report, unwritten: Report, format_: str
) -> None:
    """A mistake goes before what is not written yet, and one mistake alone needs no such line."""
    start = "Start with 2a: Your code raised "
    assert start in re.sub("<[^>]*>", "", write_report(curious, format_, width=200))
    start = "Start with 1a: it is not written yet (submission/model.py, line "
    assert start in re.sub("<[^>]*>", "", write_report(unwritten, format_, width=200))
    alone = tuple(question for question in curious.questions if question.id in ("1a", "2a"))
    assert "Start with" not in write_report(replace(curious, questions=alone), format_)


def test_a_file_that_cannot_be_imported_is_told_once(
    submission: Callable[..., Path], grader: Grader
) -> None:
    report = grader.grade(submission(model=("class Multi", "clas Multi")))
    for format_ in FOR_STUDENTS:
        written = write_report(report, format_, verbose=True, width=200)
        assert written.count("clas MultiTaskNet") == 1
        assert html.unescape(written).count("SyntaxError: invalid syntax") == 1
    lost = [test for test in report.tests if test.status != PASSED]
    shown = " ".join(write_report(report, "terminal", verbose=True, width=200).split())
    assert shown.count("Not run, fix 1a-0 first.") == len(lost) - 1 > 20


def section(page: str, question: str) -> str:
    (found,) = re.findall(rf'<section id="{question}">.*?</section>', page, re.DOTALL)
    return found


def test_the_page_shows_what_failed_first_and_folds_the_rest(
    curious: Report, unwritten: Report
) -> None:
    page = write_report(replace(curious, people_points=6.0, submission="in/ada.zip"), "html")
    sections = re.findall(r'<section id="(\w+)">', page)
    assert sections == ["2a", "2b", "2c", "1a", "1b", "1c", "1d", "2d"]
    shown, folded = section(page, "1c").split('<details class="passed">')
    assert 'id="1c-0"' in folded and 'id="1c-' not in shown
    waiting = section(write_report(unwritten, "html"), "2a")
    shown, folded = waiting.split('<details class="waiting">')
    assert 'id="2a-0"' in shown and 'id="2a-1"' in folded
    assert f"graded {curious.graded_at}, version {__version__}" in page and "ada.zip," in page
    assert "6 more points are graded by people." in page


def test_every_id_that_the_page_names_is_a_link_to_a_place_in_it(unwritten: Report) -> None:
    page = write_report(unwritten, "html")
    places, links = (set(re.findall(p, page)) for p in (r'id="([\w-]+)"', r'href="#([\w-]+)"'))
    assert links <= places == {*POINTS, *(test.id for test in unwritten.tests)}
    assert 'fix <a href="#2a-0">2a-0</a> first' in page


def run(*arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_exits_with_0_1_or_2(submission: Callable[..., Path], tmp_path: Path) -> None:
    path = str(submission(loss=("regression_weight * regression_loss", "regression_loss")))
    right = run(path, "--question", "2a")
    assert (right.returncode, right.stderr) == (0, "")
    assert f"{POINTS['2a']:g} of {POINTS['2a']:g} points" in right.stdout
    out = tmp_path / "new" / "results.json"
    wrong = run(path, "--question", "2c", "--format", "gradescope", "--out", str(out))
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "The regression loss has no weight." in out.read_text()
    nothing = run(str(tmp_path / "nowhere"))
    assert nothing.returncode == 2
    assert "nowhere" in nothing.stdout
    unknown = run("--question", "9z")
    assert unknown.returncode == 2
    assert "there are 1a, 1b" in unknown.stderr


def test_without_isolation_the_command_grades_nothing_and_says_what_to_do(
    submission: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(submission())
    monkeypatch.setenv("GRADER_ISOLATION", "none")
    refused = run(path)
    assert refused.returncode == 2
    assert "This was not graded" in refused.stdout and "points" not in refused.stdout
    assert "--public-only" in refused.stderr
    public = run(path, "--question", "2a", "--public-only")
    assert (public.returncode, public.stderr) == (0, "")
    assert "hidden tests were not run" in public.stdout


def test_help_does_not_import_torch() -> None:
    code = (
        "import sys; sys.argv = ['grader', '--help']\n"
        "try:\n    import runpy; runpy.run_module('grader', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'numpy', 'pytest', 'jinja2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True, capture_output=True)


def test_a_copy_without_hidden_tests_says_that_there_are_some(
    submission: Callable[..., Path], tmp_path: Path
) -> None:
    copy = tmp_path / "student"
    copy.mkdir()
    shutil.copy(REPOSITORY / "assignment.toml", copy)
    shutil.copytree(
        REPOSITORY / "grader",
        copy / "grader",
        ignore=shutil.ignore_patterns("hidden_tests", "misconceptions", "__pycache__"),
    )
    shutil.copytree(REPOSITORY / "problem_set", copy / "problem_set")
    path = submission(
        loss=("negative_predictions)).mean()", "negative_predictions)).mean().detach()")
    )
    shutil.copytree(path / "submission", copy / "submission")
    done = run("--question", "1a", "--question", "2a", cwd=copy)
    assert done.returncode == 0, done.stdout + done.stderr
    public, hidden = (
        sum(points_of(question, is_hidden) for question in ("1a", "2a"))
        for is_hidden in (False, True)
    )
    assert f"{public:g} of {public:g} points" in done.stdout
    said = " ".join(done.stdout.split())
    assert f"6 hidden tests were not run, worth {hidden:g} points." in said
    assert "they are not in this folder" in " ".join(done.stdout.split())
