"""What a study leaves for people, made from its three files of numbers."""

from collections.abc import Callable
from pathlib import Path

from experiments.io import write_atomic
from experiments.study.figures.drawing import picture_bytes
from experiments.study.measurements import read_measurements
from experiments.study.page import render_page
from experiments.study.sections.order import SECTIONS, answer_all


def write_study_report(study: Path, say: Callable[[str], None] = print) -> list[Path]:
    """Write tables, figures, the page and the LaTeX table of a study.

    Parameters
    ----------
    study : folder
        With ``runs.csv``, ``curves.csv`` and ``gradients.csv``; parts of a study may be missing.
    say : callable
        Takes a line for the person who waits.

    Returns
    -------
    list of paths
        ``SECTION.csv`` and ``figures/SECTION.pdf`` and ``.png`` of each question that the runs
        can answer, ``study.html`` and ``study.tex``. The same three files give the same bytes.
        What an earlier report wrote for a question that can be answered no more is removed.

    Raises
    ------
    StudyError
        If there is no study, or its files cannot be read, or no run has numbers.
    """
    measurements = read_measurements(study)
    for sentence in measurements.left_out:
        say(f"{sentence}; left out")
    say(f"Reporting on {len(measurements.runs)} runs ...")
    sections, left = answer_all(measurements)
    files: dict[Path, bytes | str] = {}
    for section in sections:
        for name, table in section.data.items():
            files[study / f"{name}.csv"] = table.to_csv(index=False)
        if section.figure and section.png:
            picture = study / "figures" / section.key
            files[picture.with_suffix(".pdf")] = picture_bytes(section.figure, "pdf")
            files[picture.with_suffix(".png")] = section.png
        if section.latex:
            files[study / "study.tex"] = section.latex
    files[study / "study.html"] = render_page(sections, left, measurements)
    for path, content in files.items():
        write_atomic(path, content)
    _remove_stale(study, set(files))
    say(f"{study / 'study.html'} answers {len(sections)} of {len(SECTIONS)} questions")
    return list(files)


def _remove_stale(study: Path, files: set[Path]) -> None:
    names = [study / "study.tex"]
    for question, _ in SECTIONS:
        picture = study / "figures" / question.key
        names += [study / f"{question.key}.csv", *map(picture.with_suffix, (".pdf", ".png"))]
    for path in set(names) - files:
        path.unlink(missing_ok=True)
