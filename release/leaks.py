"""Refuse a student's package that holds what students must not get, however it is wrapped."""

import getpass
import json
import re
import socket
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from release.files import Files, PackedFile, ReleaseError, starting_with, tracked_files
from release.fingerprints import Fingerprints, Match
from release.inside import Piece, pieces
from release.secrets import secrets_of
from release.solutions import SOLUTION, regions, without_solutions

ALLOWED = Path(__file__).parent / "allowed.txt"
MEASURED = "tests/handout/course_results/summary.json"
MEASURED_IN_A_TABLE = 4
LINES_OF_DATA = 5

# Folders and files that no package for students has, whatever is in them.
FORBIDDEN = {
    r"hidden_tests": "hidden tests",
    r"misconceptions": "the catalogue of misconceptions",
    r"attacks": "attacks on the grader",
    r"right_submissions": "right submissions",
    r"release|bench|\.ci": "what is for instructors alone",
    r"\.git": "the history of the project",
    r"__pycache__|.*\.py[co]|\.ipynb_checkpoints|\.\w+_cache|\.hypothesis|.*\.egg-info": "a cache",
    r"\.venv|node_modules": "an environment",
    r"results|dist": "results",
    r"ml-\w+|u\.(data|item|user)|ratings\.(csv|dat)|.*\.inter": "data that may not be passed on",
    r"\.DS_Store|__MACOSX|Thumbs\.db|.*~|.*\.sw[op]|.*\.(orig|rej|bak)": "an editor's leftovers",
}
# Kinds of files that the check can judge. A picture is here, but nobody reads what it shows.
READABLE = {
    *(".py", ".ipynb", ".jinja", ".sh", ".js", ".css", ".html", ".svg"),
    *(".md", ".txt", ".csv", ".json", ".toml", ".yml", ".yaml", ".ini", ".cfg"),
    *(".tex", ".sty", ".cls", ".bib", ".pdf", ".png", ".jpg", ".gif", ".whl"),
}
READABLE_NAMES = {".gitignore", ".gitattributes", "LICENSE", "Makefile"}
RATING = re.compile(r"^\d{1,7}(\t|,|::)\d{1,7}\1[0-5](\.[05])?\1\d{8,10}\r?$", re.MULTILINE)
MOVIE = re.compile(r"^\d{1,7}(\||\t|,|::)[^\n]*\(\d{4}\)\"?\1", re.MULTILINE)
HOME = re.compile(r"(?:/home/|/Users/|[A-Z]:\\Users\\)(?!runner|user|you|name|student)\w+")


@dataclass(frozen=True)
class Leak:
    """Why a package is refused: ``place`` holds ``what``."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} holds {self.what}"


class LeakCheck:
    """Knows the secrets of one project; looks for them in packages.

    Parameters
    ----------
    project : Path
        A clone of the instructors' repository, whose secrets it learns.
    """

    def __init__(self, project: Path) -> None:
        tracked = tracked_files(project)
        given = [
            without_solutions(name, file.content.decode())
            for name, file in starting_with(tracked, "submission/").items()
            if name.endswith(".py")
        ]
        lines = ALLOWED.read_text(encoding="utf-8").splitlines()
        allowed = [line for line in lines if line and not line.startswith("#")]
        secrets = secrets_of(tracked)
        self._fingerprints = Fingerprints(secrets, given, allowed)
        # What is too short to be recognized in parts, and what is no text.
        self._whole = {secret.text.strip().encode(): secret.name for secret in secrets}
        pictures = (name for name in tracked if name.endswith((".png", ".pdf", ".jpg")))
        self._whole |= {tracked[name].content.strip(): f"project's own {name}" for name in pictures}
        self._measured = _measurements(tracked)
        self._builder = _traces_of(project)
        # Most files of a package are those of the last one.
        self._judged: dict[tuple[str, bytes], list[Leak]] = {}

    def in_archive(self, path: Path) -> list[Leak]:
        """Return the leaks of a package: a zip, or a folder.

        Raises
        ------
        ReleaseError
            If it is neither.
        """
        if path.is_dir():
            return self.in_files(
                {
                    file.relative_to(path).as_posix(): PackedFile(file.read_bytes())
                    for file in sorted(path.rglob("*"))
                    if file.is_file()
                }
            )
        if not zipfile.is_zipfile(path):
            raise ReleaseError(
                f"{path} is neither a zip nor a folder, so there is nothing to check."
            )
        return self.in_zip(path.read_bytes())

    def in_files(self, files: Files) -> list[Leak]:
        """Return the leaks of files by name."""
        return [leak for name, file in files.items() for leak in self._in_file(name, file.content)]

    def in_zip(self, content: bytes) -> list[Leak]:
        """Return the leaks of a zip's files, and of the zip around them."""
        # The files of a zip are files of the package, as those of a folder are.
        found = [leak for piece in pieces((), content) for leak in self._in_piece(piece)]
        return list(dict.fromkeys(found))

    def _in_file(self, name: str, content: bytes) -> list[Leak]:
        found = [leak for piece in pieces((name,), content) for leak in self._in_piece(piece)]
        return list(dict.fromkeys(found))

    def _in_piece(self, piece: Piece) -> list[Leak]:
        place = " → ".join(piece.place) or "the archive itself"
        if piece.problem:
            return [Leak(place, f"something that cannot be looked into: {piece.problem}")]
        key = place, piece.content
        if key not in self._judged:
            self._judged[key] = [Leak(place, what) for what in self._what(piece)]
        return self._judged[key]

    def _what(self, piece: Piece) -> Iterator[str]:
        text, name = piece.text, piece.name
        if whole := self._whole.get(piece.content.strip()):
            yield f"the {whole}, as it is"
        if piece.code:
            yield from _said(self._fingerprints.in_code(piece.code))
        yield from _said(self._fingerprints.in_text(text))
        if "\0" not in text:
            yield from _said(self._fingerprints.in_python(text))
        if name:
            yield from _forbidden(name)
            yield from _unsolved(name, text)
            yield from _answered(name, text)
            yield from _run(name, text)
            if len(piece.place) == 1:
                yield from _strange(name)
        yield from _data(text)
        listed = sorted(self._measured & set(re.findall(r"\d+\.\d{4}", text)))
        if len(listed) >= MEASURED_IN_A_TABLE:
            yield f"what the solution measures ({', '.join(listed[:4])})"
        for trace in self._builder:
            if re.search(rf"(?<!\w){re.escape(trace)}(?!\w)", text):
                yield f"a trace of the machine that built it ({trace})"
        if found := HOME.search(text):
            yield f"somebody's home folder ({found[0]})"


