"""Whatever the instructors' page tells to type is typed here, in a clone of the project."""

import csv
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from handout.latex import LatexMissingError, check_installed
from problem_set.assignment import Question, read_assignment
from release.files import tracked_files, write_folder
from tests.conftest import skip_or_fail
from tests.course import FULL_MARKS, POINTS

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "instructors.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The only things that differ from a reader's terminal: make finds the environment of these tests
# instead of installing one.
PRELUDE = """\
set -euo pipefail
make() {
    local folder=.
    if [ "$1" = -C ]; then folder=$2; fi
    [ -e "$folder/.venv" ] || ln -s "$ENVIRONMENT" "$folder/.venv"
    local programs=  # those of a student's wheel, which set-up would install
    if [ -d "$folder/wheels" ]; then
        programs=$(mktemp -d)
        "$ENVIRONMENT/bin/python" -m zipfile -e "$folder"/wheels/*.whl "$programs"
    fi
    PYTHONPATH=$programs command make -o environment "$@"
}
"""


@dataclass(frozen=True)
class Block:
    """A fenced block: commands (``sh``), an edit (``diff``), or lines to add to a file."""

    language: str
    file: str
    text: str


def sections() -> dict[str, list[Block]]:
    """Return the page's blocks by the heading above them."""
    _, *parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        part.splitlines()[0]: [Block(*found) for found in BLOCK.findall(part)] for part in parts
    }


# What an instructor may have edited before, as the page says: any value will do.
DECIDED = re.compile(
    r"^((?:term|due|where|url|points) = |(?:public|hidden) = \\\{ \S+ = ).*$", re.MULTILINE
)


def text_of(path: Path) -> str:
    """Return a file's text; nothing of a file that an edit makes."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def edited(text: str, block: Block) -> str:
    """Return a file's text after an edit: each run of - lines becomes the + lines below it."""
    if block.language == "python":
        return f"{text.rstrip()}\n\n\n{block.text}".lstrip()
    for minus, plus in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)*)", block.text, re.MULTILINE):
        old, new = (re.sub(r"^.", "", lines, flags=re.MULTILINE) for lines in (minus, plus))
        if block.file.endswith(".ipynb"):  # a line of code is part of a line of JSON
            old, new = old.rstrip("\n"), new.rstrip("\n")
        if block.file == "assignment.toml":
            found = re.findall(DECIDED.sub(r"\1.*", re.escape(old).replace(r"\ ", " ")), text)
        else:
            found = [old] * text.count(old)
        assert len(found) == 1, f"{block.file} should hold once:\n{old}"
        text = text.replace(found[0], new)
    return text


SECTIONS = sections()


def test_the_page_has_blocks_of_known_kinds_only() -> None:
    blocks = [block for blocks in SECTIONS.values() for block in blocks]
    assert len(blocks) > 20
    assert {block.language for block in blocks} == {"sh", "diff", "python"}
    assert all(bool(block.file) == (block.language != "sh") for block in blocks)
    assert PAGE.read_text().count("\n```") == 2 * len(blocks)


def test_every_edit_fits_the_files_as_they_are(tmp_path: Path) -> None:
    texts: dict[str, str] = {}
    for blocks in SECTIONS.values():
        for block in blocks:
            if block.language != "sh":
                before = texts.get(block.file) or text_of(PROJECT / block.file)
                texts[block.file] = edited(before, block)
    for name, text in texts.items():
        if name.endswith(".py"):
            compile(text, name, "exec")
    changed = tmp_path / "assignment.toml"
    changed.write_text(texts["assignment.toml"], encoding="utf-8")
    after = sum(question.points for question in read_assignment(changed).coding)
    assert after == FULL_MARKS - POINTS["2b"] + 2 + 2  # 2b, and the new 2e


