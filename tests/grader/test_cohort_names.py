"""Of a folder of uploads, nothing is lost, and no name does harm where it is written."""

import csv
import io
import os
import re
import unicodedata
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

import grader.engine.digests
from grader.cohort.names import LONGEST_NAME, file_name
from grader.cohort.table import cell, points_table
from grader.cohort.uploads import find_uploads
from grader.engine.digests import grader_digest
from grader.engine.intake import read_submission
from grader.engine.results import Report
from grader.engine.tree import IntakeError


def refusals(folder: Path) -> dict[str, str]:
    return {upload.name: upload.refusal for upload in find_uploads(folder)}


def test_two_uploads_of_one_name_cost_those_two_only(tmp_path):
    for name in ("ada", "bo"):
        (tmp_path / name).mkdir()
    (tmp_path / "Ada.zip").write_text("")
    found = refusals(tmp_path)
    assert found.pop("bo") == ""
    assert found == dict.fromkeys(
        ["Ada.zip", "ada"], "Ada.zip and ada have one name. Keep one of them."
    )


def test_whatever_lies_in_the_folder_is_graded_or_refused_with_a_reason(tmp_path):
    for name in ("a.7z", "b.tar.gz", "c.RAR", "d_model.py", "e.pdf", ".f.zip"):
        (tmp_path / name).write_text("")
    (tmp_path / ".g").mkdir()
    os.mkfifo(tmp_path / "h.zip")
    for left in (".DS_Store", "Thumbs.db", "._e.pdf"):
        (tmp_path / left).write_text("")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "._i.zip").write_text("")  # there is no i.zip
    found = {upload.name.partition("-")[0]: upload for upload in find_uploads(tmp_path)}
    assert set(found) == {"a", "b", "c", "d_model.py", "e.pdf", "_.f", "_.g", "h", "_._i"}
    assert "not an ordinary file" in found.pop("h").refusal
    for upload in found.values():
        with pytest.raises(IntakeError, match=r"Hand in|make a new zip"):
            read_submission(upload.handed_in, ("model.py",))


def test_names_of_files_are_made_and_two_stay_two():
    for name in ("ada", "Zoë Müller_LATE_12000_678000", "李小龍", "o.k-1 (2), x@y", "O'Neil, Siân"):
        assert file_name(name) == name
    odd = [
        "n" * 300,
        "é" * 200,
        "a/b",
        "a:b",
        "..",
        ".",
        "",
        "-x",
        "=1",
        "a\nb",
        "a\rb",
        "\udcff",
        "x.",
    ]
    odd += [
        "\udcfe",
        "x ",
        "/" * 119,
        "n" * 119 + "/",
        "con",
        "Lpt1.a",
        "ａ/b",
        "\u202ea",
        "😀" * 99,
    ]
    made = [file_name(name) for name in odd]
    assert len({name.casefold() for name in made}) == len(odd)
    for name in made:
        assert name.isprintable() and len(name.encode()) <= LONGEST_NAME
        assert (
            not set(name) & set('/\\:*?"<>|\n') and name[0] not in ".-= " and name[-1] not in ". "
        )


def test_a_changed_page_or_input_is_another_grader(tmp_path, monkeypatch):
    monkeypatch.setattr(grader.engine.digests, "PACKAGE", tmp_path)
    found = set()
    for name in ("page.html.jinja", "a.py", ".key"):
        (tmp_path / name).write_text("1")
        found.add(grader_digest())
        (tmp_path / name).write_text("2")
        found.add(grader_digest())
    assert len(found) == 6
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("")
    assert grader_digest() in found


def row_of(**fields: object) -> dict:
    """Return a record of somebody who got 1.5 of 2 points."""
    person = {"id": "", "name": "", "email": ""}
    points = {"score": 1.5, "max_score": 2, "final_points": 1.5, "final": None}
    said = {"problem": "", "matching": [], "notes": [], "fault": "", "submitted_at": ""}
    report = Report("Course", "Set 1", "ada.zip", ()).to_dict()
    record = {**report, "submission": "ada", "status": "graded", "upload": "ada.zip"}
    return {**record, "before": None, **points, **said, "person": person, **fields}


def test_a_table_is_text_whatever_a_name_is():
    person = {"id": "@1", "name": "-Ada", "email": "+a@x"}
    rows = [
        row_of(upload="=1", problem="=SUM(A1:A9) is missing.", person=person),
        row_of(submission="bo", upload="bo", status="not graded"),
    ]
    assert points_table(rows).splitlines() == [
        '"submission","id","name","email","status","points","of","days late","final points",'
        '"submitted","upload","problem","notes"',
        """"ada","'@1","'-Ada","'+a@x","graded","1.5","2","","1.5","","'=1","""
        '"\'=SUM(A1:A9) is missing.",""',
        '"bo","","","","not graded","","","","","","bo","",""',
    ]


@hypothesis.given(st.text("=+-@;,|\t\n\r\"' a\uff1d\uff1b\u2028\ufeff\u00a0", max_size=12))
def test_no_spreadsheet_of_any_country_finds_a_formula_or_another_row(text):
    person = {"id": text, "name": text, "email": text}
    table = points_table([row_of(upload=text, problem=text, person=person, notes=[text])])
    for separator in ",;\t|":
        rows = list(csv.reader(io.StringIO(table), delimiter=separator))
        assert len(rows) == 2
        for part in rows[1]:
            assert part.strip()[:1] not in ("=", "+", "-", "@"), (separator, rows)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@x", " =1", "\n=1", "\t=1", "\r=1", "\u00a0=1", "\u3000=1", "\ufeff=1",
        "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "\u22121", "\ufe661", "\u207c1",
        "d;=1+1", "d; =1", "d,=1", "d|=1", "d\uff1b\uff1d1", "d;\n=1", 'd";=1', 'd;"=1', "d;'=1",
    ],
)  # fmt: skip
def test_no_part_of_a_cell_is_a_formula(text):
    plain = unicodedata.normalize("NFKC", cell(text))
    assert plain.isprintable()
    for part in re.split("[;,|]", plain):
        assert part.strip(' "\ufffd')[:1] not in ("=", "+", "-", "@", "\u2212"), plain
