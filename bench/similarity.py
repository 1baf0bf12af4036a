"""``python -m bench similarity``: are copies found, and are those who worked alone left alone?

Independent submissions are put together question by question, each question drawn from all that
``tests/grader/`` has for it: the styles of right submissions, and the mistakes of the bank of
foreign behaviours. A few ways to solve a question are much more frequent than the others, as they
are in a course. Whole submissions of the bank are not taken: they share a host, the right code
around the mistake, and so are copies of each other by construction. What remains of that kind works
against the tool: two who draw the same functions have them letter by letter.

Copies are made of some of them, each in one of the ways of ``WAYS``. Mistakes have the catalogue's
names. Nothing is run or graded.
"""

import itertools
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from bench.copying import everything, moved, reformatted, renamed, reordered
from bench.scoreboard.bank import (
    FILES,
    GIVEN_CLASSES,
    GIVEN_METHODS,
    PROJECT,
    Bank,
    Functions,
    functions_of,
    read_bank,
)
from bench.scoreboard.styles import FOLDERS, SECTIONS
from bench.scoreboard.truth import read_accepted
from grader.cohort.similarity import Pair, Work, handed_out_files, similarity_of

INDEPENDENT, COPIES_A_WAY, COURSES = 300, 10, 5
LARGE = 3000  # who worked alone, in the course that is timed
ASKED = {
    "init_shared_user_and_item_embeddings": "1a",
    "init_separate_user_and_item_embeddings": "1a",
    "init_user_and_item_bias": "1a",
    "init_mlp_layers": "1b",
    "forward_with_embedding_sharing": "1c",
    "forward_without_embedding_sharing": "1c",
    "score_all_items": "1d",
    "bpr_loss": "2a",
    "regression_loss": "2b",
    "joint_loss": "2c",
    "reciprocal_ranks": "2d",
    "mrr_score": "2d",
}
QUESTIONS = tuple(dict.fromkeys(ASKED.values()))
LONG = ("1c", "2d")  # what has many lines has fewer ways that many take


@dataclass(frozen=True)
class Answer:
    """One way to answer a question, with its helpers, and the mistakes in it."""

    functions: Mapping[tuple[str, str], str]
    mistakes: frozenset[str] = frozenset()


Answers = Mapping[str, Answer]


def read_answers() -> dict[str, list[Answer]]:
    """Return all different answers by question."""
    bank = given()
    accepted = read_accepted()
    donors = [(b.code, b.mistakes) for b in bank.behaviours if b.host != b.name]
    donors += [(functions, ()) for functions in bank.hosts.values()]
    donors += [(b.code, ()) for b in read_bank(SECTIONS, right=True).behaviours]
    for folder in sorted(path for path in FOLDERS.iterdir() if any(path.glob("*.py"))):
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
        donors.append(({k: v for text in texts for k, v in functions_of(text).items()}, ()))
    found: dict[str, dict[str, Answer]] = {question: {} for question in QUESTIONS}
    for functions, mistakes in donors:
        for question in QUESTIONS:
            own = {key: text for key, text in functions.items() if ASKED.get(key[1]) == question}
            if own:
                of_it = (m.key for m in mistakes if m.question == question)
                made = frozenset((accepted.get(key) or (key,))[0] for key in of_it)
                answer = Answer(own | _helpers(functions, own), made)
                found[question].setdefault("".join(answer.functions.values()), answer)
    return {question: [*answers.values()] for question, answers in found.items()}


def _helpers(functions: Mapping[tuple[str, str], str], own: Functions) -> Functions:
    """Return what some functions use of the same file's others."""
    found: Functions = {}
    text = "\n".join(own.values())
    given = {*ASKED, *GIVEN_CLASSES, *GIVEN_METHODS}
    for (file, name), helper in functions.items():
        if name not in given and name in text:
            found[file, name] = helper
            text += helper
    return found


def independent(
    draw: random.Random, answers: Mapping[str, list[Answer]], count: int
) -> list[Answers]:
    """Return submissions whose answers are drawn, a few of them much more often than others."""
    shuffled = {question: draw.sample(all_, len(all_)) for question, all_ in answers.items()}
    return [{q: _drawn(draw, q, all_) for q, all_ in shuffled.items()} for _ in range(count)]


