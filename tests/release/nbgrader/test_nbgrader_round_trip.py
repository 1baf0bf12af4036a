"""A term with three students, by nbgrader's own commands: one right, one wrong, one hostile."""

import hashlib
import html
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from problem_set.assignment import read_assignment
from release.files import write_folder
from release.solutions import regions
from tests.course import FULL_MARKS, WRITTEN_POINTS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.timeout(1200),  # two minutes on a machine that does nothing else
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own
]
PROJECT = Path(__file__).parents[3]
STUDENTS = ("ada", "grace", "mallory")
NOTEBOOKS = ("00_code", "01_experiments")
MANUAL = {"ada": (2, 1.5, 1.75), "grace": (1, 0.5, None), "mallory": (0, 0, None)}
ANSWER = "No: $L_F$ ends at $0.25 < 0.26$ with separate tables."
SCRIPT = "<script>document.title = 'stolen'</script><img src=x onerror=alert(1)>"

# MathJax, in whose browser the feedback is read, makes links of these.
TEX_LINKS = (
    r"$\href{javascript:alert(1)}{x}$ $\mmlToken{mi}[href='javascript:alert(2)']{x}$ "
    r"&#36;&#92;href{javascript:alert(3)}{x}&#36; https://example.com/page"
)

# Writes wherever it can below the classroom, and shows a hidden test if it can read one.
ATTACK = """
import os
stolen = "nothing to read"
for folder, _, names in os.walk({root!r}):
    for name in names:
        path = os.path.join(folder, name)
        try:
            text = open(path, errors="replace").read()
            stolen = text if "hidden_tests" in path else stolen
            with open(path, "a") as file:
                file.write("written by the submission")
        except OSError:
            pass
"""


@dataclass(frozen=True)
class Seen:
    """What an autograding must not change: others' files by digest, and their grades."""

    files: dict[str, str]
    grades: dict[str, object]


class Term:
    """The steps of the term, and what was seen between them."""

    def __init__(self, classroom, reference) -> None:
        self.room = classroom
        self.reference = reference

    def run(self) -> None:
        room = self.room
        room.nbgrader("generate_assignment", "ps1")
        room.nbgrader("release_assignment", "ps1")
        for student in STUDENTS:
            room.nbgrader("fetch_assignment", "ps1", "--student", student, person=student)
            getattr(self, f"_{student}_works")(room.fetched(student))
            room.nbgrader("submit", "ps1", "--student", student, person=student)
        self._mallory_tampers()
        self.collected = room.nbgrader("collect", "ps1")
        others = "--CourseDirectory.student_id_exclude=mallory"
        self.said = room.nbgrader("autograde", "ps1", others)
        self.before = self.seen()
        room.nbgrader("autograde", "ps1")
        self.after = self.seen()
        self._grade_by_hand()
        room.nbgrader("generate_feedback", "ps1")
        room.nbgrader("release_feedback", "ps1")
        for student in STUDENTS:
            room.nbgrader("fetch_feedback", "ps1", "--student", student, person=student)
        room.nbgrader("export")

    def _ada_works(self, folder: Path) -> None:
        write_folder(self.reference, folder)
        self._answer(folder, "3a", ANSWER)
        self._answer(folder, "3b", ANSWER)
        self._answer(folder, "3c", ANSWER)

    def _grace_works(self, folder: Path) -> None:
        write_folder(self.reference, folder)
        replace_in(
            folder / "submission" / "loss.py",
            "predicted_ratings) ** 2).mean",
            "predicted_ratings) ** 2).sum",
        )
        replace_in(folder / "submission" / "model.py", " + self.B.weight.T", "")
        self._answer(folder, "3a", "See ```mermaid\n" + SCRIPT)
        self._answer(folder, "3b", "I do not know.")

    def _mallory_works(self, folder: Path) -> None:
        attack = ATTACK.format(root=str(self.room.root))
        loss = folder / "submission" / "loss.py"
        loss.write_text(attack + self.reference["submission/loss.py"].content.decode())
        replace_in(loss, "    loss = (1 -", "    raise ValueError(stolen)\n    loss = (1 -")
        mrr = folder / "submission" / "mrr.py"
        mrr.write_text(attack + self.reference["submission/mrr.py"].content.decode())
        self._answer(folder, "3a", SCRIPT)
        self._answer(folder, "3b", TEX_LINKS)
        with self.room.editing(folder / "00_code.ipynb") as notebook:
            for cell in notebook.cells:
                if "nbgrader" in cell.metadata:
                    cell.metadata.nbgrader.points = 1000.0
                    cell.source = "print('all points')"
        (folder / "nbgrader_config.py").write_text(attack)
        (folder / "sitecustomize.py").write_text(attack)
        write_folder({"grader/engine/grader.py": self.reference["submission/loss.py"]}, folder)

    def _answer(self, folder: Path, question: str, text: str) -> None:
        with self.room.editing(folder / "01_experiments.ipynb") as notebook:
            (cell,) = (cell for cell in notebook.cells if cell.id == f"answer-{question}")
            assert cell.source == "YOUR ANSWER HERE"
            cell.source = text

    def _mallory_tampers(self) -> None:
        """Change what is in the exchange, which its student owns."""
        (inbound,) = (self.room.exchange / "DMTL" / "inbound").glob("mallory+*")
        (inbound / "submission_secret.txt").unlink()
        (inbound / "timestamp.txt").write_text("no time at all")
        (inbound / "gradebook.txt").symlink_to(self.room.course / "gradebook.db")
        (inbound / "answers").symlink_to(self.room.course / "grading", target_is_directory=True)
        (inbound / "00_copy.ipynb").symlink_to(self.room.fetched("ada") / "01_experiments.ipynb")
        os.mkfifo(inbound / "pipe")

    def _grade_by_hand(self) -> None:
        """Set points and a comment as the formgrader's page does."""
        with self.room.gradebook() as book:
            for student, manual in MANUAL.items():
                for question, points in zip(("3a", "3b", "3c"), manual):
                    if points is None:
                        continue
                    names = (question, "01_experiments", "ps1", student)
                    grade = book.find_grade(*names)
                    grade.manual_score = points
                    grade.needs_manual_grade = False
                    book.find_comment(*names).manual_comment = f"Read by hand: {question}"
            book.db.commit()

    def seen(self) -> Seen:
        files = {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.room.root.rglob("*")
            if path.is_file()
            and not path.is_symlink()
            and path.name != "gradebook.db"
            and "__pycache__" not in path.parts
            and "mallory" not in str(path.relative_to(self.room.course.parent))
        }
        return Seen(files, {name: self.scores(name) for name in ("ada", "grace")})

    def scores(self, student: str) -> dict[str, tuple]:
        """Return auto and manual points of each question."""
        with self.room.gradebook() as book:
            submission = book.find_submission("ps1", student)
            return {
                grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }

    def feedback(self, student: str) -> str:
        """Return the pages that were made for a student."""
        pages = self.room.course / "feedback" / student / "ps1"
        return "\n".join((pages / f"{name}.html").read_text() for name in NOTEBOOKS)


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def term(shared_classroom, reference_code) -> Term:
    term = Term(shared_classroom, reference_code)
    term.run()
    return term


