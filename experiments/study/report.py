"""What a study leaves for people, made from its three files of numbers."""

from collections.abc import Callable
from pathlib import Path

from experiments.atomic import write_atomically
from experiments.study.latex import claims_latex
from experiments.study.measurements import read_measurements
from experiments.study.page import render_page
from experiments.study.pictures import picture_bytes
from experiments.study.sections import SECTIONS, answer
from experiments.study.verdicts import judge_claims

FIGURE_KINDS = ("pdf", "png")


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

    Raises
    ------
    StudyError
        If there is no study, or its files cannot be read.
    """
    measurements = read_measurements(study)
    say(f"Reporting on {len(measurements.runs)} runs ...")
    sections, left = answer(measurements)
    files: dict[Path, bytes | str] = {}
    for section in sections:
        for name, table in section.data.items():
            files[study / f"{name}.csv"] = table.to_csv(index=False)
        if section.figure:
            for kind in FIGURE_KINDS:
                path = study / "figures" / f"{section.key}.{kind}"
                files[path] = picture_bytes(section.figure, kind)
    files[study / "study.tex"] = claims_latex(judge_claims(measurements))
    files[study / "study.html"] = render_page(sections, left, len(measurements.runs))
    for path, content in files.items():
        write_atomically(path, content)
    say(f"{study / 'study.html'} answers {len(sections)} of {len(SECTIONS)} questions")
    return list(files)
