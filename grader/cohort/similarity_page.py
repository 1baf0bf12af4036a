"""``similarity.html``: pairs of submissions for a person to read side by side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from grader.cohort.page import environment
from grader.cohort.similarity import Pair, Similarity, hashes_of, known_hashes, tokens_of

MARKED_RUN = 8  # tokens that both have in one order
CONTEXT = 2  # lines shown around what is marked
ELSEWHERE = "⋯"

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Line:
    """A line of code, and whether the other one has its tokens, too."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Sheet:
    """What is shown of a file of both."""

    file: str
    first: tuple[Line, ...]
    second: tuple[Line, ...]


def write_similarity_page(
    similarity: Similarity,
    handed_out: Files,
    code: Callable[[str], Files],
    person: Callable[[str], str],
    diagnosis: Callable[[str, str], str],
) -> str:
    """Return the page; all text is escaped.

    Parameters
    ----------
    code, person : callable
        Are given a row's name, and return its files and how to call their owner.
    diagnosis : callable
        Is given a row's name and the id of a mistake in it, and returns the sentence on it.
    """
    known = known_hashes(handed_out, MARKED_RUN)

    def sheets(pair: Pair) -> list[Sheet]:
        return side_by_side(code(pair.first[0]), code(pair.second[0]), known)

    return (
        environment()
        .get_template("similarity.html.jinja")
        .render(similarity=similarity, sheets=sheets, person=person, diagnosis=diagnosis)
    )


def side_by_side(first: Files, second: Files, known: np.ndarray) -> list[Sheet]:
    """Return the files of both, with what they share marked and what is far from it left out."""
    both = np.intersect1d(_hashes(first), _hashes(second))
    shared = np.setdiff1d(both, known, assume_unique=True)
    shown = [_shown(files, shared) for files in (first, second)]
    names = sorted({*shown[0], *shown[1]})
    return [Sheet(name, *(each.get(name, ()) for each in shown)) for name in names]


def _hashes(files: Files) -> np.ndarray:
    each = [hashes_of(tokens, MARKED_RUN) for tokens in tokens_of(files).values()]
    return np.concatenate([np.empty(0, np.uint64), *each])


def _shown(files: Files, shared: np.ndarray) -> dict[str, tuple[Line, ...]]:
    """Return by file the lines with a shared run in them, and those around; no file without."""
    shown = {}
    for name, tokens in tokens_of(files).items():
        lines = files[name].decode("utf-8", errors="replace").split("\n")
        starts = np.cumsum([0, *(len(line) + 1 for line in lines)])
        runs = np.isin(hashes_of(tokens, MARKED_RUN), shared).nonzero()[0]
        within = np.unique(runs[:, None] + np.arange(MARKED_RUN))
        places = np.concatenate([tokens.begins[within], tokens.ends[within] - 1])
        marked = set((np.searchsorted(starts, places, side="right") - 1).tolist())
        if marked:
            shown[name] = tuple(_excerpt(lines, marked))
    return shown


def _excerpt(lines: list[str], marked: set[int]) -> list[Line]:
    near = {n + step for n in marked for step in range(-CONTEXT, CONTEXT + 1)}
    found = list[Line]()
    for number, line in enumerate(lines):
        if number in near:
            found.append(Line(line, number in marked))
        elif not found or found[-1].text != ELSEWHERE:
            found.append(Line(ELSEWHERE))
    return found