@pytest.mark.parametrize("student", STUDENTS)
def test_the_gradebooks_points_are_the_graders(term, student):
    alone = term.room.graded_alone(student)
    scores = term.scores(student)
    points = {question["id"]: question["points"] for question in alone["questions"]}
    assert {id_: scores[id_][0] for id_ in points} == points
    assert alone["score"] > 0
    assert (alone["score"] == FULL_MARKS) == (student == "ada")


def test_the_hostile_submission_changed_nothing_and_learned_nothing(term):
    assert term.after == term.before
    assert "nothing to read" in term.feedback("mallory"), "its exception is told, without a test"


def test_nothing_was_collected_through_a_link(term):
    submitted = term.room.course / "submitted" / "mallory" / "ps1"
    assert not [path for path in submitted.rglob("*") if path.is_symlink()]
    assert not (submitted / "grader").exists(), "what everybody was given is not collected"
    names = {path.name for path in submitted.iterdir()}
    assert not names & {"gradebook.txt", "answers", "00_copy.ipynb", "pipe", "nbgrader_config.py"}
    for name in ("gradebook.txt", "answers", "00_copy.ipynb", "pipe"):
        assert f"{name}: This is" in term.collected
    assert "no time" not in (submitted / "timestamp.txt").read_text()


def hidden_lines() -> set[str]:
    """Return the lines of hidden tests, but for the sentences that students read."""
    known = "".join(path.read_text() for path in (PROJECT / "grader" / "public_tests").glob("*.py"))
    files = sorted((PROJECT / "grader" / "hidden_tests").glob("*.py"))
    lines = {line.strip() for path in files for line in path.read_text().splitlines()}
    return {line for line in lines if len(line) >= 20 and line not in known and '"""' not in line}


