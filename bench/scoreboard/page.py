"""Write ``docs/scoreboard.md`` and the record that later runs are compared with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bench.scoreboard.bank import FOREIGN, PROJECT, Bank
from bench.scoreboard.score import Score
from problem_set import __version__

PAGE = PROJECT / "docs" / "scoreboard.md"
RECORD = FOREIGN / "record.json"
BARS = {
    "mistakes named or told by line": 0.80,
    "hints that are right, of those judged": 0.98,
    "questions that lose points and hold a mistake": 1.0,
    "right submissions without a false alarm": 1.0,
}
# How much is judged says nothing of the grader.
NOT_COMPARED = ("hints judged", "verdicts that were right, with those on older sentences")


@dataclass(frozen=True)
class Record:
    """Shares at the time of the page, and the mistakes that were told, by behaviour."""

    shares: Mapping[str, tuple[int, int]]
    told: Mapping[str, tuple[str, ...]]


def read_record() -> Record:
    """Return what the page was written with; nothing if there is none yet."""
    if not RECORD.exists():
        return Record({}, {})
    content = json.loads(RECORD.read_text(encoding="utf-8"))
    return Record(
        {name: (count, total) for name, (count, total) in content["shares"].items()},
        {name: tuple(told) for name, told in content["told"].items()},
    )


def record_of(score: Score, told: Mapping[str, list[str]]) -> str:
    """Return the record of a run as JSON, a line for each share and each behaviour."""
    shares = {name: [share.count, share.total] for name, share in score.shares.items()}
    parts = [
        f'"{title}": {{\n'
        + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in content.items())
        + "\n}"
        for title, content in (("shares", shares), ("told", told))
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def lowered(score: Score, record: Record) -> list[str]:
    """Return a line for each share that is lower than it was."""
    lines = []
    for name, (count, total) in record.shares.items():
        now = score.shares.get(name)
        if now is None or name in NOT_COMPARED or not total:
            continue
        if now.rate < count / total:
            lines.append(f"{name}: {now.count} of {now.total}, was {count} of {total}")
    return lines


def page(score: Score, bank: Bank, mutants: int, styles: int) -> str:
    """Return the page as Markdown."""
    behaviours = bank.behaviours
    compound = sum(b.compound for b in behaviours)
    mistakes = sum(len(b.mistakes) for b in behaviours)
    rows = []
    for name, share in score.shares.items():
        low, high = share.interval
        bar = f"{BARS[name]:.0%}" if name in BARS else ""
        rows.append(
            f"| {name} | {share.count} of {share.total} | {share.rate:.1%} | "
            f"{low:.1%} to {high:.1%} | {bar} |"
        )
    facts = [f"| {name} | {value} |" for name, value in score.facts.items()]
    return "\n".join(
        [
            "# Scoreboard",
            "",
            f"How well the grader of version {__version__} finds and names mistakes in code that "
            "its catalogue was not written from. Written by `make scoreboard`, which fails if one "
            "of the shares is lower than here.",
            "",
            f"- {len(behaviours)} wrong submissions with {mistakes} mistakes; {compound} of them "
            "have two to six ([tests/grader/foreign](../tests/grader/foreign)). What is wrong was "
            "written down before the grader saw them. Somebody who does not know the grader judges "
            "each hint from the code, and a hint whose sentence changes is judged again.",
            f"- {mutants} automatic mutants of the reference, by mutmut's rules.",
            f"- {styles} right submissions in unlike styles.",
            "",
            "| | count | share | 95 % interval (Wilson) | bar |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
            "A mistake counts as told if a hint in its question has an id that names it "
            "(`accepted.json`), or if the student is shown the line on which it raised an "
            "exception. Points are lost in the right question if the question holds a mistake. A "
            "hint that is not judged counts neither as right nor as wrong, and one that was wrong "
            "and is worded anew is not judged: the share with older sentences has all verdicts.",
            "",
            "| | |",
            "| --- | --- |",
            *facts,
            "",
        ]
    )
