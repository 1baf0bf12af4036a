"""From a LaTeX log to a message that a student can act on: file, line, what to write instead."""

import re
from dataclasses import dataclass
from pathlib import Path

from handout.slips import Slip, find_slips

FIRST_ERROR = re.compile(
    r"^(?P<file>(?:[A-Za-z]:)?[^\s:][^:\n]*\.\w+):(?P<line>\d+): (?P<message>(?!\s*==>).+)$", re.M
)
ANY_ERROR = re.compile(r"^! (?P<message>.+)$", re.M)
# What LaTeX says, where the scan for slips found nothing, and what it means.
MEANINGS = (
    (
        r"Undefined control sequence",
        r"LaTeX knows no command `{command}`. Check how it is spelled; for a backslash itself "
        r"write \textbackslash{{}}.",
    ),
    (
        r"Unicode character (?P<what>\S+)",
        "The character {what} is not set up here. Write it in LaTeX, for example $\\alpha$ for a "
        "Greek letter.",
    ),
    (
        r"Invalid UTF-8",
        "This line has a character in another encoding. Save the file as UTF-8.",
    ),
    (
        r"File `(?P<what>[^']+\.(?:sty|cls|def|fd))' not found",
        "Your LaTeX lacks {what}. On Debian or Ubuntu: sudo apt-get install "
        "texlive-latex-recommended texlive-latex-extra texlive-pictures "
        "texlive-fonts-recommended. With TeX Live's own installer, macOS included: tlmgr install "
        "the package of that name.",
    ),
    (
        r"File `(?P<what>[^']+)' not found",
        "There is no file {what}. Its path starts from the folder handout/.",
    ),
    (
        r"Environment (?P<what>\S+) undefined",
        r"LaTeX knows no environment `{what}`. Check how it is spelled.",
    ),
    (
        r"Missing \$ inserted",
        r"Something on this line, or before it in its paragraph, is allowed in math only. Put the "
        r"formula between dollars, as in $\lambda_F$.",
    ),
    (
        r"Missing \\right",
        r"This formula has a \left without its \right. They come in pairs; \right. closes one "
        "without a sign.",
    ),
    (
        r"Double (?:sub|super)script",
        "A letter has one subscript and one power. Put braces around what belongs together, as in "
        "$x_{a,b}$.",
    ),
    (
        r"Lonely \\item",
        r"An \item stands in a list: write \begin{itemize} before the first one and \end{itemize} "
        "after the last.",
    ),
    (
        r"(?:Paragraph|File) ended (?:before|while scanning)",
        "A { before this is never closed.",
    ),
)


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what to do; ``file`` is relative to ``handout/``."""

    file: str
    line: int
    message: str
    hint: str = ""
    column: int | None = None

    @property
    def names_cause(self) -> bool:
        """Whether LaTeX's message is about the very thing that it met, not about what follows."""
        return bool(
            re.search(r"Undefined control|Unicode char|not found|Environment", self.message)
        )


def explain(log: str, folder: Path) -> list[Problem]:
    """Return what stopped LaTeX, the cause first, then the slips that would stop it next.

    Parameters
    ----------
    log : str
        LaTeX's log, made with ``-file-line-error``.
    folder : folder
        ``handout/``, whose answers are searched for slips: LaTeX often notices one elsewhere.
    """
    slips = {name: find_slips(text) for name, text in read_answers(folder).items()}
    error, bang = FIRST_ERROR.search(log), ANY_ERROR.search(log)
    if error is None:
        message = bang.group("message") if bang else "LaTeX failed without a message"
        found = Problem("handout.tex", 0, message)
    else:
        file = Path(error.group("file")).as_posix().removeprefix("./")
        message = error.group("message")
        if message.startswith("Emergency stop") and bang:
            message = bang.group("message")  # a file that is missing is told without its place
        message = message.removeprefix("LaTeX Error: ").strip()
        hint = meaning(message, log[error.end() : error.end() + 600])
        found = Problem(file, int(error.group("line")), message, hint)
    told = error or bang
    before = log[: told.start()] if told else log
    breaking = [(name, s) for name, of_file in slips.items() for s in of_file if s.breaks]
    causes = [
        (name, slip)
        for name, slip in breaking
        if name in before and (slip.line <= found.line if name == found.file else True)
    ]
    if found.file in slips:
        causes = [(name, slip) for name, slip in causes if name == found.file]
    if not causes or (found.names_cause and causes[0][1].line != found.line):
        return [found, *(problem(name, slip) for name, slip in breaking)]
    first = causes[0]
    return [
        problem(*first, found.message),
        *(problem(name, slip) for name, slip in breaking if (name, slip) != first),
    ]


def problem(name: str, slip: Slip, message: str = "") -> Problem:
    return Problem(name, slip.line, message, slip.hint, slip.column)


def hidden_text(folder: Path) -> list[Problem]:
    """Return where a ``%`` hides text of an answer: LaTeX is content, and the reader is not."""
    return [
        problem(name, slip, "part of this line is not in the PDF")
        for name, text in read_answers(folder).items()
        for slip in find_slips(text)
        if slip.kind == "percent"
    ]


def read_answers(folder: Path) -> dict[str, str]:
    """Return the text of each answer by its path in ``handout/``."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted((folder / "answers").glob("*.tex"))
    }


def meaning(message: str, context: str) -> str:
    """Return what a message of LaTeX means; ``context`` is what the log says after it."""
    for pattern, sentence in MEANINGS:
        if match := re.search(pattern, message):
            broken_off = re.search(r"^l\.\d+ (.*)$", context, re.M)
            commands = re.findall(r"\\(?:[A-Za-z@]+|.)", broken_off.group(1) if broken_off else "")
            words = {"command": commands[-1] if commands else "", **match.groupdict()}
            return (
                sentence.format(**words) if "{what}" in sentence or "{c" in sentence else sentence
            )
    return ""


def describe(found: Problem, folder: Path) -> str:
    """Return a problem in words, with the line that it is on."""
    place = f"{folder.name}/{found.file}" + (f", line {found.line}" if found.line else "")
    text = f"{place}: {found.message}" if found.message else place
    path = folder / found.file
    if found.line and path.exists():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if found.line <= len(lines):
            text += "\n\n" + excerpt(lines[found.line - 1], found.line, found.column)
    return text + (f"\n\n{found.hint}" if found.hint else "")


def excerpt(line: str, number: int, column: int | None) -> str:
    """Return the line, cut to a terminal's width, with a mark below the column."""
    line = line.replace("\t", " ")
    start = max(0, (column or 0) - 50)
    shown = ("..." if start else "") + line[start : start + 80]
    shown += "..." if len(line) > start + 80 else ""
    text = f"  {number:>4} | {shown}"
    if column is not None:
        text += f"\n       | {' ' * (column - start + (3 if start else 0))}^"
    return text