def test_feedback_holds_no_hidden_test_input_value_or_solution(term):
    rubric = tomllib.loads((PROJECT / "release" / "nbgrader" / "rubrics.toml").read_text())
    musts = {part["must"] for parts in rubric.values() for part in parts}
    solutions = {
        line.strip()
        for path in (PROJECT / "submission").glob("*.py")
        for region in regions(path.name, path.read_text().splitlines())
        for line in region.lines
        if len(line.strip()) >= 20
    }
    for student in STUDENTS:
        # But for the student's own files, of which ada's are the solution.
        ours = re.sub(r"<details.*?</details>", "", term.feedback(student), flags=re.DOTALL)
        page = html.unescape(re.sub(r"<[^>]+>", "", html.unescape(ours)))
        sentences = set()
        values = set()
        for question in term.room.graded_alone(student)["questions"]:
            for test in question["tests"]:
                sentences.add(test["sentence"])
                detail = test["detail"] or {}
                if test["hidden"] and test["status"] != "passed":
                    values |= {*detail.values(), test["raised"]}
                    values |= set(re.findall(r"-?\d+\.\d{3,}", str(detail)))
                else:
                    sentences |= {*detail.values(), test["raised"]}
        said = " ".join(sentences)
        secret = {value for value in values if len(value) >= 6 and value not in said}
        lines = {line for line in hidden_lines() if line not in said}
        assert len(lines) > 300
        assert [text for text in secret | lines | solutions | musts if text in page] == []
        assert student != "grace" or len(secret) > 20, "there was something to find"


def test_feedback_shows_points_mistakes_and_comments_and_runs_nothing(term):
    grace = term.feedback("grace")
    assert "are summed, not averaged." in grace
    assert "Read by hand: 3b" in grace and "No response." in grace
    titles = {question.id: question.title for question in read_assignment().questions}
    assert f'<a href="#2b">2b {titles["2b"]}</a> (Score:' in grace and "Test cell" not in grace
    assert f'<a href="#3a">3a {titles["3a"]}</a> (Score:' in grace
    own = html.unescape("".join(re.findall(r"<details.*?</details>", grace, re.DOTALL)))
    assert own.count(", as it was handed in (") == 3
    assert "((observed_ratings - predicted_ratings) ** 2).sum()" in own
    for student in STUDENTS:
        page = term.feedback(student)
        assert "<script>document" not in page and "<img src" not in page
        assert ("< script>document" in html.unescape(page)) == (student != "ada")
    page = term.feedback("mallory")
    assert "javascript:alert(3)" in page
    assert not re.search(r"<a\b[^>]*(javascript|example\.com)", page)
    assert not re.search(r"\\(href|mmlToken)", html.unescape(page))


def test_a_grading_says_little_so_that_an_error_is_seen(term):
    lines = [line for line in term.said.splitlines() if "| INFO]" in line]
    assert not [line for line in lines if "Copying" in line]
    assert len([line for line in lines if "Copied" in line]) == 2 * (len(STUDENTS) - 1)
    assert len(lines) <= 30 * (len(STUDENTS) - 1)


def test_students_fetch_their_own_pages(term):
    for student in ("ada", "grace"):
        (folder,) = (term.room.fetched(student) / "feedback").iterdir()
        pages = "\n".join((folder / f"{name}.html").read_text() for name in NOTEBOOKS)
        assert pages == term.feedback(student)
    # Whoever removes the secret of a submission cannot fetch; everyone else can.
    assert not (term.room.fetched("mallory") / "feedback").exists()


def test_the_export_adds_up(term):
    rows = {row["student_id"]: row for row in term.room.grades()}
    assert set(rows) == set(STUDENTS)
    for student, row in rows.items():
        by_hand = sum(points or 0 for points in MANUAL[student])
        assert float(row["raw_score"]) == term.room.graded_alone(student)["score"] + by_hand
        assert float(row["max_score"]) == FULL_MARKS + sum(WRITTEN_POINTS.values())


def test_grading_again_keeps_manual_points_and_counts_lateness(term):
    with term.room.gradebook() as book:
        book.update_or_create_assignment("ps1", duedate="2020-01-01 00:00:00 UTC")
    penalty = "--LateSubmissionPlugin.penalty_method=zero"
    before = term.scores("grace")
    term.room.nbgrader("autograde", "ps1", "--force", "--student", "grace", penalty)
    after = term.scores("grace")
    assert {id_: score[:2] for id_, score in after.items()} == {
        id_: score[:2] for id_, score in before.items()
    }
    assert after["3a"][2], "a grade given by hand is marked to be looked at again"
    with term.room.gradebook() as book:
        submission = book.find_submission("ps1", "grace")
        assert submission.late_submission_penalty == submission.score > 0
