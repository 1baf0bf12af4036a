"""The autograder grades uploads on a machine like Gradescope's, and always leaves results."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from emulator import PROJECT, Graded, Gradescope, read_results
from submissions import endless, from_windows, hostile, write_junk, write_right, zipped

from grader.engine.composition import Composition
from grader.engine.grader import STOPPED, TIME_IS_UP, UNPROTECTED
from grader.misconceptions.catalogue import read_catalogue
from problem_set.assignment import read_assignment
from release.files import Files, PackedFile, zip_bytes
from release.gradescope import gradescope_files
from tests.conftest import skip_or_fail
from tests.course import FULL_MARKS

# Each grading here starts Python and torch anew, as on Gradescope: several seconds.
Start = Callable[..., Gradescope]
SANDBOXES = {
    "the best": {},
    "fallback": {"GRADER_ISOLATION": "fallback"},
    "fallback without Landlock": {
        "GRADER_ISOLATION": "fallback",
        "GRADER_ISOLATION_WITHOUT": "landlock",
    },
}
MISTAKE = "optimistic-ties"


@pytest.fixture(scope="module")
def files() -> Files:
    return gradescope_files(PROJECT)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Start:
    """A function that starts a machine whose autograder is set up with the tests' environment."""

    def begin(environment: Path | None = Path(sys.prefix), **changed: bytes) -> Gradescope:
        folder = tmp_path_factory.mktemp("gradescope") / "machine"
        parts = {name.replace("_", "."): PackedFile(new) for name, new in changed.items()}
        try:
            return Gradescope(folder, zip_bytes({**files, **parts}), environment)
        except OSError as error:
            skip_or_fail(str(error))

    return begin


@pytest.fixture(scope="module")
def gradescope(start: Start) -> Iterator[Gradescope]:
    with start() as machine:
        yield machine


def failed(results: dict[str, Any]) -> dict[str, str]:
    """Return what students read of each test that did not pass, by its id."""
    return {
        test["number"]: test["output"] for test in results["tests"] if test["status"] == "failed"
    }


def not_graded(graded: Graded) -> dict[str, Any]:
    """Return what was left in the place of a grade, from which Gradescope takes no points."""
    left = json.loads(graded.written)
    assert graded.results is None and not {"score", "tests"} & set(left), graded.stdout
    assert left["extra_data"] == {"grader_at_fault": True}
    return left


def test_an_upload_without_the_files_is_told_so_in_one_sentence(
    gradescope: Gradescope, tmp_path: Path
) -> None:
    write_junk(tmp_path / "upload")
    graded = gradescope.submit(tmp_path / "upload")
    assert (graded.results["score"], graded.results["tests"]) == (0, []), graded.stdout
    assert graded.results["output"].startswith(
        "submission holds none of model.py, loss.py, mrr.py. It holds 01_experiments.ipynb, ps1.pdf"
    )


def test_a_late_second_zip_from_windows_with_a_mistake_is_graded_and_the_mistake_is_named(
    gradescope: Gradescope, tmp_path: Path
) -> None:
    mistake = read_catalogue()[MISTAKE]
    folder = mistake.write(tmp_path / "upload/Problem Set 1/ada") / "submission"
    for path in folder.glob("*.py"):
        path.write_bytes(from_windows(path.read_bytes()))
    write_junk(tmp_path / "upload")
    told = {"another": ["1a-6"], MISTAKE: ["2d-2", "2d-7"]}
    told = {"mistakes": told, "hints": True, "hidden_tests": True}
    tests = [{"number": "1a-6", "score": 0}]
    before = {"score": 1, "tests": tests, "extra_data": {"told": told}}
    graded = gradescope.submit(
        zipped(tmp_path / "upload", tmp_path / "upload.zip"),
        metadata={
            "created_at": "2026-12-12T01:59:00.500000-08:00",
            "previous_submissions": [
                {"submission_time": "2026-12-09T10:00:00-08:00", "score": 1, "results": before}
            ],
        },
    )
    assert "came 2 hours late, which counts as 1 day" in graded.results["output"]
    assert "One of your two mistakes is gone." in graded.results["output"]
    problems = failed(graded.results)
    assert {number.split("-")[0] for number in problems} == {mistake.asked_in}, graded.stdout
    assert all(mistake.diagnosis in text for text in problems.values())
    assert graded.results["score"] < FULL_MARKS


FOUR = ("one-bias-for-all", "bpr-sign-turned", MISTAKE, "seen-kept")


def write_mistakes(folder: Path, *ids: str) -> Path:
    """Write the reference with mistakes, two of one question composed; return the folder."""
    by_file: dict[str, Composition] = {}
    for id_ in ids:
        mistake = read_catalogue()[id_].composition
        before = by_file.get(mistake.pipeline.file)
        choices = mistake.choices | (before.choices if before else set())
        by_file[mistake.pipeline.file] = Composition(mistake.pipeline, choices)
    write_right(folder)
    for file, composed in by_file.items():
        (folder / f"{file}.py").write_text(composed.source(file))
    return folder


