"""Leaks planted on purpose are found, each for its reason; the real package has none."""

import base64
import bz2
import codecs
import gzip
import io
import json
import lzma
import py_compile
import quopri
import struct
import tarfile
import textwrap
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from pygments import highlight
from pygments.formatters import HtmlFormatter, LatexFormatter, SvgFormatter
from pygments.lexers import PythonLexer
from pypdf import PdfReader, PdfWriter

from release.files import Files, PackedFile, ReleaseError, zip_bytes
from release.nbgrader import handed_out, nbgrader_files
from release.secrets import secrets_of, typeset_pieces

SCORES = "scores = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T\n"
Planted = tuple[str, bytes, str]
Plant = Callable[[Files], Planted]
PLANTS: list[Plant] = []


def planted(plant: Plant) -> Plant:
    """Register a leak: a file of the package, its content, and what the refusal must say."""
    PLANTS.append(plant)
    return plant


def answer_in_words(files: Files) -> str:
    """Return the reference answer to 3b as a reader sees it."""
    (answer,) = [
        s for s in secrets_of(files) if s.name == "reference answer in handout/answers/3b.tex"
    ]
    return "".join(typeset_pieces(answer.text))


def hidden(files: Files) -> bytes:
    return files["grader/hidden_tests/test_1d_all_items.py"].content


@planted
def solution_left_in(files):
    content = files["submission/loss.py"].content
    return "submission/loss.py", content, "a region SOLUTION that is not empty (from line"


@planted
def solution_without_its_markers(files):
    text = files["submission/loss.py"].content.decode()
    lines = [line for line in text.splitlines() if "SOLUTION" not in line]
    return (
        "submission/loss.py",
        "\n".join(lines).encode(),
        "the solution of 2b in submission/loss.py",
    )


@planted
def solution_in_a_comment(files):
    return "experiments/scoring.py", f"x = 1  # was {SCORES}".encode(), "the solution of 1d"


@planted
def solution_with_other_names(files):
    code = """
    def f(self, rows):
        if self.embedding_sharing:
            return self.U(rows) @ self.Q.weight.T
        left, right = self.U_fact, self.Q_fact
        return left(rows) @ right.weight.T + self.A(rows) + self.B.weight.T
    """
    return "experiments/scoring.py", textwrap.dedent(code).encode(), "the solution of 1d"


@planted
def solution_that_the_project_uses_itself(files):
    code = "value = compute(((self.stars - self.predicted) ** 2).mean().item())\n"
    return "experiments/scoring.py", code.encode(), "the solution of 2b"


@planted
def solution_in_a_string_with_other_names(files):
    code = 'HINT = """\n    x = (1 - torch.sigmoid(good - bad)).mean()\n"""\n'
    return "experiments/hints.py", code.encode(), "the solution of 2a"


@planted
def solution_in_a_page(files):
    page = f"# Hints\n\nTry this:\n\n```python\n{SCORES}```\n"
    return "docs/hints.md", page.encode(), "the solution of 1d"


@planted
def solution_backwards(files):
    return "docs/hints.md", SCORES[::-1].encode(), "the solution of 1d in submission/model.py, back"


@planted
def solution_in_rot13(files):
    hidden_away = codecs.encode(SCORES, "rot13").encode()
    return "docs/hints.md", hidden_away, "the solution of 1d in submission/model.py, in rot13"


@planted
def solution_in_base85(files):
    return "experiments/a.py", base64.b85encode(SCORES.encode()), "the solution of 1d"


@planted
def solution_in_quoted_printable(files):
    message = quopri.encodestring(SCORES.encode(), quotetabs=True)
    return "docs/mail.txt", message, "the solution of 1d"


@planted
def solution_as_a_list_of_codes(files):
    return "experiments/a.py", f"x = {list(SCORES.encode())}".encode(), "the solution of 1d"


