"""Which submissions are alike in what few others have: a list for a person to read, no proof.

Code is reduced to the set of its runs of a few tokens, without comments, docstrings and layout, and
with one name for whatever a student has named. What is handed out, and the reference solution,
count for nobody. What many have in common is how one solves the assignment, and says little: a run
weighs ``log(n / n with it)`` nats of ``n`` submissions, its inverse document frequency (Spärck
Jones, 1972). How alike two submissions are is the cosine of their weighed sets.
"""

import builtins
import csv
import io
import keyword
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.sparse import csr_array

from grader.cohort.table import cell

# `python -m bench similarity` measures these. Longer runs, winnowing (which is made for longer
# ones) and leaving out what a fifth of the course has each find fewer copies.
GRAM = 3  # tokens in a run
ALIKE = 0.72
LEAST_SHARED = 12.0  # runs of a single one's weight: less is too little to judge
MISTAKE = 5.0  # runs that a mistake counts for; the grader may have named it in unlike code
RARE = 0.05  # of the submissions, at most, have a rare mistake; two of them in any course
MOST_PAIRS = 100
_BLOCK = 256  # submissions that are compared with all others at once; it bounds the memory

_SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
_OWN_NAMES = re.compile(r"\b(?:def|class)\s+(\w+)|\bself\.(\w+)\s*(?:,|=(?!=)|:)")
_TEXT = (
    r"[A-Za-z]{0,2}(?:\"{3}.*?(?:\"{3}|\Z)|'{3}.*?(?:'{3}|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?)"
)
_TOKEN = re.compile(
    rf"(?P<skipped>^[ \t]*(?:{_TEXT})|[^\S\n]+|\n|\\\n|#[^\n]*|raise NotImplementedError\([^\n]*)"
    rf"|(?P<text>{_TEXT})|(?P<name>[^\W\d]\w*)|(?P<other>\d[\w.]*|\*\*|//|->|[=!<>:+*/@-]=|.)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = frozenset({*keyword.kwlist, *dir(builtins)})


@dataclass(frozen=True)
class Work:
    """Who handed in the same files, these, and the ids of the mistakes in them.

    A group's one upload is handed in together, which nobody has to look at.
    """

    names: tuple[str, ...]
    files: Mapping[str, bytes]
    mistakes: frozenset[str] = frozenset()
    together: bool = False


@dataclass(frozen=True)
class Pair:
    """Two works that are alike.

    Attributes
    ----------
    first, second : tuple of str
        Who handed in the one, and the other.
    alike : float
        From 0 to 1.
    rare : tuple of str
        Mistakes that both make and few others do.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    alike: float
    rare: tuple[str, ...] = ()


@dataclass(frozen=True)
class Similarity:
    """What a person should look at.

    Attributes
    ----------
    pairs : tuple of Pair
        The most alike first.
    identical : tuple of tuple of str
        Who handed in the same files; those with the files as they are handed out are left out.
    """

    pairs: tuple[Pair, ...]
    identical: tuple[tuple[str, ...], ...]

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Who is connected by several pairs, directly or through others; the most people first."""
        groups: list[set[tuple[str, ...]]] = []
        for pair in self.pairs:
            joined = {pair.first, pair.second}
            apart = []
            for group in groups:
                if group & joined:
                    joined |= group
                else:
                    apart.append(group)
            groups = [*apart, joined]
        named = (tuple(sorted(sum(group, ()))) for group in groups if len(group) > 2)
        return tuple(sorted(named, key=lambda names: (-len(names), names)))


@dataclass(frozen=True)
class Tokens:
    """A file's tokens as numbers, shape (n,), and where each begins and ends in its text."""

    values: np.ndarray
    begins: np.ndarray
    ends: np.ndarray


def similarity_of(works: Iterable[Work], handed_out: Mapping[str, bytes]) -> Similarity:
    """Return which of the works stand out.

    Parameters
    ----------
    works : iterable of Work
        Read once; of each, only hashes are held in memory.
    handed_out : mapping of str to bytes
        The files that everybody is given, which may have the reference solution in them.
    """
    template, known = template_hashes(handed_out), known_hashes(handed_out)
    names, mistakes, own = list[tuple[str, ...]](), list[frozenset[str]](), list[np.ndarray]()
    identical = []
    for work in works:
        hashes = hashes_of_all(work.files)
        several = len(work.names) > 1 and not work.together
        if several and np.setdiff1d(hashes, template, assume_unique=True).size:
            identical.append(work.names)
        names.append(work.names)
        mistakes.append(work.mistakes)
        own.append(np.setdiff1d(hashes, known, assume_unique=True))
    made = Counter(id_ for ids in mistakes for id_ in ids)
    rare = {id_ for id_, n in made.items() if n <= max(2, RARE * len(names))}
    found = [
        Pair(names[one], names[other], alike, tuple(sorted(rare & mistakes[one] & mistakes[other])))
        for one, other, alike in (_alike(own, mistakes) if own else ())
    ]
    found.sort(key=lambda pair: (-pair.alike, pair.first, pair.second))
    return Similarity(tuple(found[:MOST_PAIRS]), tuple(identical))


def _alike(
    own: list[np.ndarray], mistakes: list[frozenset[str]]
) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of numbers, the lower one first, that are alike, with how much."""
    n = len(own)
    runs, column, count = np.unique(np.concatenate(own), return_inverse=True, return_counts=True)
    row = np.repeat(np.arange(n), [len(hashes) for hashes in own])
    nats = np.log((n + 1) / count)[column]
    ids = sorted(set().union(*mistakes))
    made = np.array([[id_ in each for id_ in ids] for each in mistakes], bool).reshape(n, len(ids))
    who, which = made.nonzero()
    row, column = np.append(row, who), np.append(column, which + len(runs))
    nats = np.append(nats, MISTAKE * np.log((n + 1) / made.sum(axis=0))[which])
    matrix = csr_array((np.sqrt(nats), (row, column)), shape=(n, len(runs) + len(ids)))
    norm = np.sqrt(np.bincount(row, nats, minlength=n))
    least = LEAST_SHARED * np.log(n + 1)
    for start in range(0, n, _BLOCK):
        shared = (matrix[start : start + _BLOCK] @ matrix.T).toarray()
        for one, other in np.argwhere(shared >= least).tolist():
            alike = shared[one, other] / (norm[start + one] * norm[other])
            if start + one < other and alike >= ALIKE:
                yield start + one, other, round(float(alike), 4)


def template_hashes(handed_out: Mapping[str, bytes], run: int = GRAM) -> np.ndarray:
    """Return the hashes of what is handed out, without solutions, sorted."""
    texts = {name: content.decode("utf-8", "replace") for name, content in handed_out.items()}
    without = {name: _SOLUTION.sub("", text).encode() for name, text in texts.items()}
    return hashes_of_all(without, run)


def known_hashes(handed_out: Mapping[str, bytes], run: int = GRAM) -> np.ndarray:
    """Return the hashes of what is nobody's own: template and reference solution, sorted."""
    return np.union1d(hashes_of_all(handed_out, run), template_hashes(handed_out, run))


def hashes_of_all(files: Mapping[str, bytes], run: int = GRAM) -> np.ndarray:
    """Return the hashes of some files' runs of tokens, sorted, each once."""
    each = [hashes_of(tokens, run) for tokens in tokens_of(files).values()]
    return np.unique(np.concatenate([np.empty(0, np.uint64), *each]))


def handed_out_files(project: Path) -> dict[str, bytes]:
    """Return the files of ``submission/``, whose text around the solutions students have, too."""
    return {path.name: path.read_bytes() for path in sorted((project / "submission").glob("*.py"))}


def hashes_of(tokens: Tokens, run: int = GRAM) -> np.ndarray:
    """Return a hash of each run, shape (n - run + 1,), unsigned; the same on every machine."""
    if tokens.values.size < run:
        return np.empty(0, np.uint64)
    powers = np.cumprod(np.full(run, 0x9E3779B97F4A7C15, np.uint64))  # wraps around
    return (sliding_window_view(tokens.values, run) * powers).sum(axis=1)


def tokens_of(files: Mapping[str, bytes]) -> dict[str, Tokens]:
    """Return each file's tokens; code that does not parse has tokens, too.

    Names of libraries and of their functions stay: what a student has not named cannot be renamed.
    """
    texts = {name: content.decode("utf-8", errors="replace") for name, content in files.items()}
    own = {name for text in texts.values() for both in _OWN_NAMES.findall(text) for name in both}
    return {name: _tokens(text, own) for name, text in texts.items()}


def _tokens(text: str, own: set[str]) -> Tokens:
    values, begins, ends, before = list[int](), list[int](), list[int](), ""
    for found in _TOKEN.finditer(text):
        kind, token = found.lastgroup, found[0]
        if kind == "skipped":
            continue
        if kind == "text":
            token = "a text"
        elif kind == "name" and (token in own or (before != "." and token not in _PYTHON)):
            token = "a name"
        before = token
        values.append(_number(token))
        begins.append(found.start())
        ends.append(found.end())
    return Tokens(np.array(values, np.uint64), np.array(begins, int), np.array(ends, int))


@cache
def _number(token: str) -> int:
    return zlib.crc32(token.encode())


def pairs_table(similarity: Similarity) -> str:
    """Return the list as CSV; those who handed in the same files are as alike as can be."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(["first", "second", "alike", "identical files", "rare mistakes of both"])
    for names in similarity.identical:
        for other in names[1:]:
            table.writerow([cell(names[0]), cell(other), "1.00", "yes", ""])
    for pair in similarity.pairs:
        both = [cell(", ".join(each)) for each in (pair.first, pair.second)]
        table.writerow([*both, f"{pair.alike:.2f}", "no", cell(" ".join(pair.rare))])
    return text.getvalue()