@pytest.mark.thorough
def test_what_changes_from_upload_to_upload_and_by_a_regrade_is_told(
    gradescope: Gradescope, start: Start, tmp_path: Path
) -> None:
    came = ("2026-12-09T10:00:00.100000-08:00", "2026-12-10T10:00:00.200000-08:00")
    kept: list[dict[str, Any]] = []  # what Gradescope hands over of the student's gradings

    def submit(machine: Gradescope, time: str, *ids: str) -> Graded:
        folder = write_mistakes(tmp_path / str(len(kept)), *ids)
        graded = machine.submit(
            folder, metadata={"created_at": time, "previous_submissions": [*kept]}
        )
        score, results = graded.results["score"], graded.results
        kept.append({"submission_time": time, "score": score, "results": results})
        return graded

    first = submit(gradescope, came[0], *FOUR)
    assert not {"gone", "again"} & set(first.results["output"].split())
    second = submit(gradescope, came[1], *FOUR[2:])
    assert "Two of your four mistakes are gone." in second.results["output"]
    assert second.results["score"] > first.results["score"]

    with start() as machine:
        source = machine.autograder / "source"
        tests = source / "grader/hidden_tests/test_2d_metric.py"
        begin, name, rest = tests.read_text().partition("def test_ties_share_the_mean_rank")
        demand = "    judge_ranks(check, wider)\n"
        assert demand in rest
        tests.write_text(begin + name + rest.replace(demand, "    check.random(1)\n", 1))
        with (source / "assignment.toml").open("a") as settings:
            settings.write('\n[feedback]\nregrade_reason = "Test 2d-7 asked too much."\n')
        again = submit(machine, came[1], *FOUR[2:])
    points = {test.id: test.points for test in read_assignment().tests}["2d-7"]
    before, now = (graded.results["score"] for graded in (second, again))
    assert now == pytest.approx(before + points)
    moved = (
        f"This was graded again. Your points changed from {before:g} to {now:g}.",
        f"2d-7: {points:g} of {points:g} points, 0 before.",
    )
    assert f"{moved[0]} Test 2d-7 asked too much.\n{moved[1]}" in again.results["output"]
    assert "Two of your four mistakes are gone." in again.results["output"]
    assert all(line in again.stdout for line in moved), "staff read which points move"


@pytest.mark.parametrize(
    ("sandbox", "layout"),
    [
        ("the best", "loose files"),
        pytest.param("fallback", "zip inside", marks=pytest.mark.thorough),
        pytest.param("fallback without Landlock", "folder", marks=pytest.mark.thorough),
    ],
)
def test_a_right_submission_gets_all_points_and_reaches_neither_the_source_nor_the_results(
    gradescope: Gradescope, tmp_path: Path, sandbox: str, layout: str
) -> None:
    upload = tmp_path / "upload"
    hostile(upload if layout == "loose files" else upload / "submission")
    if layout == "zip inside":
        archive = zipped(upload, tmp_path / "ps1-submission.zip")
        upload.mkdir()
        archive.rename(upload / archive.name)
    write_junk(upload)
    before = snapshot(gradescope.autograder / "source")
    graded = gradescope.submit(upload, variables=SANDBOXES[sandbox])
    assert failed(graded.results) == {}, graded.stdout
    assert graded.results["score"] == FULL_MARKS
    assert len(graded.results["tests"]) == len(read_assignment().tests)
    assert "Isolation: " in graded.stdout
    assert snapshot(gradescope.autograder / "source") == before
    left = {path.name for path in (gradescope.autograder / "results").iterdir()}
    assert left == {"results.json", "stdout"}


@pytest.mark.thorough
def test_the_same_attack_opens_doors_where_nothing_isolates_it(
    start: Start, tmp_path: Path
) -> None:
    with start() as machine:
        script = machine.autograder / "source/grade_submission.py"
        call = "Asked("
        assert call in script.read_text()
        insisting = f"{call}allow_unisolated_hidden=True, "
        script.write_text(script.read_text().replace(call, insisting))
        upload = hostile(tmp_path / "upload")
        graded = machine.submit(upload, variables={"GRADER_ISOLATION": "none"})
        forged = [machine.autograder / folder / "forged.json" for folder in ("results", "source")]
        assert forged[0].exists() and forged[1].with_suffix(".py").exists()
    assert "reads source/grader/oracle.py" in " ".join(failed(graded.results).values())


BARE = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")


