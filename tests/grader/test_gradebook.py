"""Import files hold the right points for the right people, and nothing that a spreadsheet runs."""

import csv
import html
import io
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.cohort.gradebook import GradebookError, gradebook
from grader.cohort.late import with_final_points
from grader.cohort.roster import Person, Roster, read_roster
from grader.engine.results import Report
from problem_set.assignment import Late

DUE = datetime(2026, 12, 11, 23, 59, tzinfo=timezone(timedelta(hours=-8)))
NAMES = ("Multitask Training", "Problem Set 1")
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Essay (77),Problem Set 1 (4711),Current Score
,,,,,,Manual Posting,
"    Points Possible",,,,,10,26,(read only)
"Lovelace, Ada",101,A1,ada@example.edu,"Sec. 1, morning",8,,80
"Hopper, Grace",102,A2,grace@example.edu,Sec. 1,9,,90
"=cmd|'/C calc'!A0",103,+A3,mallory@example.edu,Sec. 2,,,
"Student, Test",104,,,Sec. 1,,,
"""
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 2001,Ada Lovelace,ada@example.edu,Submitted for grading,,20.00,Yes,\
"Saturday, 12 December 2026, 8:00 AM",-,
Participant 2002,Grace Hopper,grace@example.edu,No submission,,20.00,Yes,-,-,See me.
"""
MOODLE = """\
First name,Last name,ID number,Institution,Email address,Assignment: Problem Set 1 (Real),\
Last downloaded from this course
Ada,Lovelace,A1,,ada@example.edu,-,1765000000
Grace,Hopper,A2,,grace@example.edu,-,1765000000
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID
Ada,Lovelace,A1,ada@example.edu,A,,20.0,Graded,1
Grace,Hopper,A2,grace@example.edu,A,,20.0,Missing,
"""


def graded(points: float, late: timedelta = -timedelta(days=1), **known: Any) -> dict[str, Any]:
    report = Report("Course", "Set 1", "ada.zip", ()).to_dict()
    record = {**report, "status": "graded", "score": points, "before": None, **known}
    policy = Late(percent_per_day=10)
    return with_final_points(record, DUE + late, False, DUE, None, policy)


def roster_of(tmp_path: Path, text: str) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return read_roster(path)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def written(roster: Roster, *records: Mapping[str, Any] | None, **options: Any) -> list[list[str]]:
    of = {person: record for person, record in zip(roster.people, records) if record}
    return cells(gradebook(roster, of, NAMES, 20, **options))


def test_canvas_finds_each_student_by_id_and_the_assignment_by_its_name(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, CANVAS)
    late = graded(18, timedelta(hours=30))
    header, possible, *rows = written(roster, graded(20), late, {**late, "status": "not graded"})
    assert header == [*CANVAS.splitlines()[0].split(",")[:5], "Problem Set 1 (4711)"]
    assert possible == ["    Points Possible", "", "", "", "", ""], "as Canvas has them"
    assert rows == [
        ["Lovelace, Ada", "101", "A1", "ada@example.edu", "Sec. 1, morning", "20"],
        ["Hopper, Grace", "102", "A2", "grace@example.edu", "Sec. 1", "14.4"],
        ["'=cmd|'/C calc'!A0", "103", "'+A3", "mallory@example.edu", "Sec. 2", ""],
    ]


def test_what_canvas_is_not_to_change_is_empty_and_not_quoted(tmp_path: Path) -> None:
    """Canvas takes a quoted empty cell for a value, as the points of an assignment, too."""
    text = gradebook(roster_of(tmp_path, CANVAS), {}, NAMES, 20)
    assert '""' not in text
    assert text.splitlines()[1] == '"    Points Possible",,,,,'


def test_a_column_that_canvas_does_not_have_is_new_with_its_points(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, CANVAS)
    header, possible, *_ = cells(gradebook(roster, {}, ["Another set"], 20))
    assert (header[-1], possible[-1]) == ("Another set", "20")
    assert cells(gradebook(roster, {}, ["Problem Set 1 (4711)"], 20))[0][-1] == (
        "Problem Set 1 (4711)"
    )
    twice = roster_of(tmp_path, CANVAS.replace("Essay (77)", "Problem Set 1 (77)"))
    with pytest.raises(
        GradebookError, match=r"has Problem Set 1 \(77\) and Problem Set 1 \(4711\)"
    ):
        gradebook(twice, {}, NAMES, 20)
    bare = roster_of(tmp_path, "Student,ID,SIS Login ID\nAda,101,ada\n")
    with pytest.raises(GradebookError, match="no column Section"):
        gradebook(bare, {}, NAMES, 20)


def test_moodles_worksheet_goes_back_as_it_came_with_points_and_reasons(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, WORKSHEET)
    header, ada, grace = written(roster, graded(18, timedelta(hours=1)))
    before = cells(WORKSHEET)
    assert header == before[0]
    changed = [name for name, old, new in zip(header, before[1], ada) if old != new]
    assert changed == ["Grade", "Feedback comments"]
    assert ada[header.index("Grade")] == "16.2"
    assert "10 % of 18 points are taken off" in ada[-1]
    assert grace == before[2], "who has handed in nothing keeps what Moodle has"
    assert written(roster, None, None, missing=0)[2][header.index("Grade")] == "0"


