"""Leaks planted on purpose are found, each for its reason; the real package has none."""

import io
import json
import textwrap
from collections.abc import Callable

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from release.files import Files, PackedFile, ReleaseError, zip_bytes
from release.secrets import FOLDERS, secrets_of, typeset

SCORES = "scores = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T\n"
HIDDEN = "grader/hidden_tests/test_1d_all_items.py"
Planted = tuple[str, bytes, str]
Plant = Callable[[Files], Planted]
PLANTS: list[Plant] = []


def planted(plant: Plant) -> Plant:
    """Register a leak: a file of the package, its content, and what the refusal must say."""
    PLANTS.append(plant)
    return plant


def answer_in_words(files: Files) -> str:
    """Return the reference answer to 3b as a reader sees it."""
    (answer,) = [s for s in secrets_of(files) if s.name.endswith("handout/answers/3b.tex")]
    return typeset(answer.text).replace("\0", " 0.5 ")


def notebook_with(cell: dict) -> bytes:
    given = {"cell_type": "code", "metadata": {}, "source": [], "outputs": []}
    return json.dumps({"cells": [{**given, **cell}], "metadata": {}}, indent=1).encode()


def pdf_of(text: str) -> bytes:
    content = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):
        figure = Figure()
        for number, line in enumerate(textwrap.wrap(text.replace("$", ""), 50)):
            figure.text(0.01, 0.95 - number / 30, line)
        figure.savefig(content, format="pdf")
    return content.getvalue()


def wheel_with(name: str, content: bytes) -> bytes:
    return zip_bytes({"hand_in/__init__.py": PackedFile(b""), name: PackedFile(content)})


@planted
def solution_left_between_its_markers(files):
    content = files["submission/loss.py"].content
    return "submission/loss.py", content, "a marked region that is not empty (### BEGIN SOLUTION)"


@planted
def solution_without_its_markers(files):
    text = files["submission/loss.py"].content.decode()
    lines = [line for line in text.splitlines() if "SOLUTION" not in line]
    return "submission/loss.py", "\n".join(lines).encode(), "the solution of 2b in submission/loss"


@planted
def solution_in_a_comment(files):
    return "experiments/scoring.py", f"x = 1  # was {SCORES}".encode(), "the solution of 1d"


@planted
def solution_in_a_docstring_over_several_lines(files):
    code = "\n".join(f"    # {line}" for line in textwrap.wrap(SCORES, 20))
    return "experiments/a.py", f'"""For example:\n{code}\n"""'.encode(), "the solution of 1d"


@planted
def solution_in_a_page(files):
    page = f"# Hints\n\nTry this:\n\n```python\n{SCORES}```\n"
    return "docs/hints.md", page.encode(), "the solution of 1d"


@planted
def solution_in_a_cell_of_a_notebook(files):
    source = ["def scores(self, user_ids):\n", "    scores = (U(user_ids)\n", "    " + SCORES[20:]]
    return "notebooks/a.ipynb", notebook_with({"source": source}), "the solution of 1d"


@planted
def solution_in_an_output_of_a_notebook(files):
    outputs = [{"output_type": "stream", "name": "stdout", "text": [SCORES]}]
    return "notebooks/a.ipynb", notebook_with({"outputs": outputs}), "the solution of 1d"


@planted
def notebook_that_was_run(files):
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["0.0471"]}]
    return "notebooks/a.ipynb", notebook_with({"outputs": outputs}), "a notebook that was run"


@planted
def answer_in_the_metadata_of_a_notebook(files):
    metadata = {"comments": answer_in_words(files).splitlines(keepends=True)}
    return "notebooks/a.ipynb", notebook_with({"metadata": metadata}), "the reference answer"


@planted
def hidden_tests_of_a_notebook(files):
    source = "1 + 1\n### BEGIN HIDDEN TESTS\ncheck('1a')\n### END HIDDEN TESTS"
    says = "a marked region that is not empty (### BEGIN HIDDEN TESTS)"
    return "notebooks/a.ipynb", notebook_with({"source": source}), says


@planted
def hidden_test_beside_the_public_ones(files):
    content = files[HIDDEN].content
    return "grader/public_tests/test_more.py", content, f"the hidden test {HIDDEN}"


@planted
def hidden_test_in_the_wheel(files):
    content = files[HIDDEN].content
    return "wheels/a.whl", wheel_with("tests/a.py", content), f"the hidden test {HIDDEN}"


@planted
def folder_of_hidden_tests_in_the_wheel(files):
    return "wheels/a.whl", wheel_with("grader/hidden_tests/a.py", b"x = 1"), "secrets, by its name"


@planted
def misconceptions_in_the_wheel(files):
    content = files["grader/misconceptions/ranks.py"].content
    says = "the misconception grader/misconceptions/ranks.py"
    return "wheels/a.whl", wheel_with("grader/ranks.py", content), says


@planted
def names_of_misconceptions(files):
    page = "Known: factorization-detached, regression-detached, joint-as-number, weights_squared"
    page += " weights-normalized, weights-swapped, only-factorization, plain-sum-of-losses"
    return "docs/a.md", page.encode(), "names that only secrets have (factorization_detached"


@planted
def answer_typed_into_the_handout(files):
    content = b"% Type your answer below.\nYes, it does.\n"
    return "handout/answers/3a.tex", content, "an answer; students are given comments alone"