def test_every_file_and_target_that_it_names_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    makefiles = "".join((PROJECT / name).read_text() for name in ("Makefile", "release/targets.mk"))
    targets = set(re.findall(r"^([a-z-]+):", makefiles, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z][a-z-]+)", text, re.MULTILINE)) <= targets
    links = re.findall(r"\]\(([\w/.-]+)\)", text)
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
    places = re.findall(r"`((?:release|grader|handout|tests|docs|submission)/[\w./-]*)`", text)
    made = {"handout/ps1_blank.pdf"}
    assert {place for place in places if not (PROJECT / place).exists()} <= made


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is here, committed to a repository of its own."""
    try:
        check_installed()
    except LatexMissingError as error:
        skip_or_fail(str(error))
    folder = tmp_path_factory.mktemp("instructor") / "project"
    write_folder(tracked_files(PROJECT), folder)
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "As it is"]):
        subprocess.run(["git", *command], cwd=folder, env=environment(folder), check=True)
    return folder


def environment(clone: Path) -> dict[str, str]:
    """Return an instructor's environment: a home, a name for git."""
    home = clone.parent / "home"
    home.mkdir(exist_ok=True)
    names = {f"GIT_{who}_{what}": "instructor@example.edu"
             for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
    ours = ("JUPYTER", "PYTEST", "MAKE", "MFLAGS", "ARGS")  # of the make that runs these tests, too
    kept = {k: v for k, v in os.environ.items() if not any(word in k for word in ours)}
    places = {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / ".jupyter")}
    return {**kept, **names, **places, "ENVIRONMENT": sys.prefix, "CI": "false"}


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("section", SECTIONS)
def test_its_commands_work(section: str, clone: Path) -> None:
    for block in SECTIONS[section]:
        if block.language == "sh":
            done = subprocess.run(
                ["bash", "-c", PRELUDE + block.text],
                cwd=clone,
                env=environment(clone),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert done.returncode == 0, f"{block.text}\n{done.stdout[-5000:]}"
            print(f"$ {block.text}{done.stdout}")
        else:
            path = clone / block.file
            path.write_text(edited(text_of(path), block), encoding="utf-8")
    check_what_came_of_it(section, clone)


def coding_questions(clone: Path) -> tuple[Question, ...]:
    return read_assignment(clone / "assignment.toml").coding


def full_marks(clone: Path) -> float:
    return sum(question.points for question in coding_questions(clone))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def check_what_came_of_it(section: str, clone: Path) -> None:
    """Look at what the section's commands should have left."""
    if section == "Your course":
        assert (clone / "handout" / "ps1_blank.pdf").exists()
    elif section == "With nbgrader":
        (row,) = read_csv(clone / "course" / "grades.csv")
        assert float(row["raw_score"]) == full_marks(clone)
    elif section == "With neither":
        (row,) = read_csv(clone / "grades" / "points.csv")
        full = f"{full_marks(clone):g}"
        assert all(row[q.id] == f"{q.points:g}" for q in coding_questions(clone))
        assert (row["submission"], row["upload"], row["status"]) == ("ada", "ada.zip", "graded")
        assert (row["points"], row["of"], row["problem"]) == (full, full, "")
    elif section == "With Canvas":
        possible, ada, bo, cem = read_csv(clone / "term" / "gradebook.csv")
        column = "Problem Set 1 (4711)"
        assert possible["Student"] == "    Points Possible"
        assert (ada["ID"], float(ada[column])) == ("12000", full_marks(clone))
        assert float(bo[column]) == 0.9 * full_marks(clone), "a day late that costs"
        assert (cem["ID"], cem[column]) == ("12002", "")
    elif section == "Changing points":
        ada, bo = read_csv(clone / "term-again" / "changes.csv")
        assert {row["id"] for row in (ada, bo)} == {"12000", "12001"}
        assert all("2b-1 0.2 to 0.6" in row["tests"] for row in (ada, bo))
    elif section == "Next year":
        (row,) = read_csv(clone / "grades-last-year" / "points.csv")
        (asked,) = (question for question in coding_questions(clone) if question.id == "2d")
        assert float(row["2d"]) < asked.points
        page = (clone / "grades-last-year" / "pages" / "ada.html").read_text()
        assert "share the mean of their ranks, as they did last year" in page
