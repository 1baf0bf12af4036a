"""Rosters as platforms export them, and a row for everybody on them."""

import unicodedata
from datetime import datetime, timedelta, timezone
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from grader.cohort.names import LONGEST_NAME
from grader.cohort.roster import Person, Roster, RosterError, parse_time, read_roster
from grader.cohort.rows import Row, rows
from grader.cohort.uploads import Upload

CANVAS = """\
\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,"PS1 (4711)",Final Score
,,,,,Manual Posting,
"    Points Possible",,,,,20.00,(read only)
"Lovelace, Ada",12000,900100,ada@example.edu,"Lecture 1 and Lab 2",,
"Müller, Zoë",12001,900101,zoe,Lecture 1,,
"Student, Test",12999,,abcdef0123,Lecture 1,,
"""
MOODLE_WORKSHEET = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 12345","Ada Lovelace",ada@example.edu,"Submitted for grading",,20.00,Yes,\
"Friday, 11 December 2026, 11:40 PM",-,
"Participant 12346","Zoë Müller",zoe@example.edu,"No submission",,20.00,Yes,-,-,
"""
MOODLE_GRADEBOOK = """\
"First name","Last name","ID number",Institution,Department,"Email address","Assignment: PS1 (Real)"
Ada,Lovelace,900100,,,ada@example.edu,-
Zoë,Müller,,,,zoe@example.edu,-
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID,\
Submission Time,Lateness (H:M:S),View Count,Submission Count,1a (3.0 pts)
Ada,Lovelace,0012,ada@example.edu,,20.0,20.0,Graded,101,2026-12-11 15:58:01 -0800,00:00:00,0,1,3.0
Zoë,Müller,,zoe@example.edu,,,,Missing,,,,,,
"""
GRADESCOPE_ROSTER = """\
Name,SID,Email,Role
Ada Lovelace,0012,ada@example.edu,Student
Grace Hopper,,grace@example.edu,Instructor
"""
BLACKBOARD = """\
"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"PS 1 [Total Pts: 20] |4711"
"Lovelace"\t"Ada"\t"alovelace"\t"900100"\t""\t""
"""
CLASSROOM = """\
Last Name,First Name,Email Address,PS1
Lovelace,Ada,ada@example.edu,
"""


def read(tmp_path: Path, text: str | bytes, name: str = "gradebook.csv") -> Roster:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_roster(path)


@pytest.mark.parametrize(
    ("text", "platform", "ids", "name"),
    [
        (CANVAS, "canvas", ["12000", "12001"], "Lovelace, Ada"),
        (MOODLE_WORKSHEET, "moodle", ["12345", "12346"], "Ada Lovelace"),
        (MOODLE_GRADEBOOK, "moodle", ["900100", "zoe@example.edu"], "Ada Lovelace"),
        (GRADESCOPE, "gradescope", ["0012", "zoe@example.edu"], "Ada Lovelace"),
        (GRADESCOPE_ROSTER, "gradescope", ["0012"], "Ada Lovelace"),
        ("Name;Matrikelnummer\nAda Lovelace;7\n\n;;\n", "plain", ["7"], "Ada Lovelace"),
        ("student id\tFirst\tLast\n7\tAda\tLovelace\n", "plain", ["7"], "Ada Lovelace"),
        (BLACKBOARD, "plain", ["900100"], "Ada Lovelace"),
        (CLASSROOM, "plain", ["ada@example.edu"], "Ada Lovelace"),
        ("name\nAda Lovelace\n", "plain", ["Ada Lovelace"], "Ada Lovelace"),
    ],
)
def test_a_roster_is_read_as_its_platform_writes_it(tmp_path, text, platform, ids, name):
    roster = read(tmp_path, text)
    assert roster.platform == platform
    assert [person.id for person in roster.people] == ids
    assert roster.people[0].name == name
    if "example.edu" in text:
        assert roster.people[0].email == "ada@example.edu"


def test_the_columns_of_a_roster_are_kept(tmp_path):
    roster = read(tmp_path, CANVAS)
    assert roster.header[:2] == ("Student", "ID") and roster.header[5] == "PS1 (4711)"
    assert roster.people[0].columns["Section"] == "Lecture 1 and Lab 2"
    assert roster.people[0].aliases == ("900100", "ada@example.edu")
    twice = read(tmp_path, "id,note,note\n7,first,second\n")
    assert twice.people[0].columns["note"] == "first"


def test_a_roster_in_another_encoding_is_read(tmp_path):
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        roster = read(tmp_path, "name,id\nZoë Müller,7\n".encode(encoding))
        assert roster.people[0].name == "Zoë Müller", encoding


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "lists nobody"),
        ("id,name\n", "lists nobody"),
        ("points,comment\n1,2\n", "no column that says who.* points, comment"),
        ("id,name\n7,Ada\n7,Bo\n", "two rows of 7: Ada .7. and Bo .7."),
        (b"PK\x03\x04...", "spreadsheet's file. Export it as CSV"),
        ("id\n" + "7" * 200_000 + "\n", "not a CSV"),
    ],
)
def test_a_table_that_is_no_roster_is_refused_with_what_to_give(tmp_path, text, sentence):
    with pytest.raises(RosterError, match=sentence) as error:
        read(tmp_path, text)
    assert len(str(error.value)) < 400
    with pytest.raises(RosterError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")


def test_times_are_read_with_the_zone_that_they_have():
    west = timezone(timedelta(hours=-8))
    for text, time in {
        "2026-12-11 15:58:01 -0800": datetime(2026, 12, 11, 15, 58, 1, tzinfo=west),
        "2026-12-11T15:58:01.123-08:00": datetime(2026, 12, 11, 15, 58, 1, tzinfo=west),
        "2026-12-11 15:58:01.5 Z": datetime(2026, 12, 11, 15, 58, 1, tzinfo=timezone.utc),
        "Friday, 11 December 2026, 11:40 PM": datetime(2026, 12, 11, 23, 40),
        "2026-12-11 15:58:01": datetime(2026, 12, 11, 15, 58, 1),
    }.items():
        assert parse_time(text) == time
    for text in ("", "-", "2026-02-31 10:00:00", "viernes, 11 de diciembre de 2026", "soon"):
        assert parse_time(text) is None


ADA = Person("12000", "Lovelace, Ada", "ada@example.edu", aliases=("900100",))
ZOE = Person("12001", "Müller, Zoë", "zoe.m@example.edu")
BO = Person("12002", "Bo Li", "bo@example.edu")
ROSTER = Roster("canvas", (ADA, ZOE, BO))


def upload(name: str, *people: Person, platform: str = "plain", **more: object) -> Upload:
    return Upload(
        name, Path(name), people=people or (Person(name=name),), platform=platform, **more
    )


def owners(listed: tuple[Row, ...]) -> dict[str, list[str]]:
    """Return the uploads by the id of their row; those of nobody by None."""
    found: dict[str, list[str]] = {}
    for row in listed:
        if row.upload:
            found.setdefault(row.person.id if row.on_roster else "", []).append(row.upload.name)
    return found


def test_everybody_on_the_roster_has_a_row_and_uploads_of_nobody_are_told():
    listed = rows(ROSTER, [upload("zoe.zip", ZOE), upload("mallory")])
    assert [row.person.id for row in listed] == ["12000", "12001", "12002", "mallory"]
    assert [row.upload is None for row in listed] == [True, False, True, False]
    assert [row.on_roster for row in listed] == [True, True, True, False]
    assert "Nobody on the roster" in listed[3].notes[0]
    assert not any(row.refusal for row in listed)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("12001", ""),
        ("zoe.m@example.edu", "e-mail address"),
        ("zoe.m", "e-mail address"),
        ("Zoe Muller", "name"),
        ("Müller, Zoë", "name"),
        (unicodedata.normalize("NFD", "zoë müller"), "name"),
        ("mullerzoe", "name"),
        ("Group A-Zoë Müller", "name"),
        ("ps1_12001_final", "an id in its name"),
        ("hw 1, zoe muller, late", "a name in its name"),
    ],
)
def test_a_plain_name_is_matched_by_id_then_address_then_name_and_said(name, how):
    listed = rows(ROSTER, [upload(name)])
    assert owners(listed) == {"12001": [name]}
    note = " ".join(listed[1].notes)
    assert (how in note and "Matched by" in note) if how else not note


@pytest.mark.parametrize("name", ["zoe", "muller", "li", "1200", "12", "Zoë Li", "-", "ps1"])
def test_what_is_nobodys_name_is_not_guessed(name):
    assert owners(rows(ROSTER, [upload(name)])) == {"": [name]}


def test_an_id_of_another_platform_is_believed_only_with_its_name():
    moodle = Person("12001", "Ada Lovelace")  # number 12001 of Canvas is Zoë
    assert owners(rows(ROSTER, [upload("a", moodle, platform="moodle")])) == {"12000": ["a"]}
    nameless = Person("12001")
    assert owners(rows(ROSTER, [upload("a", nameless, platform="moodle")])) == {"12001": ["a"]}
    # Nor is a number of the school's, which Moodle's gradebook has, Moodle's own.
    school = Roster("moodle", (Person("12001", "Zoë Müller"), Person("7", "Ada Lovelace")))
    assert owners(rows(school, [upload("a", moodle, platform="moodle")])) == {"7": ["a"]}


def test_the_platforms_own_id_is_believed_and_a_name_that_differs_is_said():
    canvas = Person("12001", "newname")
    listed = rows(ROSTER, [upload("a", canvas, platform="canvas")])
    assert owners(listed) == {"12001": ["a"]}
    assert "although the names differ" in listed[1].notes[0]
    ids = Roster("canvas", (Person("900", "Ada Li"), Person("1", "Bo", aliases=("900",))))
    assert owners(rows(ids, [upload("a", Person("900", "liada"), platform="canvas")])) == {
        "900": ["a"]
    }


def test_two_people_of_one_name_are_told_apart_by_id_or_not_at_all():
    twins = Roster("plain", (Person("1", "Ada Li"), Person("2", "Li Ada"), BO))
    listed = rows(twins, [upload("Ada Li"), upload("12002")])
    assert [bool(row.upload) for row in listed] == [False, False, True, True]
    for row in (listed[0], listed[1], listed[3]):
        assert "Ada Li may be of Ada Li (1) or Li Ada (2)" in row.refusal
    assert not listed[3].on_roster and listed[2].refusal == ""
    known = rows(twins, [upload("a", Person("1", "Ada Li"), platform="gradescope")])
    assert owners(known) == {"1": ["a"]}


def test_what_is_known_of_somebody_is_not_given_up_for_less() -> None:
    """Two have the id, so a third with the name does not get it; one word is no whole name."""
    shared = Person("1", "Ada Li", aliases=("77",)), Person("2", "Ada Bo", aliases=("77",))
    roster = Roster("plain", (*shared, Person("3", "Ada King"), Person("4", "Plato")))
    listed = rows(roster, [upload("a", Person("77", "Ada King"), platform="moodle")])
    assert owners(listed) == {"": ["a"]} and "Ada Li (1) or Ada Bo (2)" in listed[0].refusal
    assert owners(rows(roster, [upload("on plato")])) == {"": ["on plato"]}


def test_two_uploads_of_one_person_cost_that_person_only():
    listed = rows(ROSTER, [upload("12000"), upload("ada lovelace"), upload("12002")])
    assert [bool(row.upload) for row in listed] == [False, False, True]
    assert listed[0].refusal == (
        "12000 and ada lovelace are both of Lovelace, Ada (12000). Keep one of them."
    )
    assert [row.refusal for row in listed[1:]] == ["", ""]


def test_of_two_uploads_that_say_when_the_newest_counts():
    early, late = datetime(2026, 12, 10), datetime(2026, 12, 11)
    given = [upload("x", ADA, submitted_at=late), upload("y", ADA, submitted_at=early)]
    (row, *_) = rows(Roster("plain", (ADA,)), given[::-1])
    assert row.upload == given[0] and row.submitted_at == late
    assert "newest of y and x" in row.notes[0]


def test_a_group_has_a_row_for_each_of_its_people():
    group = upload("ada, bo", ADA, BO, Person("9", "Mallory"), platform="gradescope")
    listed = rows(ROSTER, [group])
    assert owners(listed) == {"12000": ["ada, bo"], "12002": ["ada, bo"], "": ["ada, bo"]}
    alone = rows(None, [group])
    assert [row.person.id for row in alone] == ["12000", "12002", "9"]
    assert len({row.name for row in alone}) == 3


def test_a_roster_says_when_something_was_submitted_if_the_upload_does_not(tmp_path):
    roster = read(tmp_path, MOODLE_WORKSHEET)
    listed = rows(roster, [upload("a", Person("12345"), platform="moodle")])
    assert listed[0].submitted_at == datetime(2026, 12, 11, 23, 40)
    assert listed[1].submitted_at is None
    (row, *_) = rows(read(tmp_path, GRADESCOPE), [upload("0012")])
    assert row.submitted_at and row.submitted_at.utcoffset() == timedelta(hours=-8)


def test_without_a_roster_the_uploads_make_it():
    listed = rows(None, [upload("ada"), upload("zoe", ZOE, platform="canvas", refusal="No.")])
    assert [(row.name, row.person.id) for row in listed] == [("ada", "ada"), ("zoe", "12001")]
    assert [row.refusal for row in listed] == ["", "No."]


NAMES = st.text(st.sampled_from("aA áÁ-'’._/\\\0\n\u202e\udcffß李😀0 1"), max_size=12)


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(st.lists(NAMES, max_size=6), st.lists(NAMES, min_size=1, max_size=6))
def test_whatever_people_are_called_nobody_is_lost_and_nothing_is_there_twice(given, listed):
    people = {n: Person(f"{n}-id", name) for n, name in enumerate(listed)}
    uploads = [upload(name, Person(name=name)) for name in given]
    found = rows(Roster("plain", tuple(people.values())), uploads)
    assert [row.person for row in found if row.on_roster] == list(people.values())
    seen = [row.upload for row in found if row.upload]
    told = " ".join(row.refusal for row in found)
    for one in uploads:
        assert one in seen or "are both of" in told or "may be of" in told
    names = [row.name for row in found]
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in names}) == len(names)
    for name in names:
        assert name.isprintable() and 0 < len(name.encode()) <= LONGEST_NAME
        assert not set(name) & set('/\\:*?"<>|')