def _said(matches: Iterable[Match]) -> Iterator[str]:
    """Say what was recognized, the first three of many."""
    matches = list(matches)
    for match in matches[:3]:
        yield f"the {match.secret.name}, {match.how}"
    if len(matches) > 3:
        yield f"{len(matches) - 3} more secrets of this kind"


def _forbidden(name: str) -> Iterator[str]:
    for part in PurePosixPath(name).parts:
        for pattern, what in FORBIDDEN.items():
            if re.fullmatch(pattern, part):
                yield f"{what}, by its name"


def _strange(name: str) -> Iterator[str]:
    """Look at the kind of a file of the package itself; the parts of a file have any."""
    path = PurePosixPath(name)
    if path.name not in READABLE_NAMES and path.suffix not in READABLE:
        yield f"a kind of file that this check cannot judge ({path.suffix or 'no suffix'})"


def _unsolved(name: str, text: str) -> Iterator[str]:
    """Look for marked regions that are more than gaps."""
    texts = {".py": [text], ".tex": [text]}.get(PurePosixPath(name).suffix, [])
    if name.endswith(".ipynb"):
        texts = ["".join(cell.get("source", "")) for cell in _cells(text)]
    for text in texts:
        try:
            found = regions(name, text.splitlines(keepends=True))
        except ReleaseError as error:
            yield f"markers that do not pair ({error})"
            continue
        for region in found:
            code = [line.split("#")[0].strip() for line in region.lines]
            gap = all(not line or line.startswith("raise NotImplementedError") for line in code)
            if region.kind != SOLUTION or not gap:
                yield f"a region {region.kind} that is not empty (from line {region.begin + 1})"


def _answered(name: str, text: str) -> Iterator[str]:
    """Look for an answer in the files that students type theirs into."""
    if re.search(r"handout/answers/\w+\.tex$", name) and re.search(r"^\s*[^%\s]", text, re.M):
        yield "an answer; students are given comments alone"


def _run(name: str, text: str) -> Iterator[str]:
    """Look for what running a notebook leaves in it."""
    if name.endswith(".ipynb"):
        cells = enumerate(_cells(text), 1)
        ran = [n for n, cell in cells if cell.get("outputs") or cell.get("execution_count")]
        if ran:
            yield f"a notebook that was run: outputs in cell {ran[0]}"


def _cells(text: str) -> list[dict]:
    try:
        return json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError):
        return []


def _data(text: str) -> Iterator[str]:
    """Look for the lines of a MovieLens file."""
    for pattern in (RATING, MOVIE):
        if len(lines := [found[0] for found in pattern.finditer(text)]) >= LINES_OF_DATA:
            yield f"{len(lines)} lines of MovieLens data ({lines[0][:40]!r})"


def _measurements(tracked: Files) -> set[str]:
    """Return what the reference solution measures, as a table prints it."""
    if MEASURED not in tracked:
        return set()
    runs = json.loads(tracked[MEASURED].content)["runs"].values()
    return {f"{value:.4f}" for run in runs for value in run["final"].values()}


def _traces_of(project: Path) -> list[str]:
    """Return what names this machine and its user, where that is no word of everyday use."""
    paths = [project.resolve(), Path.home()]
    names = [getpass.getuser(), socket.gethostname()]
    return [str(path) for path in paths if len(path.parts) > 2] + [
        name for name in names if len(name) > 5 and not name.isalpha()
    ]