def _drawn(draw: random.Random, question: str, answers: list[Answer]) -> Answer:
    """Return an answer; what has but one of a question's functions is completed by others."""
    power = 0.5 if question in LONG else 1.0
    weights = [1 / (rank + 1) ** power for rank in range(len(answers))]
    names = {name for name, asked in ASKED.items() if asked == question}
    functions: Functions = {}
    mistakes = frozenset[str]()
    while missing := names - {name for _, name in functions}:
        drawn = draw.choices(answers, weights)[0]
        if missing & {name for _, name in drawn.functions}:
            functions = {**drawn.functions, **functions}
            mistakes |= drawn.mistakes
    return Answer(functions, mistakes)


@cache
def given() -> Bank:
    """Return the bank, which knows what stands around students' functions."""
    return read_bank()


def work_of(name: str, answers: Answers, change: Callable[[str], str] = str) -> Work:
    """Return answers as a submission."""
    functions = {key: text for answer in answers.values() for key, text in answer.functions.items()}
    files = {file: change(given().module(file, functions)).encode() for file in FILES}
    return Work((name,), files, frozenset().union(*(a.mistakes for a in answers.values())))


# How a copy is made: what becomes of the code, and whether one answer is another one.
WAYS: dict[str, tuple[Callable[[str], str], bool]] = {
    "comments and layout": (reformatted, False),
    "names": (renamed, False),
    "order": (reordered, False),
    "loops and helpers": (moved, False),
    "one answer replaced": (str, True),
    "all of these": (everything, True),
}


@dataclass(frozen=True)
class Planted:
    """A course, and who copied from whom, by way."""

    works: tuple[Work, ...]
    copies: Mapping[frozenset[str], str]


def planted(seed: int, answers: Mapping[str, list[Answer]], count: int, copies: int) -> Planted:
    """Return a course of ``count`` who worked alone and ``copies`` of each way of copying."""
    draw = random.Random(seed)
    alone = independent(draw, answers, count)
    works = [work_of(f"alone-{n:03}", each) for n, each in enumerate(alone)]
    originals = iter(draw.sample(range(count), copies * len(WAYS)))
    pairs = {}
    for way, (change, replaced) in WAYS.items():
        for original in itertools.islice(originals, copies):
            copied = dict(alone[original])
            if replaced:
                question = draw.choice(QUESTIONS)
                (other,) = independent(draw, {question: answers[question]}, 1)
                copied |= other
            name = f"copy-{original:03}"
            works.append(work_of(name, copied, change))
            pairs[frozenset({name, f"alone-{original:03}"})] = way
    return Planted(tuple(works), pairs)


@dataclass(frozen=True)
class Found:
    """How many copies were found, of how many, by way; and the pairs that are no copies."""

    copies: Mapping[str, tuple[int, int]]
    false: tuple[Pair, ...]


def found_in(course: Planted) -> Found:
    """Return what the list of pairs has of a course."""
    pairs = similarity_of(course.works, handed_out_files(PROJECT)).pairs
    listed = {frozenset(pair.first + pair.second) for pair in pairs}
    copies = {
        way: (
            sum(pair in listed for pair, how in course.copies.items() if how == way),
            sum(how == way for how in course.copies.values()),
        )
        for way in WAYS
    }
    false = [p for p in pairs if frozenset(p.first + p.second) not in course.copies]
    return Found(copies, tuple(false))


def main() -> None:
    answers = read_answers()
    totals = dict.fromkeys(WAYS, 0)
    numbers = []
    for seed in range(COURSES):
        found = found_in(planted(seed, answers, INDEPENDENT, COPIES_A_WAY))
        totals = {way: totals[way] + found.copies[way][0] for way in WAYS}
        numbers.append(len(found.false))
    most = COURSES * COPIES_A_WAY
    print(
        f"{COURSES} courses of {INDEPENDENT} who worked alone, {COPIES_A_WAY} copies of each kind:"
    )
    for way, count in totals.items():
        print(f"  {way:24} {count} of {most} found")
    print(f"  {'all':24} {sum(totals.values())} of {most * len(WAYS)} found")
    pairs = INDEPENDENT * (INDEPENDENT - 1) // 2
    print(f"  pairs that are no copies: {', '.join(map(str, numbers))} of more than {pairs} each")
    course = planted(COURSES, answers, LARGE, COPIES_A_WAY)
    began = time.perf_counter()
    found = found_in(course)
    seconds = time.perf_counter() - began
    copies = sum(count for count, _ in found.copies.values())
    print(
        f"{len(course.works)} submissions: {seconds:.0f} s; of the pairs that are listed, "
        f"{copies} are of the {len(course.copies)} copies and {len(found.false)} are not"
    )