@planted
def answer_in_a_section_of_the_handout(files):
    text = "\\section{Hints}\n" + files["handout/answers/3b.tex"].content.decode()[600:1200]
    return "handout/sections/hints.tex", text.encode(), "the reference answer in handout/answers/3b"


@planted
def answer_in_the_pdf(files):
    return "handout/ps1_blank.pdf", pdf_of(answer_in_words(files)), "the reference answer"


@planted
def reference_to_what_is_not_there_in_the_pdf(files):
    content = pdf_of("Question 2e is about ??")
    return "ps1_blank.pdf", content, "a reference to what is not there: 'Question 2e is about ??'"


@planted
def page_of_the_staff(files):
    content = files["docs/answers.md"].content
    return "docs/study.md", content, "the page of answers docs/answers.md"


@planted
def attack(files):
    content = files["tests/grader/attacks/bank/forge_points.py"].content
    return "experiments/a.py", content, "the attack tests/grader/attacks/bank/forge_"


@planted
def right_submission(files):
    content = files["tests/grader/right_submissions/einsum/model.py"].content
    return "a.txt", content, "the right submission tests/grader/right_submissions/einsum"


@planted
def table_of_the_solution(files):
    table = "| 0.2643 | 0.9746 | 0.2714 | 0.0471 | 1.0171 |"
    return "README.md", table.encode(), "what the solution measures (0.0471"


@planted
def curves_of_the_solution(files):
    return "docs/a.png", files["docs/curves.png"].content, "the project's own docs/curves.png"


@planted
def results_by_their_name(files):
    return "results/summary.json", b"{}", "what is for instructors alone, by its name"


@planted
def history(files):
    return ".git/HEAD", b"ref: refs/heads/main", "a repository or an environment, by its name"


@planted
def dotfile(files):
    return ".netrc", b"login ada", "a kind of file that this check cannot judge"


@planted
def cache(files):
    return "grader/__pycache__/judge.cpython-311.pyc", b"\0", "a cache, by its name"


@planted
def ratings(files):
    return "experiments/u.data", b"1\t242\t3\t881250949\n", "data that may not be passed on"


@planted
def path_of_the_builder(files):
    return (
        "a.toml",
        b'cache = "/home/ada/.cache"',
        "a trace of the machine that built it (/home/ada",
    )


@planted
def file_that_cannot_be_judged(files):
    return "weights.pt", b"\0\1\2", "a kind of file that this check cannot judge"


@planted
def pdf_that_cannot_be_read(files):
    return "a.pdf", b"%PDF-1.5\n", "something that cannot be read"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_leak_is_refused_for_its_reason(plant, check, tracked):
    name, content, says = plant(tracked)
    leaks = check.in_files({name: PackedFile(content)})
    assert any(leak.place.startswith(name) and says in leak.what for leak in leaks), leaks


def test_the_place_of_a_leak_is_its_page_its_cell_or_its_file_in_the_wheel(check):
    wheel = wheel_with("grader/a.py", SCORES.encode())
    cell = notebook_with({"source": SCORES})
    found = {"w.whl": wheel, "a.ipynb": cell, "a.pdf": pdf_of(SCORES)}
    leaks = check.in_files({name: PackedFile(content) for name, content in found.items()})
    places = list(dict.fromkeys(leak.place for leak in leaks))
    assert places == ["w.whl → grader/a.py", "a.ipynb, cell 1", "a.pdf, page 1"]


def test_the_real_package_has_no_leak_and_with_one_it_has_that_one(check, student):
    assert check.in_files(student) == []
    leaks = check.in_files({**student, "a.py": PackedFile(SCORES.encode())})
    assert {leak.place for leak in leaks} == {"a.py"}


def test_a_folder_is_checked_as_a_zip_is(check, tmp_path):
    (tmp_path / "ps1").mkdir()
    (tmp_path / "ps1" / "a.py").write_text(SCORES)
    assert {leak.place for leak in check.in_archive(tmp_path)} == {"ps1/a.py"}
    (tmp_path / "ps1.zip").write_bytes(b"no zip")
    with pytest.raises(ReleaseError, match="neither a zip nor a folder"):
        check.in_archive(tmp_path / "ps1.zip")


def test_secrets_that_have_moved_are_asked_for(tracked):
    moved = {name: f for name, f in tracked.items() if not name.startswith("grader/hidden_tests/")}
    with pytest.raises(ReleaseError, match="looks for what is in grader/hidden_tests/"):
        secrets_of(moved)


def test_every_solution_hidden_test_and_answer_is_found_by_itself(check, tracked):
    """None is so short, or so like what is given, that it would slip through."""
    secrets = [s for s in secrets_of(tracked) if "attack" not in s.name and s.text.strip()]
    kinds = {secret.name.partition(" ")[0] for secret in secrets}
    assert kinds >= {kind.partition(" ")[0] for kind in FOLDERS.values() if kind != "attack"}
    for secret in secrets:
        if "/__init__.py" not in secret.name:
            assert check.in_files({"a.py": PackedFile(secret.text.encode())}), secret.name
    for question in ("1a", "1b", "1c", "1d", "2a", "2b", "2c", "2d"):
        assert any(secret.name.startswith(f"solution of {question} in ") for secret in secrets)
