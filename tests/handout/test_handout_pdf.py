"""The PDFs that students and graders read, read back."""

import json
import re
import shutil
import subprocess
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PageObject
from pypdf.generic import ContentStream, DictionaryObject

import handout.latex
from handout.build import typeset
from handout.latex import can_tag
from handout.overleaf import pack
from problem_set.assignment import read_assignment
from problem_set.due import due_date
from tests.handout.conftest import PROJECT, QUESTIONS, RESULTS, Handout, squeeze

ASSIGNMENT = read_assignment(PROJECT / "assignment.toml")
# Operators of a page's contents that leave something to see: paths, text, pictures, shadings.
PAINTING = {*(b"S s f F f* B B* b b* Do sh Tj TJ ' \"".split())}
PLACEHOLDER = squeeze("Your curves will stand here. Run make experiments")


def solution(question: str) -> list[str]:
    """Pieces of the reference answer that stand in the PDF as they stand in the file."""
    text = (PROJECT / "handout" / "answers" / f"{question}.tex").read_text(encoding="utf-8")
    found = re.search(r"%%% BEGIN SOLUTION\n(.*)%%% END SOLUTION", text, re.S)
    if not found:
        pytest.skip("a release has no reference answers")
    pieces = re.split(r"\\claim\{[^}]*\}|\\\w+|\$[^$]*\$|[{}]|\n\n", found.group(1))
    return [squeeze(piece) for piece in pieces if len(piece.split()) > 5]


def numbers(values: dict[str, float]) -> list[str]:
    """The final metrics of a run as the handout prints them."""
    return [f"{value:.{4 if 'Rank' in metric else 3}f}" for metric, value in values.items()]


@pytest.mark.parametrize("name", ["full", "blank", "early"])
def test_every_question_stands_with_its_points(name: str, request: pytest.FixtureRequest) -> None:
    handout: Handout = request.getfixturevalue(name)
    for question in read_assignment(handout.project / "assignment.toml").questions:
        points = "1point" if question.points == 1 else f"{question.points:g}points"
        title = f"Question{question.id}{squeeze(question.title)}{points}{question.file}"
        assert handout.text.count(title) == 1, question.id


def test_course_data_stand_on_the_first_page(full: Handout) -> None:
    course, first = ASSIGNMENT.course, full.pages[0]
    assert squeeze(course.name) in first
    assert squeeze(course.term) in first
    assert squeeze(course.title) in first
    assert squeeze(f"Due {due_date(course.due)}") in first
    assert f"{sum(question.points for question in ASSIGNMENT.questions):g}points" in first
    assert squeeze("space for every question that asks for a written response") in first


def test_changed_course_data_change_the_handout(early: Handout) -> None:
    assert squeeze(r"100% of #1 & {a_b} ~ ^ \ $5") in early.pages[0]
    assert squeeze("Due Monday, March 1, 2027, 9:05 am (UTC+5:30)") in early.pages[0]
    total = sum(question.points for question in ASSIGNMENT.questions)
    assert f"{total - 1:g}points" in early.pages[0]


def test_the_courses_policies_are_in_the_handout(early: Handout, full: Handout) -> None:
    assert squeeze("Honor code. Talk about ideas; write alone.") in early.text
    assert squeeze("Honor code.") not in full.text


def test_no_identifier_breaks_at_the_end_of_a_line(full: Handout) -> None:
    text = "\n".join(page.extract_text() for page in full.reader.pages)
    sources = "".join(path.read_text() for path in full.project.glob("handout/sections/*.tex"))
    names = set(re.findall(r"(?:[a-z]+\\_)+[a-z]+", sources))
    assert len(names) > 10
    assert [name for name in names if name.replace("\\_", "_") not in text] == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_typed_answers_are_in_the_handout_and_not_in_the_blank_one(
    full: Handout, blank: Handout, question: str
) -> None:
    pieces = solution(question)
    assert len(pieces) > 5
    assert [piece for piece in pieces if piece not in full.text] == []
    assert [piece for piece in pieces if piece in blank.text] == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_blank_handout_rules_six_lines_a_point(
    full: Handout, blank: Handout, question: str
) -> None:
    page = blank.page_of(question)
    assert ruled_lines(blank.reader.pages[page]) == 12
    assert blank.pages[page].endswith(f"Answer{page + 1}of{len(blank.pages)}")
    assert ruled_lines(full.reader.pages[page]) == 0


def test_only_the_missing_answer_leaves_lines(early: Handout) -> None:
    lines = [ruled_lines(early.reader.pages[early.page_of(question)]) for question in QUESTIONS]
    assert lines == [0, 12, 0]
    assert solution("3a")[0] in early.text