UNREAD = "ps1.rar is no archive & not <code>. Send a zip."
REGRADE = "This was graded again. Your points changed from 17 to 18."
TAKEN = "model (1).py was taken for model.py."
LATE = timedelta(hours=1)
TOLD = [  # a record, and what its student has to read
    (graded(0, status="not graded", problem=UNREAD), [UNREAD]),
    (graded(5, problem="The time for grading was up."), ["The time for grading was up."]),
    (graded(18, LATE, before={"sentence": REGRADE}), ["10 % of 18 points are taken off", REGRADE]),
    (graded(18, notes=[TAKEN]), [TAKEN]),
    (
        graded(2, absent=3, absent_points=18, absent_reason="They were left out."),
        ["3 hidden tests were not run, worth 18 points. They were left out."],
    ),
]


@pytest.mark.parametrize(("record", "sentences"), TOLD)
@pytest.mark.parametrize(
    ("roster", "column"),
    [
        (WORKSHEET, "Feedback comments"),
        (MOODLE, "Feedback"),
        (GRADESCOPE, "Reason"),
        ("id,name\n1,Ada\n2,Grace\n", "Reason"),
    ],
)
def test_whoever_has_a_sentence_to_read_has_it_wherever_there_is_a_column_for_it(
    tmp_path: Path, roster: str, column: str, record: Mapping[str, Any], sentences: list[str]
) -> None:
    header, ada, grace = written(roster_of(tmp_path, roster), record, missing=0)
    said = ada[header.index(column)]
    said = html.unescape(said) if column == "Feedback comments" else said
    assert all(sentence in said for sentence in sentences)
    assert "Nothing was handed in." in grace[header.index(column)], "beside the 0"


def test_a_teachers_comment_in_moodle_stays_and_ours_is_replaced(tmp_path: Path) -> None:
    long = "<p>" + "See me. " * 300 + "</p>"
    before = WORKSHEET.replace("See me.", long)
    roster = roster_of(tmp_path, before)
    late = graded(18, LATE)
    comment = written(roster, None, late)[2][-1]
    assert comment.startswith(f"{long} Autograder: It was due") and "10 % of 18" in comment
    assert written(roster, None, graded(18))[2][-1] == long
    again = roster_of(tmp_path, before.replace(long, comment))
    assert written(again, None, late)[2][-1] == comment, "not said twice"
    assert written(again, None, graded(18))[2][-1] == long, "an extension takes it back"
    unread = graded(0, status="not graded", problem=UNREAD)
    grade, comment = written(again, None, unread)[2][4], written(again, None, unread)[2][-1]
    assert grade == "" and comment.endswith("is no archive &amp; not &lt;code&gt;. Send a zip.")


def test_moodles_gradebook_imports_by_address_or_number(tmp_path: Path) -> None:
    header, ada, grace = written(roster_of(tmp_path, MOODLE), graded(18, timedelta(hours=1)))
    assert header == [
        *("First name", "Last name", "ID number", "Email address"),
        *("Multitask Training", "Points before lateness", "Feedback"),
    ]
    assert ada[:6] == ["Ada", "Lovelace", "A1", "ada@example.edu", "16.2", "18"]
    assert grace == ["Grace", "Hopper", "A2", "grace@example.edu", "", "", ""]


def test_gradescopes_table_has_its_own_columns(tmp_path: Path) -> None:
    header, ada, grace = written(roster_of(tmp_path, GRADESCOPE), graded(18, timedelta(hours=1)))
    row = dict(zip(header, ada))
    assert (row["SID"], row["Total Score"], row["Points before lateness"]) == ("A1", "16.2", "18")
    assert (row["Days late"], row["Max Points"], row["Status"]) == ("1", "20", "graded")
    assert grace[-1] == "missing"


def test_a_plain_table_says_all(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, "id,name\n1,Ada\n2,Grace\n")
    header, ada, grace = written(roster, graded(18))
    assert dict(zip(header, ada)) == {
        **{"id": "1", "name": "Ada", "email": "", "Multitask Training": "18"},
        **{"Points before lateness": "18", "Reason": "", "days late": "0"},
        **{"of": "20", "status": "graded"},
    }
    assert grace[:2] == ["2", "Grace"]


RUN = re.compile(r"[\s\"]*[=+\-@\t\r\u2212\uff1d]")
TEXTS = st.text(st.sampled_from("=+-@\t\r\n ,;|\"'a1\u2212\uff1d\u200b")) | st.text(max_size=20)


@given(TEXTS, TEXTS, st.floats(-20, 20).map(lambda value: round(value, 2)))
def test_no_cell_is_one_that_a_spreadsheet_runs(name: str, id_: str, points: float) -> None:
    columns = {"Student": name, "ID": "101", "SIS User ID": id_, "Section": name}
    person = Person("101", name, id_, columns)
    record = {**graded(0), "score": points, "final": None}
    for platform, header in (("canvas", tuple(columns)), ("plain", ())):
        text = gradebook(Roster(platform, (person,), header), {person: record}, NAMES, 20)
        rows = cells(text)
        assert len({len(row) for row in rows}) == 1
        assert any(float(c) == points for row in rows for c in row if re.fullmatch(r"-?[\d.]+", c))
        for cell in [cell for row in rows for cell in row]:
            number = re.fullmatch(r"-?\d+([.,]\d+)?|-", cell)
            assert number or not RUN.match(cell)
            assert number or not re.search(r"[,;|\t]\s*[=+@-]", cell)
