"""What a student reads when typesetting fails: their file, the line, what to write instead."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from handout import commands, latex
from handout.build import Typeset, typeset
from handout.errors import describe
from tests.handout.conftest import copy_project

SHORT = r"""\documentclass{pset}
\begin{document}
\input{sections/written}
\end{document}
"""
SLIPS = [
    # the answer's second line, what is said about it, what its hint has
    ("With lambda_F = 0.99 it is better.", "Missing $ inserted", r"$\lambda_F$"),
    ("It costs 5$ more.", "Missing $ inserted", r"\$"),
    ("Shared & separate are alike.", "Misplaced alignment tab", r"\&"),
    ("Run #2 is better.", "macro parameter character", r"\#"),
    ("It is \\textbf{better.", "File ended while scanning", "never closed"),
    ("It is better} than it was.", "Extra }", "closes nothing"),
    ("It is \\textbf{50% lower} now.", "File ended while scanning", r"\%"),
    ("It is \\textbff{better}.", "Undefined control sequence", r"\textbff"),
    ("\\begin{itemize} \\item one", "ended by", r"\end{itemize}"),
]


@pytest.fixture(scope="module")
def project(latex: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The written questions alone, which are typeset in a second."""
    project = copy_project(tmp_path_factory.mktemp("short"), results=None)
    (project / "handout" / "handout.tex").write_text(SHORT)
    return project


def typeset_with(project: Path, answer: str) -> Typeset:
    (project / "handout" / "answers" / "3b.tex").write_text(answer, encoding="utf-8")
    return typeset(project)


@pytest.mark.parametrize(("text", "message", "hint"), SLIPS)
def test_a_slip_is_told_by_file_line_and_remedy(
    project: Path, text: str, message: str, hint: str
) -> None:
    done = typeset_with(project, f"% What to do.\n{text}\n\nA paragraph more.\n")
    assert len(done.errors) == 1
    told = describe(done.errors[0], project / "handout")
    assert told.startswith("handout/answers/3b.tex, line 2: ")
    assert message in told
    assert hint in told
    assert text in told
    assert len(told.splitlines()) <= 8


def test_a_package_that_is_missing_is_named_with_the_way_to_get_it(project: Path) -> None:
    style = project / "handout" / "pset.cls"
    text = style.read_text()
    style.write_text(text.replace("{needspace}", "{nospace}"))
    done = typeset(project)
    style.write_text(text)
    assert "File `nospace.sty' not found" in done.errors[0].message
    assert "texlive-latex-extra" in done.errors[0].hint


def test_an_unknown_command_is_the_cause_though_another_slip_stands_before(project: Path) -> None:
    errors = typeset_with(project, "It is 50% lower.\n{\\bf So\n\\foo.\n").errors
    assert [(error.line, error.message) for error in errors] == [
        (3, "Undefined control sequence."),
        (2, ""),
    ]
    assert r"`\foo`" in errors[0].hint
    assert "never closed" in errors[1].hint


def test_a_file_in_another_encoding_is_told(project: Path) -> None:
    answer = project / "handout" / "answers" / "3b.tex"
    answer.write_bytes("% What to do.\nIt is a café".encode("latin-1"))
    errors = typeset(project).errors
    assert [(error.file, error.line) for error in errors] == [("answers/3b.tex", 2)]
    assert "UTF-8" in errors[0].hint


def test_a_file_of_comments_is_no_answer_whatever_wrote_it(project: Path) -> None:
    answer = project / "handout" / "answers" / "3b.tex"
    answer.write_bytes(b"\xef\xbb\xbf% What to do.\r\n\r\n  % More.\r\n")
    assert not typeset(project).errors
    log = (project / "handout" / "build" / "ps1.log").read_text("utf-8", "replace")
    assert "answers/3a.tex" in log
    assert "answers/3b.tex" not in log


def test_text_that_a_percent_sign_hides_is_told_too(project: Path) -> None:
    done = typeset_with(project, "The loss is 50% lower.\nIt is.\n")
    assert not done.errors
    assert [(w.file, w.line) for w in done.warnings] == [("answers/3b.tex", 1)]
    assert "`lower.`" in done.warnings[0].hint


def test_the_last_good_pdf_stays_and_the_mended_answer_is_typeset(project: Path) -> None:
    good = typeset_with(project, "Good.\n").pdf.read_bytes()
    assert typeset_with(project, "Bad_ one.\n").errors
    assert typeset(project).errors, "the same slip is told again"
    assert (project / "handout" / "ps1.pdf").read_bytes() == good
    # An interrupted run leaves half a file, which the next one gets over.
    build = project / "handout" / "build"
    (build / "ps1.aux").write_text(r"\relax \newlabel{question:3a}{{3")
    (build / "ps1.under-way").touch()
    mended = typeset_with(project, "Good.\n")
    assert not mended.errors
    assert mended.pdf.read_bytes() == good


def test_greek_letters_may_be_pasted(project: Path) -> None:
    assert not typeset_with(project, "λ is 0.99 ≈ 1 – “so”, σ ≤ 1 → fine.\n").errors


def test_without_latex_one_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = copy_project(tmp_path / "project", results=None)
    monkeypatch.setattr(commands, "find_project", lambda: project)
    monkeypatch.setattr(latex, "USUAL_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(commands.main, ["build"])
    assert result.exit_code == 2
    for way in ("apt-get install latexmk", "brew install", "winget install", "conda install"):
        assert way in result.output
    assert "make handout-overleaf" in result.output
    assert "Traceback" not in result.output
    packed = CliRunner().invoke(commands.main, ["overleaf"])
    assert packed.exit_code == 0
    assert (project / "dist" / "ps1-overleaf.zip").exists()


def test_the_command_line_tells_the_slip_and_fails(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "handout" / "answers" / "3b.tex").write_text("Bad_ one.\n")
    monkeypatch.setattr(commands, "find_project", lambda: project)
    result = CliRunner().invoke(commands.main, ["build"])
    assert result.exit_code == 1
    assert "handout/answers/3b.tex, line 1" in result.output
    assert "handout/build/ps1.log" in result.output
    assert len(result.output.splitlines()) < 12
