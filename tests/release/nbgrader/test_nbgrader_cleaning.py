"""What counts of a submitted notebook, and what is taken from the course's own."""

import base64
import json
import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from release.nbgrader.nbgrader_course.cleaning import MISSING, cleaned_notebook
from release.nbgrader.nbgrader_course.harmless import MAX_CELLS
from release.nbgrader.nbgrader_course.reading import (
    MAX_NOTEBOOK,
    SubmittedNotebookExporter,
    read_notebook,
)


@pytest.fixture(scope="module")
def masters(course_files):
    """The course's notebooks, as in ``source/``."""
    return {
        name: nbformat.reads(course_files[f"source/ps1/{name}.ipynb"].content.decode(), 4)
        for name in ("00_code", "01_experiments")
    }


@pytest.fixture
def submitted(masters):
    """A function that returns a copy of a course's notebook, as a student's to change."""

    def copy(name):
        return nbformat.reads(nbformat.writes(masters[name]), 4)

    return copy


def managed(notebook):
    """Return the cells that nbgrader knows, by grade id."""
    cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {cell.metadata.nbgrader.grade_id: cell for cell in cells}


def test_an_untouched_notebook_stays_as_it_is(masters, submitted):
    for name, master in masters.items():
        clean = cleaned_notebook(submitted(name), master)
        assert [cell.source for cell in clean.cells] == [cell.source for cell in master.cells]
        assert managed(clean) == managed(master)


def test_an_answer_is_the_students_and_its_metadata_is_not(masters, submitted):
    notebook = submitted("01_experiments")
    answer = managed(notebook)["3a"]
    answer.source = "No, as $0.24 < 0.26$."
    answer.metadata = {"nbgrader": {"grade_id": "3a", "points": 99, "solution": "yes"}, "x": 1}
    clean = managed(cleaned_notebook(notebook, masters["01_experiments"]))["3a"]
    assert clean.source == "No, as $0.24 < 0.26$."
    assert clean.metadata == managed(masters["01_experiments"])["3a"].metadata


def test_a_graded_cell_is_the_courses_whatever_it_was_changed_to(masters, submitted):
    notebook = submitted("00_code")
    forged = managed(notebook)["1a"]
    forged.source = "3.0"
    forged.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "3.0"})]
    forged.metadata.nbgrader.update(points=1000.0, solution=True, locked=False)
    clean = managed(cleaned_notebook(notebook, masters["00_code"]))
    assert clean["1a"] == managed(masters["00_code"])["1a"]
    assert clean["1a"].outputs == []


def test_cells_that_are_missing_come_back_and_forged_ones_are_text(masters, submitted):
    notebook = submitted("00_code")
    kept = [cell for cell in notebook.cells if cell.id != "check-2d"]
    extra = [
        new_code_cell("1", metadata={"nbgrader": {"grade_id": "2e", "grade": True, "points": 9}}),
        new_code_cell("2", metadata={"nbgrader": "no dictionary"}),
        new_code_cell("3", metadata={"nbgrader": {"grade_id": ["2d"]}}),
    ]
    notebook.cells = [*kept, *extra]
    clean = cleaned_notebook(notebook, masters["00_code"])
    assert managed(clean) == managed(masters["00_code"])
    assert [cell.source for cell in clean.cells[-2:]] == [MISSING, clean.cells[-1].source]
    assert [cell.source for cell in clean.cells[-5:-2]] == ["1", "2", "3"]


def test_no_graded_cell_is_lost_behind_very_many_others(masters, submitted):
    notebook = submitted("00_code")
    notebook.cells = [new_code_cell("1")] * MAX_CELLS + notebook.cells
    clean = cleaned_notebook(notebook, masters["00_code"])
    assert managed(clean) == managed(masters["00_code"])


def test_of_two_cells_with_one_id_the_last_counts(masters, submitted):
    notebook = submitted("01_experiments")
    first = managed(notebook)["3a"]
    second = new_markdown_cell("second", metadata=first.metadata)
    first.source = "first"
    notebook.cells.append(second)
    clean = cleaned_notebook(notebook, masters["01_experiments"])
    assert managed(clean)["3a"].source == "second"
    assert "first" in [cell.source for cell in clean.cells if not cell.metadata]


def test_kernel_and_metadata_of_the_notebook_are_the_courses(masters, submitted):
    notebook = submitted("00_code")
    notebook.metadata = {"kernelspec": {"name": "evil", "display_name": "<b>"}, "title": "<b>"}
    assert cleaned_notebook(notebook, masters["00_code"]).metadata == masters["00_code"].metadata


def deep() -> str:
    return '{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"print('no notebook')",
        b"[]",
        b"\xff\xfe\x00",
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": {}}',
        b'{"nbformat": 99, "nbformat_minor": 5, "metadata": {}, "cells": []}',
        deep().encode(),
    ],
    ids=["empty", "python", "list", "bytes", "cell", "types", "future", "deep"],
)
def test_what_is_no_notebook_becomes_an_empty_one(tmp_path, content):
    path = tmp_path / "00_code.ipynb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a notebook that can be read"):
        read_notebook(path)
    text, _ = SubmittedNotebookExporter().from_filename(str(path))
    assert json.loads(text)["cells"] == []


@pytest.mark.parametrize(
    ("part", "count"),
    [
        (b"{}", 3_000_000),
        (b'{"cell_type":"markdown","metadata":{},"source":""}', 180_000),
        (b'"x"', 2_000_000),
        (b"[" * 50 + b"]" * 50, 90_000),
    ],
    ids=["empty objects", "cells", "lines", "lists"],
)
def test_a_notebook_of_very_many_parts_is_not_even_parsed(tmp_path, monkeypatch, part, count):
    monkeypatch.setattr(json, "loads", lambda text: pytest.fail("it was parsed"))
    path = tmp_path / "00_code.ipynb"
    head = b'{"nbformat":4,"nbformat_minor":4,"metadata":{},"cells":['
    path.write_bytes(head + b",".join([part] * count) + b"]}")
    assert 4e6 < path.stat().st_size < MAX_NOTEBOOK
    with pytest.raises(ValueError, match=r"it has [\d,]+ opening brackets and [\d,]+ commas"):
        read_notebook(path)


def test_a_notebook_with_large_pictures_is_read(tmp_path):
    path = tmp_path / "00_code.ipynb"
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(4 << 20)).decode()
    outputs = [nbformat.v4.new_output("display_data", {"image/png": picture})] * 3
    nbformat.write(nbformat.v4.new_notebook(cells=[new_code_cell("plot()", outputs=outputs)]), path)
    assert len(read_notebook(path).cells[0].outputs) == 3


def test_a_link_is_no_notebook(tmp_path):
    other = tmp_path / "other.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), other)
    (tmp_path / "soft.ipynb").symlink_to(other)
    os.link(other, tmp_path / "hard.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name in ("soft", "hard", "pipe", "absent"):
        with pytest.raises(ValueError):
            read_notebook(Path(tmp_path, f"{name}.ipynb"))
