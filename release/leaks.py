"""Refuse a package for students that holds what they must not get."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from release.files import Files, PackedFile, ReleaseError, files_in, tracked_files
from release.secrets import Secrets

ALLOWED = Path(__file__).parent / "allowed.txt"
MEASURED = "tests/handout/course_results/summary.json"
MEASURED_IN_A_TABLE = 4
NAMES_IN_A_LIST = 3

# Folders and files that no package for students has, whatever is in them.
FORBIDDEN = {
    r"hidden_tests|misconceptions|attacks|right_submissions": "secrets",
    r"release|bench|results|dist|\.ci": "what is for instructors alone",
    r"\.git|\.venv|node_modules": "a repository or an environment",
    r"__pycache__|.*\.py[co]|\.ipynb_checkpoints|\.\w+_cache|\.hypothesis|.*\.egg-info": "a cache",
    r"\.DS_Store|__MACOSX|Thumbs\.db|.*~|.*\.sw[op]|.*\.(orig|rej|bak)": "an editor's leftovers",
    r"ml-\w+|u\.(data|item|user)|ratings\.(csv|dat)|.*\.inter": "data that may not be passed on",
}
# Kinds of files that the check can judge. A picture is here, but nobody reads what it shows.
READABLE = re.compile(
    r".*\.(py|ipynb|jinja|sh|js|css|html|svg|md|txt|csv|json|toml|ya?ml|ini|cfg|tex|sty|cls|bib"
    r"|pdf|png|jpg|gif|whl|dist-info/(METADATA|RECORD|WHEEL))"
    r"|(.*/)?(LICENSE|Makefile|\.git(ignore|attributes))"
)
# Markers that are not for students, and a solution's with anything but the gap for it.
UNSOLVED = re.compile(
    r"(?:#+|%+|<!--) *BEGIN (?:HIDDEN TESTS|MARK SCHEME|SOLUTION\s*\n(?!\s*# Your code goes here))"
)
TYPED = re.compile(r"^\s*[^%\s]", re.MULTILINE)
HAS_OUTPUT = re.compile(rb'"outputs":\s*\[\s*[^\s\]]')
HOME = r"(?:/home/|/Users/|[A-Z]:\\Users\\)(?!runner|user|you|name|student)\w+"


class Leak(NamedTuple):
    """Why a package is refused: ``place`` holds ``what``."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} holds {self.what}"


class LeakCheck:
    """Knows the secrets of a clone of the instructors' repository; looks for them in packages."""

    def __init__(self, project: Path) -> None:
        tracked = tracked_files(project)
        lines = ALLOWED.read_text(encoding="utf-8").splitlines()
        self._secrets = Secrets(tracked, [line for line in lines if line[:1] != "#"])
        pictures = (name for name in tracked if name.endswith((".png", ".pdf", ".jpg")))
        self._pictures = {tracked[name].content: name for name in pictures}
        runs = json.loads(tracked[MEASURED].content)["runs"].values()
        self._measured = {f"{value:.4f}" for run in runs for value in run["final"].values()}
        self._machine = re.compile(f"{HOME}|{re.escape(str(project.resolve()))}")

    def in_archive(self, path: Path) -> list[Leak]:
        """Return the leaks of a package: a zip, or a folder.

        Raises
        ------
        ReleaseError
            If it is neither.
        """
        if path.is_dir():
            return self.in_files(files_in(path))
        if not zipfile.is_zipfile(path):
            raise ReleaseError(f"{path} is neither a zip nor a folder; there is nothing to check.")
        return self.in_zip(path.read_bytes())

    def in_zip(self, content: bytes) -> list[Leak]:
        """Return the leaks of a zip's files."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name[-1:] != "/"]
            return self.in_files({name: PackedFile(archive.read(name)) for name in names})

    def in_files(self, files: Files) -> list[Leak]:
        """Return the leaks of files by name, and of the files in wheels and zips among them."""
        return [leak for name, file in files.items() for leak in self._in_file(name, file.content)]

    def _in_file(self, name: str, content: bytes) -> Iterator[Leak]:
        for part in PurePosixPath(name).parts:
            for pattern, what in FORBIDDEN.items():
                if re.fullmatch(pattern, part):
                    yield Leak(name, f"{what}, by its name")
        if not READABLE.fullmatch(name):
            yield Leak(name, "a kind of file that this check cannot judge")
        if picture := self._pictures.get(content):
            yield Leak(name, f"the project's own {picture}")
        if name.endswith(".ipynb") and HAS_OUTPUT.search(content):
            yield Leak(name, "a notebook that was run, with its outputs")
        try:
            if content.startswith(b"PK\3\4"):
                for leak in self.in_zip(content):
                    yield Leak(f"{name} → {leak.place}", leak.what)
                return
            for place, text in texts(name, content):
                yield from (Leak(place, what) for what in self._in_text(name, text))
        except (ValueError, LookupError, PyPdfError, zipfile.BadZipFile) as error:
            yield Leak(name, f"something that cannot be read ({error})")

    def _in_text(self, name: str, text: str) -> Iterator[str]:
        for secret, run in self._secrets.found_in(text).items():
            yield f"the {secret.name} ({run!r})"
        named = self._secrets.sentinels_in(text)
        if len(named) >= NAMES_IN_A_LIST:
            yield f"names that only secrets have ({', '.join(named[:4])})"
        if found := UNSOLVED.search(text):
            yield f"a marked region that is not empty ({found[0].strip()})"
        if re.search(r"handout/answers/\w+\.tex$", name) and TYPED.search(text):
            yield "an answer; students are given comments alone"
        listed = sorted(self._measured & set(re.findall(r"\d+\.\d{4}", text)))
        if len(listed) >= MEASURED_IN_A_TABLE:
            yield f"what the solution measures ({', '.join(listed[:4])})"
        if found := self._machine.search(text):
            yield f"a trace of the machine that built it ({found[0]})"
        if name.endswith(".pdf") and (line := re.search(r".*\?\?.*", text)):
            yield f"a reference to what is not there: {line[0]!r}"


def texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the texts of a file with their places: its pages, its cells, or all of it."""
    if name.endswith(".pdf"):
        for number, page in enumerate(PdfReader(io.BytesIO(content)).pages, 1):
            yield f"{name}, page {number}", page.extract_text().replace("-\n", "")
    elif name.endswith(".ipynb"):
        notebook = json.loads(content)
        for number, cell in enumerate([*notebook["cells"], notebook["metadata"]], 1):
            yield f"{name}, cell {number}", "\n".join(_strings(cell))
    else:
        yield name, content.decode("utf-8", "replace")


def _strings(value: Any) -> Iterator[str]:
    """Yield all texts of JSON; a list of texts is one, as notebooks have it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(line, str) for line in value):
        yield "".join(value)
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
