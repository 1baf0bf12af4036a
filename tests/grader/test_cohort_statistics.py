"""The cohort's report: planted difficulties, discriminations and mistakes are found again."""

import csv
import io
import re
from typing import Any

import numpy as np
import pytest

from grader.cohort.page import anonymous_code, write_cohort_page
from grader.cohort.statistics import (
    Cohort,
    items_table,
    mistakes_table,
    statistics_of,
    unexplained_table,
)

# Discrimination and difficulty of a logistic model: how steep, and where on the scale of ability.
PLANTED = {
    "easy": (1.5, -1.5),
    "middle": (2.0, 0.0),
    "steep": (3.0, 0.5),
    "hard": (2.5, 0.9),
    **{f"other {n}": (2.0, 0.3 * (n - 4)) for n in range(8)},
    "noise": (0.0, 0.0),
}
PEOPLE, COURSES = 200, 20


def drawn(people: int, seed: int) -> dict[str, np.ndarray]:
    """Return who passes which test, by test, of a course with the planted tests."""
    random = np.random.RandomState(seed)
    ability = random.normal(size=people)
    passed = {
        name: random.random_sample(people) < 1 / (1 + np.exp(-slope * (ability - place)))
        for name, (slope, place) in PLANTED.items()
    }
    # As if the expected value were wrong: those who have all the rest right fail it.
    best = ability > 0.8
    passed["upside down"] = np.where(best, random.random_sample(people) < 0.1, True)
    return passed


