"""What was decided by people: which ids name a mistake, and whether a hint that was given is right.

``accepted.json`` has, for each mistake of the bank (``section/number``), the catalogue's ids that
name it. ``verdicts.jsonl`` has a line for each hint that was given: the verdict of somebody who saw
the code, the truth and the hint's two sentences, and nothing of the grader. A verdict holds for the
sentence that was judged; where the sentence has changed, the hint counts as not judged.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.scoreboard.bank import FOREIGN, Bank, Behaviour, Mistake
from bench.scoreboard.grading import Graded, Told

ACCEPTED = FOREIGN / "accepted.json"
VERDICTS = FOREIGN / "verdicts.jsonl"
RIGHT, WRONG, UNJUDGED = "right", "wrong", ""


@dataclass(frozen=True)
class Verdict:
    """What the judge said of one hint in one behaviour; empty while it is not judged."""

    behaviour: str
    question: str
    hint: str
    sentence: str
    verdict: str
    why: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.behaviour, self.question, self.hint, self.sentence


def read_accepted(file: Path = ACCEPTED) -> dict[str, tuple[str, ...]]:
    """Return the catalogue ids that name each mistake, by ``section/number``."""
    if not file.exists():
        return {}
    read: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return {key: tuple(ids) for key, ids in read.items()}


def read_verdicts(file: Path = VERDICTS) -> dict[tuple[str, str, str, str], Verdict]:
    """Return the verdicts by behaviour, question, hint and sentence.

    Raises
    ------
    ValueError
        If one is neither right, wrong nor empty.
    """
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    verdicts = [Verdict(**json.loads(line)) for line in lines if line.strip()]
    for verdict in verdicts:
        if verdict.verdict not in (RIGHT, WRONG, UNJUDGED):
            raise ValueError(
                f"{file.name}: {verdict.behaviour}: {verdict.verdict!r} is no verdict."
            )
    return {verdict.key: verdict for verdict in verdicts}


def write_verdicts(verdicts: Iterable[Verdict], file: Path = VERDICTS) -> None:
    """Write a line for each verdict, sorted, so that changes are easy to read."""
    lines = [
        json.dumps(asdict(v), ensure_ascii=False) for v in sorted(verdicts, key=lambda v: v.key)
    ]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def is_named(mistake: Mistake, graded: Graded, accepted: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a hint in the mistake's question names it."""
    ids = accepted.get(mistake.key, ())
    return any(told.id in ids and told.question == mistake.question for told in graded.hints)


def is_told_by_line(mistake: Mistake, graded: Graded) -> bool:
    """Whether the student is shown the line on which the mistake raised an exception."""
    return any(shown.endswith(f": {line}") for shown in graded.lines for line in mistake.raises_on)


def fits_truth(told: Told, behaviour: Behaviour, accepted: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a hint's id is one of those that name a mistake of the behaviour."""
    return any(
        told.id in accepted.get(mistake.key, ()) and told.question == mistake.question
        for mistake in behaviour.mistakes
    )


def verdict_of(
    told: Told, behaviour: Behaviour, verdicts: Mapping[tuple[str, str, str, str], Verdict]
) -> str:
    """Return the judge's verdict of a hint; empty if there is none."""
    found = verdicts.get((behaviour.name, told.question, told.id, told.sentence))
    return found.verdict if found else UNJUDGED


def what_to_judge(bank: Bank, graded: Mapping[str, Graded]) -> tuple[str, list[Verdict]]:
    """Return a page for the judge, and all verdicts with an empty one for each hint that is new.

    The page has the code and the truth of each behaviour, and the hints that are not judged.
    """
    verdicts = read_verdicts()
    given: list[Verdict] = []
    page = [
        "# Hints to judge\n\nEach part has a student's code, what is wrong with it, and what the "
        "student was told. A hint is right if its first sentence is true of this code and names "
        "(part of) a mistake that is in it; wrong if it is untrue, or blames what is right. Write "
        f'"right" or "wrong" as the "verdict" of its line in `{VERDICTS.name}`, and why if wrong.\n'
    ]
    for behaviour in bank.behaviours:
        hints = graded[behaviour.name].hints if behaviour.name in graded else ()
        new = []
        for told in hints:
            key = (behaviour.name, told.question, told.id, told.sentence)
            verdict = verdicts.get(key) or Verdict(*key, verdict=UNJUDGED)
            given.append(verdict)
            if verdict.verdict == UNJUDGED:
                new.append(told)
        if new:
            truth = "\n".join(f"- {m.question}: {m.sentence}" for m in behaviour.mistakes)
            asked = "\n".join(f"- `{t.id}` ({t.question}): {t.sentence} *{t.asks}*" for t in new)
            page.append(
                f"## {behaviour.name}\n\n```python\n{behaviour.text}\n```\n\nWhat is wrong:\n\n"
                f"{truth}\n\nTold:\n\n{asked}\n"
            )
    kept = {verdict.key: verdict for verdict in (*verdicts.values(), *given) if verdict.verdict}
    return "\n".join(page), [*({verdict.key: verdict for verdict in given} | kept).values()]
