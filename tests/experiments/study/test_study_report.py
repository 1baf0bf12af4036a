"""The report: complete, the same twice, honest about what is missing, and taken by LaTeX."""

import math
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from planted_study import FINAL, PlantedStudy, plant_claims, plant_everything

from experiments.run import COURSE_RUNS, MRR, SEPARATE_99, SHARED_99, TEST_MSE
from experiments.study.measurements import StudyError, read_measurements
from experiments.study.questions import answer_all
from experiments.study.questions.claims import compare, draw
from experiments.study.report import NO_BREAK, render_section, with_symbols, write_study_report
from experiments.study.section import fixed, listed, with_interval
from experiments.study.statistics import Estimate
from problem_set.environment import PYTHON
from tests.conftest import PROJECT, skip_or_fail

KEYS = ("claims", "seeds", "balance", "methods", "conflict", "sharing", "overfitting")


def write_quietly(study: Path) -> list[Path]:
    return write_study_report(study, say=lambda text: None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study that has every part."""
    study = PlantedStudy(epochs=12)
    plant_everything(study, seeds=5)
    folder = study.write(tmp_path_factory.mktemp("whole"))
    write_quietly(folder)
    return folder


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study that has two seeds of the claims only."""
    study = PlantedStudy(epochs=4)
    plant_claims(study, seeds=2)
    folder = study.write(tmp_path_factory.mktemp("part"))
    write_quietly(folder)
    return folder


class Page(HTMLParser):
    """What a page holds: ids, addresses that it asks for, table cells, tags left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.alternatives: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attributes}
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        self.addresses += [found[key] for key in ("src", "href") if key in found]
        if tag == "img":
            self.alternatives.append(found["alt"])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.thorough
def test_a_whole_study_answers_every_question_on_one_page(whole):
    text = (whole / "study.html").read_text(encoding="utf-8")
    page = Page(text)
    assert [key for key in page.ids if key in KEYS] == list(KEYS)
    assert page.open == []
    assert "Not answered by these runs" not in text
    assert all(a.startswith(("#", "data:")) for a in page.addresses), "nothing from elsewhere"
    assert "url(" not in text and "@import" not in text and "<script" not in text
    assert len(page.alternatives) == 6 and all(len(alt) > 40 for alt in page.alternatives)


@pytest.mark.thorough
def test_every_finding_about_a_mean_has_its_interval_and_seeds(whole):
    text = (whole / "study.html").read_text(encoding="utf-8").replace(NO_BREAK, " ")
    items = re.findall(r"<li>(.*?)</li>", text)
    with_numbers = [item for item in items if re.search(r"\d\.\d{2,}", item)]
    told = [item for item in with_numbers if "[" in item]
    assert len(told) >= 12
    assert all("N = " in item for item in told)


@pytest.mark.thorough
def test_a_difference_says_what_is_subtracted_from_what(whole):
    text = (whole / "study.html").read_text(encoding="utf-8").replace(NO_BREAK, " ")
    (told,) = re.findall(r"<li>(3c, shared 0.99 − shared 0.5: .*?)</li>", text)
    assert "test MSE 0.1" in told, "+0.11 is planted"
    assert told.endswith("N = 5: shared 0.5 is better.")


@pytest.mark.parametrize("turned", [False, True])
def test_the_figure_of_the_claims_does_too(part, turned):
    runs = (SEPARATE_99, SHARED_99)[:: -1 if turned else 1]
    figure = draw([compare(read_measurements(part), *runs, TEST_MSE, question="3a")])
    (legend,) = figure.axes[-1].texts
    expected = "shared 0.99 − separate 0.99" if turned else "separate 0.99 − shared 0.99"
    assert f"3a  {expected}\n" in legend.get_text()


@pytest.mark.thorough
def test_the_same_runs_give_the_same_bytes(part, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(part / "runs", copy / "runs")
    shutil.copy(part / "study.json", copy)
    for path in [*write_quietly(copy), *copy.glob("*.csv")]:
        assert path.read_bytes() == (part / path.relative_to(copy)).read_bytes(), path.name


def test_the_notebook_and_the_page_show_the_same_section(part):
    page = (part / "study.html").read_text(encoding="utf-8")
    sections, _ = answer_all(read_measurements(part))
    for section in sections:
        assert render_section(section) in page
        assert "<html" not in render_section(section)


def test_a_part_of_a_study_says_what_would_fill_the_rest(part):
    text = (part / "study.html").read_text(encoding="utf-8")
    page = Page(text)
    assert [key for key in page.ids if key in KEYS] == ["claims", "conflict"]
    assert page.open == []
    assert all(a.startswith(("#", "data:")) for a in page.addresses), "nothing from elsewhere"
    assert f"{PYTHON} -m experiments study --part claims --part seeds" in text
    assert "all of them at the same 2 seeds or more: <code>.venv" in text
    assert f"{PYTHON} -m experiments study --part minibatch" in text
    assert not (part / "sharing.csv").exists()


def test_one_seed_answers_nothing_and_leaves_nothing_of_an_earlier_report(tmp_path):
    study = PlantedStudy(epochs=2)
    for run in COURSE_RUNS:
        study.add(replace(run, epochs=2), FINAL[run.name])
    folder = study.write(tmp_path)
    (folder / "figures").mkdir()
    stale = [folder / "overfitting.csv", folder / "figures" / "conflict.png"]
    for path in stale:
        path.write_text("from a study that had more")
    write_quietly(folder)
    text = (folder / "study.html").read_text(encoding="utf-8")
    assert "It needs the four runs at 2 seeds or more: <code>.venv" in text
    assert text.count("It needs ") == len(KEYS) and "1 seed" not in text
    assert not any(path.exists() for path in stale)


@pytest.mark.parametrize("epoch", [-1, 0], ids=["at the end", "on the way"])
def test_runs_whose_metric_is_no_number_are_left_out_and_the_page_says_so(tmp_path, epoch):
    study = PlantedStudy(epochs=2)
    plant_claims(study, seeds=2)
    for record in study.records[:3]:
        record.curves[MRR.key][epoch] = math.nan
    said: list[str] = []
    write_study_report(study.write(tmp_path), said.append)
    told = "eval/Mean Reciprocal Rank of 3 runs is not a number: see 2d"
    assert said[:2] == [f"{told}; left out", "Reporting on 5 runs ..."]
    page = (tmp_path / "study.html").read_text(encoding="utf-8")
    assert f"<strong>Left out:</strong> {told}." in page and "what 5 runs say" in page
    assert "nan" not in re.sub(r"base64,[^\"]*", "", page)


def test_a_study_without_a_single_number_is_one_sentence(tmp_path):
    study = PlantedStudy(epochs=2)
    plant_claims(study, seeds=1)
    for record in study.records:
        record.curves[MRR.key][-1] = math.nan
    with pytest.raises(StudyError, match=r"of 4 runs is not a number: see 2d. No run is left"):
        write_quietly(study.write(tmp_path))
    assert not (tmp_path / "study.html").exists()


def test_without_runs_nothing_is_written(tmp_path):
    with pytest.raises(StudyError, match="is no study with a complete run"):
        write_quietly(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_no_label_of_a_figure_is_cut_off(whole):
    sections, _ = answer_all(read_measurements(whole))
    for section in sections:
        if section.figure:
            section.figure.draw_without_rendering()
            box, (width, height) = section.figure.get_tightbbox(), section.figure.get_size_inches()
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
            assert inside, section.question.key


@pytest.mark.thorough
def test_figures_are_pdf_with_text_and_png(whole):
    for key in KEYS:
        if key != "methods":
            assert (whole / "figures" / f"{key}.pdf").read_bytes().startswith(b"%PDF")
            assert (whole / "figures" / f"{key}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.thorough
def test_the_handouts_class_takes_the_table_on_its_page(part, tmp_path):
    if not shutil.which("pdflatex"):
        skip_or_fail("pdflatex is not installed; apt-get install texlive-latex-extra brings it")
    table = (part / "study.tex").read_text(encoding="utf-8")
    packages = (PROJECT / "handout" / "pset.cls").read_text(encoding="utf-8")
    assert r"\RequirePackage{array,booktabs}" in packages
    document = (
        r"\documentclass[11pt,letterpaper]{article}\usepackage[T1]{fontenc}\usepackage{mathpazo}"
        r"\usepackage[letterpaper,hmargin=1in,vmargin=0.95in]{geometry}"
        r"\usepackage{amsmath,array,booktabs}\begin{document}\thispagestyle{empty}"
        rf"\noindent {table}\end{{document}}"
    )
    (tmp_path / "page.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout and "(1 page" in done.stdout


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.90661, 0.8941, 0.9212, 10), "0.907 [0.894, 0.921]"),
        (Estimate(-0.0000123, -0.00002, -0.00001, 5), "−0.00001 [−0.00002, −0.00001]"),
        (Estimate(-12.3, -20.1, -4.0, 5), "−12.3 [−20.1, −4.0]"),
        (Estimate(0.5, float("nan"), float("nan"), 1), "0.5000 [–]"),
    ],
)
def test_numbers_have_two_digits_of_their_uncertainty(estimate, text):
    assert with_interval(estimate) == text


def test_a_line_of_the_page_does_not_end_inside_of_an_interval():
    told = with_symbols("L_F 0.907 [0.894, 0.921], N = 10; −0.1 [−0.2, −0.1], so.")
    assert told == (
        "L<sub>F</sub> 0.907 [0.894,\u00a00.921], N\u00a0=\u00a010; −0.1 [−0.2,\u00a0−0.1], so."
    )


def test_a_zero_has_no_sign():
    assert fixed(-0.0001, 2) == "0.00"
    assert listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"