def test_of(id_: str, passed: bool, hints: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    told = [{"id": h, "diagnosis": f"Does {h}.", "question": f"Why {h}?"} for h in hints]
    return {
        **{"id": id_, "sentence": f"{id_} is right.", "status": "passed" if passed else "failed"},
        **{"points": float(passed), "max_points": 1.0, "hidden": True, "hints": told},
        **{"message": "", "cause": "", "detail": None, **more},
    }


test_of.__test__ = False  # type: ignore[attr-defined]


def record(name: str, tests: list[dict[str, Any]], status: str = "graded") -> dict[str, Any]:
    questions = [
        {"id": f"q-{test['id']}", "title": f"Question {test['id']}", "tests": [test]}
        for test in tests
    ]
    points = sum(test["points"] for test in tests)
    return {
        **{"submission": name, "status": status, "title": "Planted", "late": None, "final": None},
        **{"final_points": points, "seconds": 1.0, "memory": 2 * 10**8, "questions": questions},
    }


def cohort_of(passed: dict[str, np.ndarray]) -> Cohort:
    people = len(next(iter(passed.values())))
    return statistics_of(
        record(f"s{n:04}", [test_of(id_, bool(who[n])) for id_, who in passed.items()])
        for n in range(people)
    )


@pytest.fixture(scope="module")
def courses() -> list[Cohort]:
    return [cohort_of(drawn(PEOPLE, seed)) for seed in range(COURSES)]


@pytest.fixture(scope="module")
def planted(courses: list[Cohort]) -> Cohort:
    return courses[0]


@pytest.fixture(scope="module")
def everybody() -> dict[str, np.ndarray]:
    """So many people that what holds of them is the truth."""
    return drawn(200_000, 1000)


@pytest.mark.parametrize("name", [*PLANTED, "upside down"])
def test_planted_difficulty_and_discrimination_lie_in_their_intervals(
    name: str, courses: list[Cohort], everybody: dict[str, np.ndarray]
) -> None:
    """They do in 19 of 20 courses, give or take."""
    rest = sum(who.astype(float) for id_, who in everybody.items() if id_ != name)
    difficulty = everybody[name].mean()
    discrimination = np.corrcoef(everybody[name], rest)[0, 1]
    items = [item for course in courses for item in course.tests if item.id == name]
    assert {item.people for item in items} == {PEOPLE}
    bounds = [item.discrimination_interval or (0.0, 0.0) for item in items]
    assert sum(low < discrimination < high for low, high in bounds) >= 0.8 * COURSES
    assert np.mean([high - low for low, high in bounds]) < 0.3
    bounds = [item.difficulty_interval for item in items]
    assert sum(low < difficulty < high for low, high in bounds) >= 0.8 * COURSES
    assert np.mean([high - low for low, high in bounds]) < 0.15


def test_what_is_broken_is_marked_and_nothing_else(courses: list[Cohort]) -> None:
    for course in courses:
        marked = {item.id for item in course.tests if item.problem}
        assert {"upside down"} <= marked <= {"noise", "upside down"}
    marks = [item.problem for course in courses for item in course.tests if item.id == "noise"]
    assert sum(map(bool, marks)) > 0.8 * COURSES
    (steep,) = (item for item in courses[0].tests if item.id == "steep")
    assert steep.fifths[0] < 0.1 and steep.fifths[-1] > 0.9
    assert steep.fifths[0] < steep.fifths[2] < steep.fifths[4]


def test_a_test_that_few_fail_is_not_judged() -> None:
    passed = {"a": np.arange(40) > 2, "b": np.arange(40) % 2 == 0}
    assert {item.id: item.problem for item in cohort_of(passed).tests}["a"] == ""


def test_items_of_one_outcome_have_no_discrimination() -> None:
    cohort = cohort_of({"a": np.ones(12, bool), "b": np.arange(12) < 6})
    assert [item.discrimination for item in cohort.tests] == [None, None]
    assert cohort_of({"a": np.zeros(12, bool)}).tests[0].problem == "Nobody has it right."


@pytest.fixture(scope="module")
def course() -> Cohort:
    """Twenty people: two mistakes that go together, an unexplained failure, one who is missing."""
    records = []
    for n in range(20):
        both = n < 6
        first = test_of("2b", not both and n != 7, ("sum",) if both or n == 7 else ())
        second = test_of("2c", not both, ("swapped",) if both else ())
        odd = test_of("2d", n not in (10, 11), message="mrr_score has shape (2,), not ().")
        records.append(record(f"s{n:02}", [first, second, odd]))
    nobody = record("<b>Zoë</b>", [], "nothing handed in")
    return statistics_of([*records, nobody])


def test_mistakes_have_shares_and_examples_of_whom_made_them_alone(course: Cohort) -> None:
    shares = {mistake.id: mistake for mistake in course.mistakes}
    assert (shares["sum"].people, shares["swapped"].people) == (7, 6)
    assert shares["sum"].share == 7 / 20
    low, high = shares["sum"].interval
    assert (round(low, 3), round(high, 3)) == (0.181, 0.567)  # Wilson's, of 7 of 20
    assert shares["sum"].names[0] == "s07" and len(shares["sum"].names) == 3
    (pair,) = course.together
    assert (pair.first, pair.second, pair.people) == ("sum", "swapped", 6)
    assert pair.expected == pytest.approx(7 * 6 / 20)


def failed(id_: str, message: str, got: str = "", **more: Any) -> dict[str, Any]:
    detail = {"given": "f(1)", "expected": "2", "got": got} if got else None
    return test_of(id_, False, message=message, detail=detail, **more)


def test_failures_are_grouped_by_what_public_tests_got_and_not_by_the_line() -> None:
    wrong = "The loss has other numbers than it should."
    raised = "Your code raised NameError (submission/loss.py, line {})."
    cohort = statistics_of(
        record(f"s{n}", tests)
        for n, tests in enumerate(
            [
                [failed("2b", wrong, got="3", hidden=False)],
                [failed("2b", wrong, got="4", hidden=False)],
                [failed("2b", wrong, got="3", hidden=False)],
                [failed("2c", wrong, got="0.31")],  # hidden: inputs differ from one to the next
                [failed("2c", wrong, got="0.27")],
                [failed("2a", raised.format(7))],
                [failed("2a", raised.format(12))],
            ]
        )
    )
    found = [(group.question, group.names, group.got) for group in cohort.unexplained]
    assert found == [
        ("q-2a", ("s5", "s6"), ""),
        ("q-2b", ("s0", "s2"), "3"),
        ("q-2c", ("s3", "s4"), ""),
        ("q-2b", ("s1",), "4"),
    ]
    page = write_cohort_page(cohort, lambda *_: "")
    assert "<code>f(1)</code> gives <code>3</code>, right is <code>2</code>" in page
    assert "0.31" not in page and "Your code raised NameError (submission/loss.py)." in page


def test_a_file_that_cannot_be_imported_is_told_once_for_all_of_its_questions() -> None:
    said = "The file could not be imported: SyntaxError (submission/model.py, line {})."
    people = [
        record(name, [failed(id_, said.format(line), cause="not imported") for id_ in ("1a", "1b")])
        for line, name in enumerate(("ada", "bo"))
    ]
    cohort = statistics_of(people)
    assert cohort.unexplained == ()
    (group,) = cohort.not_imported
    assert (group.people, group.tests, group.names) == (2, ("1a", "1b"), ("ada", "bo"))
    assert "line" not in group.said
    page = write_cohort_page(cohort, lambda *_: "")
    assert page.count("The file could not be imported") == 1


def test_a_lecture_begins_with_what_most_have_made_and_leaves_out_what_one_has() -> None:
    people = [
        record(f"s{n}", [test_of("1a", n > 1, ("rare",) if n < 1 else ()), often])
        for n in range(9)
        for often in [test_of("2c", n > 3, ("often",) if n < 4 else ("twice",) if n < 6 else ())]
    ]
    cohort = statistics_of(people)
    assert [mistake.id for mistake in cohort.frequent] == ["often", "twice"]
    page = write_cohort_page(cohort, lambda *_: "")
    lecture = page[page.index('id="lecture"') : page.index('id="points"')]
    assert lecture.index("Does often.") < lecture.index("Does twice.")
    assert "Does rare." not in lecture and "Does rare." in page


def test_failures_without_a_named_mistake_are_one_group_if_alike(course: Cohort) -> None:
    (group,) = course.unexplained
    assert (group.question, group.tests, group.people) == ("q-2d", ("2d",), 2)
    assert group.said == "mrr_score has shape (2,), not ()."
    assert (course.people, course.came, course.graded) == (21, 20, 20)
    assert course.missing == ("<b>Zoë</b>",)


def test_the_page_names_nobody_unless_unfolded_and_escapes_all(course: Cohort) -> None:
    asked = []

    def examples(name: str, question: str) -> str:
        asked.append((name, question))
        return "def regression_loss(a, b): return '<script>'"

    page = write_cohort_page(course, examples)
    assert ("s07", "q-2b") in asked and len(set(asked)) == len(asked) == 7
    assert "<script>" not in page and "<b>Zoë" not in page and "Zoë" in page
    assert "Does sum." in page and "Why sum?" in page
    # What is not unfolded names nobody: the page may be shown in a lecture.
    shown = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert not re.search(r"\bs\d\d\b|Zoë", shown)
    assert not re.search(r"""(src|href)=["']?\s*(http|//)|url\((?!#)|@import""", page)
    assert 'role="img" aria-label="Half of 20 people have' in page
    assert "held 200 MB in the middle" in page
    assert write_cohort_page(course, examples) == page


def test_an_empty_course_has_a_page() -> None:
    page = write_cohort_page(statistics_of([]), lambda *_: "")
    assert "Nobody has been graded." in page and "No mistake was named." in page


def test_tables_hold_the_same_numbers(planted: Cohort, course: Cohort) -> None:
    lines = list(csv.DictReader(io.StringIO(items_table(planted))))
    assert len(lines) == 2 * (len(PLANTED) + 1)
    (hard,) = (line for line in lines if line["id"] == "hard")
    (item,) = (item for item in planted.tests if item.id == "hard")
    assert float(hard["discrimination"]) == pytest.approx(item.discrimination, abs=1e-4)
    assert float(hard["fifth 5"]) == pytest.approx(item.fifths[4], abs=1e-4)
    mistakes = list(csv.DictReader(io.StringIO(mistakes_table(course))))
    assert [(line["id"], line["people"]) for line in mistakes] == [("sum", "7"), ("swapped", "6")]
    (odd,) = csv.DictReader(io.StringIO(unexplained_table(course)))
    assert (odd["people"], odd["tests"]) == ("2", "2d")


def test_examples_hold_no_comment_docstring_or_text() -> None:
    code = b'''
# by Ada Lovelace
def regression_loss(observed, predicted):
    """Ada's."""
    author = "Ada"  # Lovelace
    return ((observed - predicted) ** 2).sum()

def bpr_loss(a, b):
    return a
'''
    shown = anonymous_code({"loss.py": code, "model.py": b"def (:"}, "2b")
    assert shown.startswith("def regression_loss(observed, predicted):")
    assert "** 2).sum()" in shown and "Ada" not in shown and "Lovelace" not in shown
    assert anonymous_code({"loss.py": code}, "9z") == ""


def test_examples_hold_what_a_student_has_written_for_the_question_to_use() -> None:
    loss = b"""
from helpers import squared

def regression_loss(a, b):
    return total(squared(a - b))

def total(x):
    return x.sum() if x.dim() else total(x[None])

def bpr_loss(a, b):
    return regression_loss(a, b) + only_for_2a(a)

def only_for_2a(a):
    return a
"""
    files = {"loss.py": loss, "helpers.py": b"def squared(x):\n    return x**2\n"}
    shown = anonymous_code(files, "2b")
    assert re.findall(r"def (\w+)", shown) == ["regression_loss", "total", "squared"]
    # What another question asks for is no example of this one.
    assert re.findall(r"def (\w+)", anonymous_code(files, "2a")) == ["bpr_loss", "only_for_2a"]
