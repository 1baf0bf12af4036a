"""What students must not get, solutions, hidden tests, answers and their like, and where it is."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from release.files import Files, ReleaseError, starting_with
from release.solutions import regions, without_solutions

# Whole files, and what to call them. The course's own measurements are answers, too.
FOLDERS = {
    "grader/hidden_tests/": "hidden test",
    "grader/misconceptions/": "misconception",
    "grader/reference/": "reference implementation",
    "grader/oracle.py": "right answers",
    "grader/nets.py": "inputs of the hidden tests",
    "tests/grader/attacks/bank/": "attack",
    "tests/grader/right_submissions/": "right submission",
    "tests/submission/": "test of the solution",
    "tests/handout/course_results/": "measurements of the solution",
    "docs/answers.md": "page of answers",
    "release/nbgrader/rubrics.toml": "rubric",
    "bench/baseline.py": "plain solution",
}
# A solution or an answer is known by a run of words of this length. Other secrets are whole files
# that share their vocabulary with what students get, and are known by longer runs.
ANSWER_RUN, FILE_RUN = 8, 12
SHORTEST = 6  # words of a text that is shorter than a run, and is known as a whole
SENTINEL = re.compile(r"^\s*(?:def|class) (\w{12,})", re.MULTILINE)
EACH = re.compile(r"@each\((.*?)\)$", re.MULTILINE | re.DOTALL)  # its keywords are names, too
IMPORTS = re.compile(r"^(?:from \S+ )?import (?:\([^)]*\)|.*)$", re.MULTILINE)
WORD = re.compile(r"[a-z0-9]+|\0")
Run = tuple[str, ...]


class Secret(NamedTuple):
    """A text that students must not get.

    ``name`` says what it is and where it stands: "solution of 1c in submission/model.py".
    ``is_answer`` is True for what answers a question, in a few lines; others are whole files.
    """

    name: str
    text: str
    is_answer: bool = False

    def runs(self) -> Iterator[Run]:
        """Yield what the secret is known by. Python's imports, which say nothing, are left out."""
        length = ANSWER_RUN if self.is_answer else FILE_RUN
        for text in (self.text, typeset(self.text)) if ".tex" in self.name else (self.text,):
            found = words(IMPORTS.sub("\0", text))
            yield from runs(found, length if len(found) >= length else max(SHORTEST, len(found)))


class Secrets:
    """All secrets of a project, ready to be looked for in a text.

    ``tracked`` are the instructors' files; ``allowed`` are passages that may stand in a release
    although a secret has them too. Raises ``ReleaseError`` if a kind of secret is not where it
    should be, so that it would not be looked for.
    """

    def __init__(self, tracked: Files, allowed: Iterable[str] = ()) -> None:
        self._of_run: dict[Run, Secret] = {}
        self._sentinels: set[str] = set()
        # A secret that others repeat is known by the name of the answer that it is.
        for secret in sorted(secrets_of(tracked), key=lambda secret: not secret.is_answer):
            for run in secret.runs():
                self._of_run.setdefault(run, secret)
            self._sentinels.update(name.lower() for name in names_in(secret.text))
        self._lengths = sorted({len(run) for run in self._of_run}, reverse=True)
        # Right and wrong submissions repeat the lines that students are given around their own.
        given = starting_with(tracked, "submission/").items()
        for text in (*allowed, *(without_solutions(n, f.content.decode()) for n, f in given)):
            for length in self._lengths:
                for run in runs(words(text), length):
                    self._of_run.pop(run, None)
            self._sentinels.difference_update(re.findall(r"\w+", text.lower()))

    def found_in(self, text: str) -> dict[Secret, str]:
        """Return the secrets that a text repeats a run of words of, with that run."""
        found: dict[Secret, str] = {}
        read = words(text)
        for length in self._lengths:
            for run in runs(read, length):
                if run in self._of_run:
                    found.setdefault(self._of_run[run], " ".join(run))
        return found

    def sentinels_in(self, text: str) -> list[str]:
        """Return the words of a text that only secrets have: names of functions and mistakes."""
        return sorted(self._sentinels & set(re.findall(r"\w+", text.lower().replace("-", "_"))))


def names_in(text: str) -> list[str]:
    """Return the long names of a secret's functions, classes and mistakes."""
    mistakes = " ".join(EACH.findall(text))
    return SENTINEL.findall(text) + re.findall(r"(\w{12,})=", mistakes)


def words(text: str) -> list[str]:
    """Return the words and numbers of a text, in lower case, without what stands between them.

    They stay the same in another indentation or line breaking, as a comment, in quotes, and as
    text in a PDF. A NUL stays, as a word that no other text has.
    """
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def runs(read: list[str], length: int) -> Iterator[Run]:
    """Yield every run of ``length`` words."""
    return zip(*(read[start:] for start in range(length)))


def typeset(text: str) -> str:
    """Return a LaTeX text as a reader sees it, with NULs in place of formulas and numbers."""
    text = re.sub(r"\\claim\s*\{[^{}]*\}", "", text)
    text = re.sub(r"\$[^$]*\$|\\result\w*(\[\w+\])?(\{[^{}]*\})+", "\0", text)
    return re.sub(r"\\[a-zA-Z]+\*?|[{}]", "", text)


def secrets_of(tracked: Files) -> list[Secret]:
    """Return all secrets of the project, whole files and marked regions."""
    found = []
    for folder, kind in FOLDERS.items():
        files = starting_with(tracked, folder).items()
        if not files:
            problem = f"The leak check looks for what is in {folder}, and git tracks no such file."
            raise ReleaseError(f"{problem} Say in release/secrets.py where it is now.")
        found += [Secret(f"{kind} {n}", f.content.decode("utf-8", "replace")) for n, f in files]
    for folder, kind in {"submission/": "solution", "handout/answers/": "reference answer"}.items():
        for name, file in starting_with(tracked, folder).items():
            found += _answers(name, file.content.decode(), kind)
    return found


def _answers(file: str, text: str, kind: str) -> Iterator[Secret]:
    for region in regions(file, text.splitlines(keepends=True)):
        asked = f" of {region.question}" if region.question else ""
        yield Secret(f"{kind}{asked} in {file}", "".join(region.lines), is_answer=True)