@pytest.mark.parametrize(
    ("variables", "through"),
    [
        pytest.param({"GRADER_ISOLATION": "none"}, (), id="nothing isolates"),
        pytest.param(
            {"GRADER_ISOLATION_WITHOUT": "landlock"},
            BARE,
            id="no capabilities, no Landlock",
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_without_a_sandbox_nobody_is_graded_with_the_public_tests_alone(
    gradescope: Gradescope, tmp_path: Path, variables: dict[str, str], through: tuple[str, ...]
) -> None:
    upload = write_right(tmp_path / "upload")
    graded = gradescope.submit(upload, variables=variables, through=through)
    if through and graded.results:  # on this machine the sandbox holds all the same
        assert graded.results["score"] == FULL_MARKS
        return
    assert not_graded(graded)["output"] == UNPROTECTED
    assert "Grade where the sandbox holds" in graded.stdout


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the mode and the time of change of all that is in a folder, but for caches."""
    return {
        str(path): (path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_where_setup_is_broken_students_read_that_it_is_not_their_fault(
    start: Start, tmp_path: Path
) -> None:
    with start(environment=None) as machine:
        graded = machine.submit(write_right(tmp_path / "upload"))
    left = not_graded(graded)
    assert "its own fault, not your submission's" in left["output"]
    assert "venv/bin/python" in graded.stdout


@pytest.mark.thorough
def test_a_grader_that_is_broken_says_so(start: Start, tmp_path: Path) -> None:
    with start() as machine:
        (machine.autograder / "source/grader/oracle.py").write_text("raise KeyError\n")
        graded = machine.submit(write_right(tmp_path / "upload"))
    left = not_graded(graded)
    assert "The grader failed" in left["output"]
    assert "oracle.py" in graded.stdout and "oracle" not in graded.written


@pytest.mark.thorough
def test_when_the_time_is_up_what_was_judged_counts_and_is_shown_as_the_course_says(
    start: Start, tmp_path: Path
) -> None:
    settings = (PROJECT / "assignment.toml").read_bytes()
    assert settings.count(b"timeout = 600") == 1
    plain = re.sub(rb"^\[(late|feedback)\]\n([^\[\n].*\n|\n)*", b"", settings, flags=re.MULTILINE)
    short = plain.replace(b"timeout = 600", b"timeout = 24").replace(
        b"[grading]",
        b'[late]\npercent_per_day = 50\n\n[feedback]\nshow_hidden = "after due"\n\n[grading]',
    )
    late = {
        "created_at": "2020-01-02T10:00:00-08:00",
        "assignment": {"due_date": "2020-01-01T10:00:00-08:00"},
    }
    with start(assignment_toml=short) as machine:
        graded = machine.submit(endless(tmp_path / "upload"), metadata=late)
    problems = failed(graded.results)
    assert graded.results["output"].startswith(TIME_IS_UP), graded.stdout
    assert problems["2a-0"] == "Not judged: the time for grading was up."
    assert problems["2d-11"] == problems["2a-0"]
    assert len(graded.results["tests"]) == len(read_assignment().tests)
    passed = [test for test in graded.results["tests"] if test["status"] == "passed"]
    points = sum(test["max_score"] for test in passed)
    assert graded.results["score"] == pytest.approx(points / 2, abs=0.006)
    assert graded.results["extra_data"]["points"] == pytest.approx(points)
    seen = {test["tags"][1]: test["visibility"] for test in graded.results["tests"]}
    assert seen == {"public": "visible", "hidden": "after_due_date"}


@pytest.mark.thorough
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(signal.SIGTERM, id="SIGTERM"),
        pytest.param(signal.SIGKILL, id="SIGKILL", marks=pytest.mark.thorough),
    ],
)
def test_a_grader_that_is_stopped_leaves_what_it_judged_until_then(
    gradescope: Gradescope, tmp_path: Path, sent: signal.Signals
) -> None:
    results = gradescope.autograder / "results/results.json"
    with gradescope.grading(endless(tmp_path / "upload")) as process:
        # JSON at every moment, from the first one on, which has no score.
        wait_for(results.exists)
        wait_for(lambda: json.loads(results.read_text()).get("score", 0) >= 1)
        (grader,) = process.children()
        began = grader.children(recursive=True)
        grader.send_signal(sent)
        grader.wait(30)
        gone = psutil.wait_procs(began, timeout=30)[1] == []
    content = gradescope.results()
    assert content["output"].startswith(STOPPED)
    assert failed(content)["2d-11"] == "Not judged: the grader was stopped."
    assert content["score"] == sum(
        test["max_score"] for test in content["tests"] if test["status"] == "passed"
    )
    assert gone


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come about within two minutes"
        time.sleep(0.1)


@pytest.mark.thorough
@pytest.mark.timeout(1800)
def test_setup_makes_an_environment_that_grades_as_the_command_here_does(
    start: Start, tmp_path: Path
) -> None:
    wrong = read_catalogue()[MISTAKE].write(tmp_path / "wrong")
    with start(environment=None) as machine:
        said = machine.build(SANDBOXES["fallback without Landlock"])
        assert f"a right submission gets {FULL_MARKS:g} points" in said
        mistaken = machine.submit(wrong)
        attacked = machine.submit(hostile(tmp_path / "hostile"))
    assert attacked.results["score"] == FULL_MARKS, failed(attacked.results)
    out = tmp_path / "results.json"
    command = [sys.executable, "-m", "grader", wrong, "--format", "gradescope", "--out", out]
    subprocess.run(command, cwd=PROJECT, check=False)
    assert mistaken.results == read_results(out.read_text())