@planted
def solution_as_a_hex_dump(files):
    return "experiments/a.txt", SCORES.encode().hex(" ").encode(), "the solution of 1d"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_compressed_behind_something_else_is_found(compress, check):
    content = b"A picture, perhaps.\n" + compress(SCORES.encode())
    (leak, *_) = check.in_files({"a.png": PackedFile(content)})
    assert "compressed at byte 20" in leak.place
    assert "the solution of 1d in submission/model.py" in leak.what


@pytest.mark.parametrize(
    ("kind", "formatter"), [("html", HtmlFormatter), ("tex", LatexFormatter), ("svg", SvgFormatter)]
)
def test_a_solution_in_coloured_words_is_found(kind, formatter, check):
    page = highlight(SCORES, PythonLexer(), formatter()).encode()
    (leak, *_) = check.in_files({f"a.{kind}": PackedFile(page)})
    assert "the solution of 1d in submission/model.py" in leak.what


@planted
def what_the_study_says_of_two_answers(files):
    answers = files["docs/answers.md"].content
    return "docs/study.md", answers, "the page of answers docs/answers.md"


@planted
def hidden_test_beside_the_public_ones(files):
    return "grader/public_tests/test_more.py", hidden(files), "the hidden test grader/hidden_tests/"


@planted
def hidden_test_compiled(files):
    folder = Path(PLANTED_IN["folder"])
    source = folder / "oracle.py"
    source.write_bytes(files["grader/hidden_tests/oracle.py"].content)
    compiled = Path(py_compile.compile(str(source), str(folder / "oracle.pyc"), doraise=True))
    says = "the hidden test grader/hidden_tests/oracle.py, in compiled code (mlp)"
    return "grader/data.txt", compiled.read_bytes(), says


@planted
def hidden_test_compiled_by_another_python(files):
    _, content, _ = hidden_test_compiled(files)
    return "grader/data.txt", b"\x01\x02\r\n" + content[4:], "the hidden test"


@planted
def cache(files):
    return "grader/__pycache__/judge.cpython-311.pyc", b"\0", "a cache, by its name"


@planted
def notebook_that_was_run(files):
    notebook = json.loads(files["notebooks/01_experiments.ipynb"].content)
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["0.0471"]}]
    return "notebooks/a.ipynb", json.dumps(notebook).encode(), "a notebook that was run"


@planted
def answer_in_the_metadata_of_a_notebook(files):
    notebook = json.loads(files["notebooks/01_experiments.ipynb"].content)
    notebook["cells"][0]["metadata"]["comments"] = answer_in_words(files).splitlines()
    return "notebooks/a.ipynb", json.dumps(notebook).encode(), "the reference answer in handout"


@planted
def hidden_tests_of_a_notebook(files):
    source = "1 + 1\n### BEGIN HIDDEN TESTS\ncheck('1a')\n### END HIDDEN TESTS"
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
    return "notebooks/a.ipynb", json.dumps({"cells": [cell]}).encode(), "a region HIDDEN TESTS"


@planted
def answer_typed_into_the_handout(files):
    content = b"% Type your answer below.\nYes, it does.\n"
    return "handout/answers/3a.tex", content, "an answer; students are given comments alone"


@planted
def answer_in_another_encoding(files):
    return "docs/a.txt", answer_in_words(files).encode("utf-16"), "the reference answer"


def pdf_of(text: str) -> bytes:
    content = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):
        figure = Figure()
        for number, line in enumerate(textwrap.wrap(text.replace("$", ""), 50)):
            figure.text(0.01, 0.95 - number / 30, line)
        figure.savefig(content, format="pdf")
    return content.getvalue()


@planted
def answer_in_a_pdf(files):
    return "handout/ps1_blank.pdf", pdf_of(answer_in_words(files)), "the reference answer"


@planted
def solution_attached_to_a_pdf(files):
    writer = PdfWriter(PdfReader(io.BytesIO(pdf_of("Nothing"))))
    writer.add_attachment("model.py", SCORES.encode())
    content = io.BytesIO()
    writer.write(content)
    return "handout/ps1_blank.pdf", content.getvalue(), "the solution of 1d"