def ruled_lines(page: PageObject) -> int:
    """How many hairlines a page has that are as wide as its text, 468 points."""
    return page.get_contents().get_data().count(b"0.398 w 0 0 m 468 0 l S")


def test_numbers_are_those_of_the_summary(full: Handout) -> None:
    runs = json.loads((RESULTS / "summary.json").read_text())["runs"]
    for run in runs.values():
        config = run["config"]
        tables = "shared" if config["embedding_sharing"] else "separate"
        weights = f"{config['factorization_weight']}{config['regression_weight']}"
        assert f"{tables}{weights}{''.join(numbers(run['final']))}" in full.text


@pytest.mark.parametrize(
    ("question", "left", "right"),
    [
        ("3a", "shared=True_LF=0.99_LR=0.01", "shared=False_LF=0.99_LR=0.01"),
        ("3b", "shared=True_LF=0.5_LR=0.5", "shared=False_LF=0.5_LR=0.5"),
        ("3c", "shared=True_LF=0.99_LR=0.01", "shared=True_LF=0.5_LR=0.5"),
    ],
)
def test_each_written_question_has_the_numbers_of_its_two_runs(
    blank: Handout, question: str, left: str, right: str
) -> None:
    runs = json.loads((RESULTS / "summary.json").read_text())["runs"]
    rows = zip(numbers(runs[left]["final"]), numbers(runs[right]["final"]))
    page = blank.pages[blank.page_of(question)]
    assert [a + b for a, b in rows if a + b not in page] == []


def test_without_results_the_handout_says_how_to_make_them(early: Handout, full: Handout) -> None:
    assert early.text.count(PLACEHOLDER) == 4
    assert "noresult" in early.pages[early.page_of("3a")]
    assert PLACEHOLDER not in full.text
    assert "noresult" not in full.text


@pytest.mark.parametrize("name", ["full", "blank", "early"])
def test_the_log_has_no_warning(name: str, request: pytest.FixtureRequest) -> None:
    log = request.getfixturevalue(name).done.log.read_text(encoding="utf-8", errors="replace")
    warnings = re.findall(r"^.*(?:Warning:|Overfull|Underfull|Missing character).*$", log, re.M)
    assert warnings == []
    assert "undefined" not in re.sub(r"^Package.*$", "", log, flags=re.M)


def test_the_pdf_says_what_it_is(full: Handout) -> None:
    info = full.reader.metadata
    course = ASSIGNMENT.course
    assert info.title == f"Problem Set {course.number}: {course.title}"
    assert info.author == f"{course.name}, {course.term}"
    assert full.reader.trailer["/Root"]["/Lang"] == "en-US"


def test_bookmarks_lead_to_every_question(full: Handout) -> None:
    titles = {entry["/Title"] for entry in flatten(full.reader.outline)}
    for question in ASSIGNMENT.questions:
        assert f"{question.id} {question.title}" in titles


def flatten(outline: list) -> list:
    return [e for item in outline for e in (flatten(item) if isinstance(item, list) else [item])]


def test_links_lead_somewhere(full: Handout) -> None:
    reader, links = full.reader, []
    for page in reader.pages:
        annotations = [item.get_object() for item in page.get("/Annots", [])]
        links += [item["/A"] for item in annotations if item["/Subtype"] == "/Link"]
    destinations = reader.named_destinations
    assert sum(action["/S"] == "/URI" for action in links) == 6
    inside = [action["/D"] for action in links if action["/S"] == "/GoTo"]
    assert len(inside) > 20
    assert [name for name in inside if name not in destinations] == []


def test_pictures_have_a_text_for_those_who_cannot_see_them(full: Handout) -> None:
    texts = b"".join(page.get_contents().get_data() for page in full.reader.pages)
    assert texts.count(b"/Alt") == 1 + 4 * 5


def structure(handout: Handout) -> list[DictionaryObject]:
    """Return the structure tree's nodes, in the order in which they are read."""

    def below(node: DictionaryObject) -> list[DictionaryObject]:
        children = node.get("/K", [])
        children = children if isinstance(children, list) else [children]
        nodes = [child.get_object() for child in children]
        nodes = [child for child in nodes if isinstance(child, DictionaryObject) and "/S" in child]
        return [each for child in nodes for each in (child, *below(child))]

    return below(handout.reader.trailer["/Root"]["/StructTreeRoot"].get_object())


