"""Run latexmk on the handout, in a build folder, and find it first."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from functools import cache
from pathlib import Path

MAIN = "handout.tex"
BUILD = "build"
# Where the installers put LaTeX, for shells that were open before it was installed.
USUAL_PLACES = ("/Library/TeX/texbin", "~/bin", "~/.TinyTeX/bin/x86_64-linux")

# The blank handout, which a course hands out, is a tagged PDF, for screen readers, by what TeX Live
# 2022 has for it. Other releases have that elsewhere, with other keys, and typeset the same pages
# without tags. With answers it has none: after each change LaTeX would run three times, not once.
TAGGING = "phase-II-latex-lab-testphase.ltx", "tagpdf.sty"
TAGGED = r"\DocumentMetadata{lang=en-US,pdfversion=1.7,testphase=phase-II}"
BLANK = r"\PassOptionsToClass{blank}{pset}"

PACKAGES = (
    "accsupp bookmark booktabs caption courier doi enumitem environ etoolbox fancyhdr helvetic "
    "hyperref lastpage latexmk mathpazo microtype natbib needspace palatino pdfcol pgf psnfss "
    "tcolorbox titlesec txfonts xcolor"
)
HOW_TO_INSTALL = """\
There is no LaTeX on this machine ({missing} is not found), and the handout needs it. Install it:

  Debian, Ubuntu  sudo apt-get install latexmk texlive-latex-recommended texlive-latex-extra \\
                      texlive-pictures texlive-fonts-recommended
  macOS           brew install --cask mactex-no-gui          (then open a new terminal)
  Windows         winget install MiKTeX.MiKTeX
                  winget install StrawberryPerl.StrawberryPerl   (then open a new terminal)
  conda           conda install -c conda-forge r-tinytex
                  Rscript -e "tinytex::install_tinytex()"
                  tlmgr install {packages}

Or install nothing: `make handout-overleaf` packs the handout into a zip. On overleaf.com choose
New Project, Upload Project, and pick that zip.

Or write by hand: a printed handout, filled in and scanned, is as good.
"""


class LatexMissingError(Exception):
    """There is no usable LaTeX; the message says how to get one."""


def how_to_install(missing: str) -> str:
    """Return what to do on a machine without LaTeX, for each kind of machine."""
    packages = textwrap.wrap(PACKAGES, 62)
    return HOW_TO_INSTALL.format(missing=missing, packages=f" \\\n{' ' * 22}".join(packages))


def search_path() -> str:
    """Return ``PATH`` with the places added where LaTeX usually is."""
    usual = [str(Path(place).expanduser()) for place in USUAL_PLACES]
    return os.pathsep.join([os.environ.get("PATH", ""), *usual])


def check_installed() -> None:
    """Raise `LatexMissingError` unless latexmk, pdflatex and bibtex can be run."""
    for program in ("pdflatex", "bibtex", "latexmk"):
        if shutil.which(program, path=search_path()) is None:
            raise LatexMissingError(how_to_install(program))
    if sys.platform == "win32" and shutil.which("perl", path=search_path()) is None:
        raise LatexMissingError(how_to_install("perl, which latexmk runs in,"))


@cache
def can_tag() -> bool:
    """Return whether this LaTeX makes tagged PDFs in the way that the handout knows."""
    kpsewhich = shutil.which("kpsewhich", path=search_path())
    if kpsewhich is None:
        return False
    found = subprocess.run([kpsewhich, *TAGGING], capture_output=True, text=True, check=False)
    return len(found.stdout.split()) == len(TAGGING)


def run_latexmk(folder: Path, name: str, blank: bool) -> tuple[bool, str]:
    """Typeset ``folder/handout.tex`` into ``folder/build/NAME.pdf``.

    Returns
    -------
    bool
        Whether there is a complete PDF.
    str
        The LaTeX log, one message a line however long.
    """
    check_installed()
    build = folder / BUILD
    build.mkdir(exist_ok=True)
    under_way = build / f"{name}.under-way"
    if under_way.exists():
        # The last run was interrupted; half a file that it left would break this one.
        for leftover in build.glob(f"{name}.*"):
            leftover.unlink()
    under_way.touch()
    done = latexmk(folder, name, blank)
    under_way.unlink()
    log = build / f"{name}.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return done.returncode == 0, text or done.stdout


def latexmk(folder: Path, name: str, blank: bool) -> "subprocess.CompletedProcess[str]":
    """Run latexmk once; it reruns LaTeX and BibTeX as often as the document needs."""
    first = TAGGED * can_tag() + BLANK if blank else ""
    command: Sequence[str] = (
        "latexmk",
        "-norc",
        "-pdf",
        f"-outdir={BUILD}",
        f"-jobname={name}",
        "-interaction=nonstopmode",
        "-halt-on-error",
        "-file-line-error",
        # After an error, what was missing may be installed by now: run again in any case.
        "-g" if failed(folder / BUILD / f"{name}.log") else "-silent",
        *([f"-usepretex={first}"] if first else []),
        MAIN,
    )
    environment = os.environ | {
        "PATH": search_path(),
        # LaTeX breaks its log's lines at 79 characters, file names and all, unless told.
        "max_print_line": "10000",
        # One text gives one PDF, byte for byte, whatever the clock says.
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "0"),
        "FORCE_SOURCE_DATE": "1",
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def failed(log: Path) -> bool:
    """Return whether the log ends in an error."""
    return log.exists() and "Fatal error occurred" in log.read_text("utf-8", "replace")