@planted
def solution_in_the_metadata_of_a_pdf(files):
    writer = PdfWriter(PdfReader(io.BytesIO(pdf_of("Nothing"))))
    writer.add_metadata({"/Subject": SCORES})
    content = io.BytesIO()
    writer.write(content)
    return "handout/ps1_blank.pdf", content.getvalue(), "the solution of 1d"


@planted
def solution_in_an_earlier_version_of_a_pdf(files):
    stream = zlib.compress(
        b"BT [(scores = U\\050user)-20(_ids\\051 @ Q.weight.T + self.A\\050us)"
        b"12(er_ids\\051 + self.B.weight.T)] TJ ET"
    )
    old = b"%%PDF-1.5\n9 0 obj\n<</Length %d>>\nstream\n%b\nendstream\n" % (len(stream), stream)
    content = pdf_of("Nothing") + old
    return "handout/ps1_blank.pdf", content, "the solution of 1d"


@planted
def hidden_test_in_a_zip_in_a_zip(files):
    inner = zip_bytes({"t.py": PackedFile(hidden(files))})
    outer = zip_bytes({"inner.zip": PackedFile(inner)})
    return "docs/more.json", outer, "the hidden test grader/hidden_tests/test_1d_all_items.py"


@planted
def misconceptions_in_a_tar(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        text = files["grader/misconceptions/ranks.py"].content
        entry = tarfile.TarInfo("ranks.py")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return "docs/a.txt", content.getvalue(), "the misconception grader/misconceptions/ranks.py"


@planted
def names_of_misconceptions(files):
    page = "Known: factorization-detached, regression-detached, joint-as-number, weights_squared"
    page += " weights-normalized, weights-swapped, only-factorization, plain-sum-of-losses"
    return "docs/a.md", page.encode(), "in its names ("


@planted
def attack(files):
    content = files["tests/grader/attacks/bank/forge_points.py"].content
    return "experiments/a.py", content, "the attack tests/grader/attacks/bank/forge_"


@planted
def right_submission_compressed(files):
    content = files["tests/grader/right_submissions/einsum/model.py"].content
    return "a.txt", gzip.compress(content), "the right submission tests/grader/right_submissions/"


@planted
def object_of_git(files):
    content = zlib.compress(b"blob 100\0" + files["submission/loss.py"].content)
    return "experiments/0a1b.txt", content, "the solution of 2a"


@planted
def history(files):
    return ".git/HEAD", b"ref: refs/heads/main", "the history of the project, by its name"


@planted
def solution_in_base64(files):
    blob = base64.encodebytes(files["submission/mrr.py"].content).decode()
    code = f'DATA = """\n{textwrap.indent(blob, "    ")}"""\n'
    return "experiments/a.py", code.encode(), "the solution of 2d"


@planted
def solution_in_hexadecimal(files):
    return "a.json", json.dumps([SCORES.encode().hex()]).encode(), "the solution of 1d"


@planted
def solution_in_html(files):
    page = "".join(f"&#{ord(letter)};" for letter in SCORES)
    return "docs/a.html", page.encode(), "the solution of 1d"


@planted
def solution_in_a_link(files):
    link = "https://example.org/?q=" + urllib.parse.quote(SCORES)
    return "README.md", link.encode(), "the solution of 1d"


@planted
def solution_in_a_picture(files):
    def chunk(kind: bytes, content: bytes) -> bytes:
        size = struct.pack(">I", len(content))
        return size + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"zTXt", b"Note\0\0" + zlib.compress(SCORES.encode()))
    return "docs/a.png", picture + chunk(b"IEND", b""), "the solution of 1d"


@planted
def curves_of_the_solution(files):
    return "docs/a.png", files["docs/curves.png"].content, "the project's own docs/curves.png"


@planted
def table_of_the_solution(files):
    table = "| 0.2643 | 0.9746 | 0.2714 | 0.0471 | 1.0171 |"
    return "README.md", table.encode(), "what the solution measures (0.0471"


@planted
def ratings(files):
    lines = [f"{user}\t242\t3\t88125{user}949\n" for user in range(5)]
    return "a.csv", "".join(lines).encode(), "5 lines of MovieLens data"


