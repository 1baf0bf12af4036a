"""The file of extensions is read as people write it, and a slip in it is told with its line."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader.cohort.late import ExtensionsError, read_extensions, with_final_points
from grader.cohort.roster import Person
from problem_set.assignment import Late
from problem_set.late import Extension

DUE = datetime(2026, 12, 11, 23, 59, tzinfo=ZoneInfo("America/Los_Angeles"))


PEOPLE = (
    Person("101", "Ada Lovelace", "ada@example.edu", aliases=("lovelace1",)),
    Person("102", "Hopper, Grace", "Grace@example.edu"),
    Person("103", "Zoë Müller", "zoe@example.edu"),
    Person("104", "Zoë Müller", "zoe.mueller@example.edu"),
)


def read(tmp_path: Path, text: str) -> dict[str, Extension]:
    path = tmp_path / "extensions.csv"
    path.write_text(text, encoding="utf-8")
    found = read_extensions(path, PEOPLE, DUE)
    return {person.id: extension for person, extension in found.items()}


def test_a_student_is_named_by_id_address_or_name(tmp_path: Path) -> None:
    assert read(tmp_path, "id,days\n102,2\n") == {"102": Extension(days=2)}
    assert read(tmp_path, "sid,days\nlovelace1,2\n") == {"101": Extension(days=2)}
    assert read(tmp_path, "E-mail,Days\nADA@example.edu,1.5\n") == {"101": Extension(days=1.5)}
    found = read(tmp_path, "name;late days\nlovelace, ada;0\n\nGrace Hopper;1\n")
    assert found == {"101": Extension(late_days=0), "102": Extension(late_days=1)}


def test_names_may_have_the_family_name_first(tmp_path: Path) -> None:
    text = 'name,days\n"Lovelace, Ada",3\nGRACE HOPPER,4\n'
    assert read(tmp_path, text) == {"101": Extension(days=3), "102": Extension(days=4)}


def test_dates_are_at_the_hour_of_the_due_date_in_its_zone(tmp_path: Path) -> None:
    text = (
        "\ufeffid,due,submitted\n101,2026-12-13,2026-12-12 08:00\n"
        "102,2026-12-13T12:00,\n103,2026-12-13T12:00:00+01:00,\n104,,2026-12-12T08:00:00Z\n"
    )
    found = read(tmp_path, text)
    assert found["101"].due == DUE + timedelta(days=2)
    assert found["101"].submitted_at == datetime(2026, 12, 12, 16, tzinfo=timezone.utc)
    assert found["102"].due == datetime(2026, 12, 13, 20, tzinfo=timezone.utc)
    assert found["103"].due == datetime(2026, 12, 13, 11, tzinfo=timezone.utc)
    assert found["104"].submitted_at == datetime(2026, 12, 12, 8, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("days\n3\n", "line 1: a column id, email or name is needed"),
        ("id,dayz\n101,3\n", "line 1: there is no column 'dayz'; there may be id, email, name,"),
        ("id,days\n101,3\n109,3\n", "line 3: 109 is not on the roster"),
        (
            "name,days\nZoë Müller,3\n",
            "line 2: Zoë Müller may be Zoë Müller (103) or Zoë Müller (104). Give the",
        ),
        ("id,email,days\n101,zoe@example.edu,3\n", "line 2: 101 zoe@example.edu is not on"),
        ("id,days\n101,3\n\n101,4\n", "line 4: Ada Lovelace (101) is on line 2, too"),
        ("id,days\n,3\n", "line 2: nobody is named"),
        ("id,days\n101,three\n", "line 2: days should be a number from 0 to 366, not 'three'"),
        ("id,days\n101,nan\n", "line 2: days should be a number"),
        ("id,days\n101,-1\n", "line 2: days should be a number"),
        ("id,due,days\n101,2026-12-13,3\n", "line 2: give days or due, not both"),
        ("id,due\n101,13.12.2026\n", "line 2: due should be as 2026-12-13, or 2026-12-13 23:59"),
        ("id,late days\n101,1.5\n", "line 2: late days should be a whole number, not 1.5"),
    ],
)
def test_a_slip_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ExtensionsError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith("extensions.csv, ") and said in str(caught.value)


def test_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "extensions.csv").write_bytes("name,days\nZoë,3\n".encode("latin-1"))
    with pytest.raises(ExtensionsError, match="Save it as CSV UTF-8"):
        read_extensions(tmp_path / "extensions.csv", PEOPLE, DUE)


def test_another_due_date_or_extension_is_a_matter_of_the_record_alone() -> None:
    record = {"status": "graded", "score": 18.0, "questions": []}
    at = DUE + timedelta(hours=1)

    def final(record: dict, due: datetime, extension: Extension | None) -> dict:
        return with_final_points(record, at, False, due, extension, Late(percent_per_day=50))

    late = final(record, DUE, None)
    assert (late["score"], late["final"]["original"], late["final"]["points"]) == (18, 18, 9)
    assert "50 % of 18 points are taken off" in late["final"]["sentence"]
    healed = final(late, DUE, Extension(days=1))
    assert (healed["final"]["points"], healed["final"]["days_late"]) == (18, 0)
    assert final(late, at, None)["final"]["points"] == 18
    assert final(healed, DUE, None) == late
    refused = final({**late, "status": "not graded"}, DUE, None)
    assert refused["final"] is None
