"""What students see, and when: by page and by Gradescope's file, before and after the due date."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from grader.engine.from_json import report_from
from grader.engine.reports import write_report
from grader.engine.reports.gradescope import write_results
from grader.engine.reports.gradescope_metadata import UNKNOWN, Earlier, Metadata, read_metadata
from grader.engine.results import FAILED, PASSED, Detail, Hint, QuestionResult, Report, TestResult
from grader.engine.visibility import Moment
from problem_set.assignment import Feedback, Late
from problem_set.late import final_points
from tests.release.gradescope.results_schema import SCHEMA

DUE = datetime(2026, 12, 11, 23, 59, tzinfo=timezone(timedelta(hours=-8)))
DAY = timedelta(days=1)
BEFORE, AFTER = Moment(DUE, DUE - DAY), Moment(DUE, DUE + DAY)
HINT = Hint("sum", "The errors are summed, not averaged.", "What does the mean divide by?")
OTHER = Hint("sign", "The sign is turned.", "Which way is up?")


def result(id_: str, points: float, of: float, hidden: bool, *hints: Hint) -> TestResult:
    status = PASSED if points else FAILED
    message = "" if points else "The loss is wrong."
    detail = None if points else Detail("loss(1.25)", "2.5", "5.0")
    return TestResult(
        id_, id_[:2], f"Sentence {id_}.", status, points, of, hidden, message, (), "", detail, hints
    )


def made(feedback: Feedback, *hints: Hint) -> Report:
    """A report: one public test of 1 point passed, and one failed; of hidden ones, 4 and 6."""
    tests = (
        result("1a-0", 1, 1, False),
        result("1a-1", 0, 1, False, *hints[:1]),
        result("1a-2", 4, 4, True),
        result("1a-3", 0, 6, True, *hints),
    )
    question = QuestionResult("1a", "Losses", tests)
    return Report("Course", "Set 1", "ada.zip", (question,), feedback=feedback)


def passed(report: Report, *ids: str) -> Report:
    """The same report with some tests passed, or all."""
    (question,) = report.questions
    tests = tuple(
        result(test.id, test.max_points, test.max_points, test.hidden)
        if test.id in ids or not ids
        else test
        for test in question.tests
    )
    return replace(report, questions=(replace(question, tests=tests),))


def page(report: Report, moment: Moment | None) -> str:
    return write_report(report, "html", moment=moment)


def gradescope(
    report: Report, moment: Moment | None, metadata: Metadata = UNKNOWN
) -> dict[str, Any]:
    content = json.loads(write_results(report, moment, metadata))
    jsonschema.validate(content, SCHEMA)
    return content


@pytest.mark.parametrize("when", ["after due", "never"])
def test_hidden_results_are_withheld_from_a_page_and_the_points_say_so(when: str) -> None:
    report = made(Feedback(show_hidden=when), HINT)
    for moment in (BEFORE, AFTER):
        text = page(report, moment)
        shown = when == "after due" and moment is AFTER
        assert ("1a-3" in text and "Sentence 1a-2." in text) == shown
        assert "1a-1" in text, "public tests are always shown"
        assert ("5 of 12 points" in text) == shown
        assert ("1 of 2 points of the public tests" in text) != shown
        assert ("2 hidden tests decide the other 10 points." in text) != shown
    until = "The results are shown after Friday, December 11, 2026, 11:59 pm (UTC-8)."
    assert (until in page(report, BEFORE)) == (when == "after due")
    assert "1a-3" in page(report, None)


@pytest.mark.parametrize(
    ("when", "visibility"),
    [("at once", "visible"), ("after due", "after_due_date"), ("never", "hidden")],
)
def test_gradescope_shows_hidden_tests_at_its_own_due_date(when: str, visibility: str) -> None:
    content = gradescope(made(Feedback(show_hidden=when), HINT), BEFORE)
    assert [test["visibility"] for test in content["tests"]] == ["visible"] * 2 + [visibility] * 2
    assert content["score"] == 5, "what Gradescope records; it hides it with the first test"
    assert ("5 of 12" in content["output"]) == (when == "at once")
    assert ("1a-3" in content["output"]) is False
    assert "summed" in content["tests"][3]["output"]


@pytest.mark.parametrize("when", ["after due", "never"])
def test_hints_are_withheld_in_every_format(when: str) -> None:
    report = made(Feedback(show_hints=when), HINT)
    for moment in (BEFORE, AFTER):
        shown = when == "after due" and moment is AFTER
        assert ("summed" in page(report, moment)) == shown
        assert ("summed" in json.dumps(gradescope(report, moment)["tests"])) == shown
        assert "The loss is wrong." in page(report, moment)
    said = "The mistakes behind failed tests are shown after Friday, December 11"
    assert (said in page(report, BEFORE)) == (when == "after due")
    assert said not in page(report, AFTER)


def test_hints_end_after_some_uploads_until_the_work_is_due() -> None:
    report = made(Feedback(uploads_with_hints=2), HINT)
    for upload, shown in ((1, True), (2, True), (3, False)):
        content = gradescope(report, replace(BEFORE, upload=upload))
        assert ("summed" in json.dumps(content["tests"])) == shown
        said = "Hints came with the first 2 uploads; this is number 3."
        assert (said in content["output"]) != shown
    assert "summed" in json.dumps(gradescope(report, replace(AFTER, upload=3))["tests"])


def test_points_before_and_after_the_late_policy_stand_together() -> None:
    report = made(Feedback())
    final = final_points(report.score, DUE + DAY, DUE, None, Late(percent_per_day=10))
    late = replace(report, final=final)
    assert (late.score, late.counted) == (5, 4.5)
    for text in (page(late, AFTER), write_report(late, "terminal"), write_report(late, "json")):
        words = " ".join(text.split())
        assert "10 % of 5 points are taken off, which leaves 4.5." in words
    assert "4.5 of 12 points" in page(late, AFTER)
    content = gradescope(late, AFTER)
    assert content["score"] == 4.5 and content["output"].startswith("4.5 of 12 points.\nIt was due")
    assert (content["extra_data"]["points"], content["extra_data"]["final_points"]) == (5, 4.5)
    assert json.loads(write_report(late, "json"))["final"]["points"] == 4.5


def earlier(report: Report, moment: Moment, at: datetime) -> Earlier:
    return Earlier(at, gradescope(report, moment))


def test_a_second_upload_says_which_mistakes_are_gone() -> None:
    hints = [Hint(f"m{n}", f"Mistake {n}.", "Why?") for n in range(4)]

    def output(now: list[Hint], before: list[Hint]) -> str:
        first = earlier(made(Feedback(), *before), BEFORE, DUE - 3 * DAY)
        unread = Earlier(DUE - 2 * DAY, {"score": 0, "tests": []})
        metadata = Metadata(DUE - DAY, DUE, (first, unread))
        report = made(Feedback(), *now)
        return gradescope(report if now else passed(report), BEFORE, metadata)["output"]

    assert "Two of your four mistakes are gone." in output(hints[2:], hints)
    assert "One of your two mistakes is gone. One is new." in output(hints[1:3], hints[:2])
    assert "Your two mistakes are still there." in output(hints[:2], hints[:2])
    assert "Both of your mistakes are gone." in output([], hints[:2])
    assert "All of your four mistakes are gone." in output([], hints)
    assert "Your mistake is gone." in output([], hints[:1])
    assert "Your mistake is still there. One is new." in output(hints[:2], hints[:1])
    assert "mistake" not in output(hints[:2], [])


def test_a_mistake_that_is_not_named_any_more_is_gone_only_if_its_tests_pass() -> None:
    """An upload that cannot be imported has lost no mistake."""
    hints = [Hint(f"m{n}", f"Mistake {n}.", "Why?") for n in range(3)]

    def output(before: list[Hint], *now: Hint, fixed: str = "") -> str:
        first = earlier(made(Feedback(), *before), BEFORE, DUE - 3 * DAY)
        report = made(Feedback(), *now)
        if fixed:
            report = passed(report, fixed)
        return gradescope(report, BEFORE, Metadata(DUE - DAY, DUE, (first,)))["output"]

    unseen = "gone cannot be seen: their tests do not pass for another reason."
    assert f"Whether your three mistakes are {unseen}" in output(hints)
    alone = "Whether your mistake is gone cannot be seen: its tests do not pass"
    assert alone in output(hints[:1])
    assert "gone" not in output([])
    # m0 explains 1a-1 and 1a-3, the others 1a-3 alone, which passes now.
    said = output(hints, fixed="1a-3")
    assert "Two of your three mistakes are gone. Whether one is gone cannot be seen: its" in said
    said = output(hints, OTHER, fixed="1a-3")
    assert "All of your three mistakes are gone. One is new." in said


def test_where_hints_are_withheld_nothing_is_said_of_mistakes() -> None:
    few = Feedback(uploads_with_hints=1)
    first = earlier(made(few, HINT, OTHER), BEFORE, DUE - 3 * DAY)
    second = Metadata(DUE - DAY, DUE, (first,))
    assert second.upload == 2
    content = gradescope(made(few), replace(BEFORE, upload=second.upload), second)
    assert "gone" not in content["output"]
    hidden = Feedback(show_hidden="after due")
    first = earlier(made(hidden, HINT, OTHER), BEFORE, DUE - 3 * DAY)
    assert first.extra["told"]["mistakes"] == {"sum": ["1a-1"]}, "of the public test"
    later = gradescope(made(hidden, HINT, OTHER), AFTER, Metadata(DUE + DAY, DUE, (first,)))
    assert "new" not in later["output"], "the hidden tests' mistakes were there before"


def test_a_regrade_says_what_changed_and_why() -> None:
    why = "Test 1a-1 asked for a sum by mistake."
    report = made(Feedback(regrade_reason=why))
    before = earlier(report, BEFORE, DUE - DAY)
    regrade = Metadata(DUE - DAY, DUE, before=before)

    def output(report: Report, moment: Moment = BEFORE) -> str:
        return gradescope(report, moment, regrade)["output"]

    again = "This was graded again. Your points changed from 5 to"
    said = output(passed(report, "1a-1"))
    assert f"{again} 6. {why}\n1a-1: 1 of 1 points, 0 before." in said
    same = "This was graded again. Your points are the same"
    assert f"{same}. {why}" in output(report)
    (question,) = report.questions
    public, *others = question.tests
    renamed = (replace(public, id="1a-9"), *others)
    moved = replace(report, questions=(replace(question, tests=renamed),))
    assert (
        f"{same}; single tests changed. {why}\n1a-9: 1 of 1 points, a new test.\n"
        "1a-0: no test any more, 1 points before."
    ) in output(moved)
    final = final_points(5, DUE + DAY, DUE, None, Late(percent_per_day=10))
    assert f"{again} 4.5. {why}" in output(replace(report, final=final)), "another due date"


def test_a_regrade_says_nothing_of_tests_that_are_withheld() -> None:
    never = Feedback(show_hidden="never", regrade_reason="A slip.")
    report = made(never)
    regrade = Metadata(DUE - DAY, DUE, before=earlier(report, BEFORE, DUE - DAY))
    said = gradescope(passed(report, "1a-3"), BEFORE, regrade)["output"]
    assert "This was graded again. The tests that you see have the same points. A slip." in said
    said = gradescope(passed(report, "1a-1", "1a-3"), BEFORE, regrade)["output"]
    assert "This was graded again. A slip.\n1a-1: 1 of 1 points, 0 before." in said
    assert "1a-3" not in said and "11" not in said


def test_what_other_tests_find_is_not_the_students_doing() -> None:
    first = earlier(made(Feedback(), HINT), BEFORE, DUE - 3 * DAY)
    second = made(Feedback(), HINT)
    before = Earlier(DUE - DAY, gradescope(second, BEFORE, Metadata(DUE - DAY, DUE, (first,))))
    again = Metadata(DUE - DAY, DUE, (first,), before)
    assert "still there" in gradescope(second, BEFORE, again)["output"]
    said = gradescope(made(Feedback(), HINT, OTHER), BEFORE, again)["output"]
    assert "graded again" in said and "new" not in said


def test_a_report_is_read_back_from_what_is_kept_of_it() -> None:
    report = made(Feedback(show_hints="never"), HINT, OTHER)
    report = replace(report, final=final_points(5, DUE + DAY, DUE, None, Late(zero_after=0)))
    kept = json.loads(json.dumps({"person": "ada", **report.to_dict()}))
    assert report_from(kept, report.feedback) == report
    assert report_from(kept, Feedback()).feedback == Feedback()


def test_gradescopes_metadata_are_read_as_it_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.json"
    results = gradescope(made(Feedback(), HINT), BEFORE)
    failed = {"extra_data": {"grader_at_fault": True}, "output": "The grader failed."}
    content = {
        "created_at": "2026-12-12T10:00:00.500000-08:00",
        "assignment": {"due_date": "2026-12-11T23:59:00.000000-08:00", "late_due_date": None},
        "users": [
            {"email": "ada@example.edu", "assignment": {"due_date": "2026-12-12T23:59:00-08:00"}},
            {"email": "grace@example.edu", "assignment": {"due_date": None}},
        ],
        "previous_submissions": [
            {"submission_time": "2026-12-12T10:00:00.500000-08:00", "score": 5, "results": results},
            {"submission_time": "2026-12-10T10:00:00Z", "score": 5, "results": results},
            {"submission_time": "2026-12-09T10:00:00Z", "results": failed},
            {"submission_time": "2026-12-14T10:00:00Z", "score": 5, "results": results},
        ],
    }
    path.write_text(json.dumps(content))
    found = read_metadata(path)
    assert found.due == DUE + DAY and found.upload == 2
    assert [each.is_graded for each in found.earlier] == [False, True]
    assert found.before and found.before.results == results
    content["users"] = [{"email": "ada@example.edu"}]
    path.write_text(json.dumps(content))
    assert read_metadata(path).due == DUE


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", '{"created_at": 7, "users": {}, "previous_submissions": [1]}']
)
def test_metadata_that_cannot_be_read_cost_no_grade(tmp_path: Path, text: str) -> None:
    path = tmp_path / "submission_metadata.json"
    assert read_metadata(path) == Metadata()
    path.write_text(text)
    assert read_metadata(path) == Metadata()