@planted
def path_of_the_builder(files):
    return "a.toml", b'cache = "/home/ada/.cache"', "somebody's home folder (/home/ada)"


@planted
def file_that_cannot_be_judged(files):
    return "weights.pt", b"\0\1\2", "a kind of file that this check cannot judge (.pt)"


@planted
def archive_that_cannot_be_opened(files):
    return "a.txt", b"7z\xbc\xaf\x27\x1c" + bytes(20), "cannot be looked into: a 7z archive"


PLANTED_IN: dict[str, str] = {}


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_leak_is_refused_for_its_reason(plant, check, tracked, tmp_path):
    PLANTED_IN["folder"] = str(tmp_path)
    name, content, says = plant(tracked)
    leaks = check.in_files({name: PackedFile(content)})
    assert any(leak.place.startswith(name) and says in leak.what for leak in leaks), leaks


def zip_with(**changes: bytes) -> bytes:
    """Return a zip of a harmless file, with something around it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("ps1/a.txt")
        entry.comment = changes.get("member_comment", b"")
        extra = changes.get("extra", b"")
        entry.extra = struct.pack("<HH", 0x6375, len(extra)) + extra if extra else b""
        archive.writestr(entry, b"Nothing")
        archive.comment = changes.get("comment", b"")
    return changes.get("before", b"") + content.getvalue() + changes.get("after", b"")


@pytest.mark.parametrize("where", ["member_comment", "extra", "comment", "before", "after"])
def test_a_solution_beside_the_files_of_a_zip_is_found(where, check):
    assert check.in_zip(zip_with()) == []
    (leak, *_) = check.in_zip(zip_with(**{where: SCORES.encode()}))
    assert "the solution of 1d in submission/model.py" in leak.what


def test_a_member_that_a_zip_does_not_list_is_found(check):
    hidden = zip_bytes({"ps1/b.txt": PackedFile(SCORES.encode())})
    listed_from = hidden.index(b"PK\x01\x02")
    leaks = check.in_zip(hidden[:listed_from] + zip_with())
    assert any("solution of 1d" in leak.what and "unlisted" in leak.place for leak in leaks)


def test_the_real_package_has_no_leak_and_with_one_it_has_that_one(check, student):
    assert check.in_files(student) == []
    leaks = check.in_files({**student, "a.py": PackedFile(SCORES.encode())})
    assert {leak.place for leak in leaks} == {"a.py"}


def test_what_nbgrader_hands_out_has_no_leak(check, project):
    released = handed_out(nbgrader_files(project))
    assert "01_experiments.ipynb" in released
    assert check.in_files(released) == []


@pytest.mark.thorough
def test_the_blank_handout_has_no_leak(check, blank):
    assert check.in_zip(zip_bytes(blank, "ps1/")) == []


def test_a_folder_is_checked_as_a_zip_is(check, tmp_path):
    (tmp_path / "ps1").mkdir()
    (tmp_path / "ps1" / "a.py").write_text(SCORES)
    assert {leak.place for leak in check.in_archive(tmp_path)} == {"ps1/a.py"}
    (tmp_path / "ps1.zip").write_bytes(b"no zip")
    with pytest.raises(ReleaseError, match="neither a zip nor a folder"):
        check.in_archive(tmp_path / "ps1.zip")


def test_every_secret_of_the_project_is_known_by_name(tracked):
    names = {secret.name for secret in secrets_of(tracked)}
    for question in ("1a", "1b", "1c", "1d"):
        assert f"solution of {question} in submission/model.py" in names
    assert {f"reference answer in handout/answers/{q}.tex" for q in ("3a", "3b", "3c")} <= names
    assert "hidden test grader/hidden_tests/oracle.py" in names


@pytest.mark.thorough
def test_every_solution_and_hidden_test_is_found_by_itself(check, tracked):
    """None is so short, or so like what is given, that it would slip through."""
    for secret in secrets_of(tracked):
        assert check.in_files({"a.py": PackedFile(secret.text.encode())}), secret.name