def test_every_mark_on_a_page_is_tagged_or_an_artifact(blank: Handout) -> None:
    if not can_tag():
        pytest.skip("this LaTeX makes no tagged PDFs in the way of TeX Live 2022 (Debian 12)")
    root = blank.reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/ViewerPreferences"]["/DisplayDocTitle"]
    nodes = structure(blank)
    kinds = [str(node["/S"]) for node in nodes]
    texts = [node["/Alt"] for node in nodes if node["/S"] == "/Figure"]
    assert len(texts) == 1 + 4 * 5 and all(len(text) > 20 for text in texts)
    assert kinds.count("/H1") == 1
    assert kinds.count("/H3") >= len(ASSIGNMENT.questions)
    headings = [int(kind[2:]) for kind in kinds if re.fullmatch(r"/H\d", kind)]
    assert all(after - before <= 1 for before, after in pairwise(headings))
    for page in blank.reader.pages:
        assert page["/Tabs"] == "/S"
        depth = 0
        for _, operator in ContentStream(page.get_contents(), blank.reader).operations:
            depth += (operator in (b"BDC", b"BMC")) - (operator == b"EMC")
            assert depth in (0, 1), "no mark within another"
            assert depth == 1 or operator not in PAINTING
        assert depth == 0


def test_every_font_is_embedded(full: Handout) -> None:
    fonts = [font for page in full.reader.pages for font in fonts_of(page["/Resources"])]
    assert len(fonts) > 10
    assert [font["/BaseFont"] for font in fonts if not embedded(font)] == []


def fonts_of(resources: DictionaryObject) -> list[DictionaryObject]:
    """The fonts of a page and of the pictures on it."""
    fonts = [font.get_object() for font in resources.get("/Font", {}).values()]
    for item in resources.get("/XObject", {}).values():
        fonts += fonts_of(item.get_object().get("/Resources", DictionaryObject()))
    return fonts


def embedded(font: DictionaryObject) -> bool:
    if font["/Subtype"] == "/Type3":
        return True
    if "/DescendantFonts" in font:
        font = font["/DescendantFonts"][0].get_object()
    return any(key.startswith("/FontFile") for key in font["/FontDescriptor"])


@pytest.mark.thorough
def test_the_overleaf_zip_compiles_as_it_is_to_the_same_bytes(
    full: Handout, tmp_path: Path
) -> None:
    with zipfile.ZipFile(pack(full.project)) as archive:
        archive.extractall(tmp_path)
    roots = [p.name for p in tmp_path.glob("*.tex") if r"\documentclass" in p.read_text()]
    assert roots == ["handout.tex"]
    assert not list(tmp_path.rglob("*.py"))
    command = ["latexmk", "-pdf", "-interaction=nonstopmode"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "handout.pdf").read_bytes() == full.done.pdf.read_bytes()


def test_a_second_build_runs_latex_once_is_equal_and_leaves_nothing_beside_the_sources(
    full: Handout, blank: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    run = subprocess.run

    def watched(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        done = run(*arguments, **options)
        ran.extend(re.findall(r"Run number \d+ of rule '(\w+)", done.stdout))
        return done

    monkeypatch.setattr(handout.latex.subprocess, "run", watched)
    before = full.done.pdf.read_bytes()
    answer = full.project / "handout" / "answers" / "3c.tex"
    text = answer.read_text(encoding="utf-8")
    answer.write_text(text + "\nOne more sentence.\n", encoding="utf-8")
    assert not typeset(full.project).errors
    assert ran == ["pdflatex"]
    assert b"%PDF" in full.done.pdf.read_bytes()[:8] and full.done.pdf.read_bytes() != before
    answer.write_text(text, encoding="utf-8")
    assert not typeset(full.project).errors
    assert full.done.pdf.read_bytes() == before
    sources = {path.name for path in (PROJECT / "handout").iterdir()}
    made = {path.name for path in (full.project / "handout").iterdir()} - sources
    assert made <= {"build", "generated", "ps1.pdf", "ps1_blank.pdf"}


def test_the_blank_one_is_the_same_to_the_byte_in_another_folder(
    blank: Handout, tmp_path: Path
) -> None:
    """Its last run of LaTeX, of five, is the one that writes the PDF."""
    shutil.copytree(blank.project, tmp_path / "other")
    made = tmp_path / "other" / "handout" / blank.done.pdf.name
    made.unlink()
    (made.parent / "build" / made.name).unlink()
    again = typeset(tmp_path / "other", blank=True)
    assert not again.errors and made.read_bytes() == blank.done.pdf.read_bytes()


def test_the_pdf_says_nothing_of_when_it_was_made(blank: Handout) -> None:
    dates = [str(value) for key, value in blank.reader.metadata.items() if "Date" in key]
    metadata = blank.reader.trailer["/Root"].get("/Metadata")
    if metadata is not None:
        dates += re.findall(rb"Date>(.*?)<", metadata.get_object().get_data())
    assert all("20260901" in re.sub(r"\W", "", str(date)) for date in dates)


def test_text_can_be_selected_on_every_page(full: Handout) -> None:
    assert min(len(page) for page in full.pages) > 500
