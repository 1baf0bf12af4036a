"""``make scoreboard``: grade the bank, the mutants and the right submissions; write the page.

It fails if a share is lower than the one that the page was written with, a right submission loses
a point, or a mutant is neither found nor listed as equivalent. Takes some minutes.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.scoreboard.bank import PROJECT, Bank, Behaviour, read_bank
from bench.scoreboard.grading import Case, Graded, Told, grade_all
from bench.scoreboard.mutants import Mutant, equivalents, mutants
from bench.scoreboard.page import PAGE, RECORD, lowered, page, read_record, record_of
from bench.scoreboard.score import Score, covered, score_of
from bench.scoreboard.styles import styles
from bench.scoreboard.truth import (
    VERDICTS,
    fits_truth,
    read_accepted,
    read_verdicts,
    verdict_of,
    what_to_judge,
    write_verdicts,
)

GRADED = PROJECT / "dist" / "scoreboard" / "graded.json"
QUICK = PROJECT / "dist" / "scoreboard" / "quick.json"
JUDGE = PROJECT / "dist" / "scoreboard" / "judge.md"
LEFT = PROJECT / "dist" / "scoreboard" / "left.md"
LINE_EVERY = 25


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser("make scoreboard", description=__doc__)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", default="", help="grade what has this in its name; write no page")
    parser.add_argument(
        "--quick", action="store_true", help="grade the questions with mistakes alone; no page"
    )
    parser.add_argument("--again", action="store_true", help="count the last gradings once more")
    parser.add_argument("--lower", action="store_true", help="write the page with lower shares too")
    asked = parser.parse_args()
    console = Console()
    bank, changes, right = read_bank(), mutants(), styles()
    partly = asked.quick or asked.only
    cases = {b.name: case_of(bank, b, asked.quick) for b in bank.behaviours}
    if not asked.quick:
        cases |= {mutant.name: Case(mutant.write) for mutant in changes}
        cases |= {name: Case(write) for name, write in right.items()}
    cases = {name: case for name, case in cases.items() if asked.only in name}
    graded = read_graded() if asked.again else grade_with_progress(cases, asked.processes, console)
    if not asked.again:
        write_graded(graded, QUICK if partly else GRADED)
    accepted, verdicts = read_accepted(), read_verdicts()
    score = score_of(bank.behaviours, changes, equivalents(), right, graded, accepted, verdicts)
    LEFT.parent.mkdir(parents=True, exist_ok=True)
    LEFT.write_text(left_over(bank, changes, graded, score), encoding="utf-8")
    if partly:
        print(LEFT.read_text(encoding="utf-8"))
        for name, share in score.shares.items():
            print(f"{name}: {share.count} of {share.total}")
        return 0
    to_judge, lines = what_to_judge(bank, graded)
    JUDGE.write_text(to_judge, encoding="utf-8")
    write_verdicts(lines)
    text = page(score, bank, len(changes), len(right))
    console.print(text, markup=False, highlight=False)
    worse = lowered(score, read_record())
    for line in worse:
        console.print(f"Lower than before: {line}", style="red", highlight=False)
    faults = [*(f"false alarm: {name}" for name in score.false_alarms)]
    faults += [f"mutant not found: {name}" for name in score.missed_mutants]
    for fault in faults:
        console.print(fault, style="red", markup=False, highlight=False)
    if asked.lower or not worse:
        PAGE.write_text(text, encoding="utf-8")
        told = {
            b.name: sorted(m.key for m in covered(b, graded[b.name], accepted))
            for b in bank.behaviours
        }
        RECORD.write_text(record_of(score, told), encoding="utf-8")
    console.print(
        f"What is left: {LEFT.relative_to(PROJECT)}. Hints to judge: {JUDGE.relative_to(PROJECT)}, "
        f"verdicts go to {VERDICTS.relative_to(PROJECT)}."
    )
    return 1 if faults or (worse and not asked.lower) else 0


def case_of(bank: Bank, behaviour: Behaviour, quick: bool) -> Case:
    """Return how to grade a behaviour: ``quick`` leaves out the questions without a mistake."""
    questions = sorted({mistake.question for mistake in behaviour.mistakes}) if quick else ()
    return Case(partial(bank.write, behaviour), tuple(questions))


def grade_with_progress(
    cases: Mapping[str, Case], processes: int, console: Console
) -> dict[str, Graded]:
    """Grade submissions by name, with a bar that moves, or a line now and then."""
    start = time.monotonic()
    so_far: dict[str, Graded] = {}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(f"Grading {len(cases)} submissions", total=len(cases))

        def on_graded(graded: Graded) -> None:
            so_far[graded.name] = graded
            progress.advance(bar)
            if len(so_far) % LINE_EVERY:
                return
            if not console.is_terminal:
                seconds = time.monotonic() - start
                print(f"{len(so_far)} of {len(cases)} graded, {seconds:.0f} s", flush=True)

        graded = grade_all(cases, processes, on_graded)
    console.print(f"{len(cases)} submissions graded in {time.monotonic() - start:.0f} seconds")
    return graded


def read_graded() -> dict[str, Graded]:
    """Return what the last run graded."""
    found = {}
    for name, fields in json.loads(GRADED.read_text(encoding="utf-8")).items():
        hints = tuple(Told(**{**h, "tests": tuple(h["tests"])}) for h in fields["hints"])
        kept: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()
        }
        found[name] = Graded(**{**kept, "hints": hints})
    return found


def write_graded(graded: Mapping[str, Graded], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {name: asdict(got) for name, got in graded.items()}
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")


def left_over(
    bank: Bank, changes: tuple[Mutant, ...], graded: Mapping[str, Graded], score: Score
) -> str:
    """Return, for each behaviour that is not named in full or not rightly, what was said of it."""
    parts = ["# What is silent, doubtful or wrong\n"]
    for behaviour in bank.behaviours:
        if behaviour.name in graded:
            parts += left_of(behaviour, graded[behaviour.name])
    parts += [f"Mutant not found: {name}" for name in score.missed_mutants]
    for change in changes:
        got = graded.get(change.name)
        if got and set(got.lost) - {change.asked_in}:
            parts.append(f"Mutant of {change.asked_in} that loses {got.lost}: {change.name}")
    parts += [f"False alarm: {name}: {graded[name]}" for name in score.false_alarms]
    return "\n".join(parts) + "\n"


def left_of(behaviour: Behaviour, graded: Graded) -> list[str]:
    """Return what is left of one behaviour; nothing if all of it is told, and told rightly."""
    accepted, verdicts = read_accepted(), read_verdicts()
    told = {mistake.key for mistake in covered(behaviour, graded, accepted)}
    problems = []
    for mistake in behaviour.mistakes:
        state = "" if mistake.key in told else "  <- not told"
        if mistake.question not in graded.lost:
            state = "  <- not found"
        problems.append(f"- {mistake.question}: {mistake.sentence}{state}")
    hints = []
    for hint in graded.hints:
        verdict = verdict_of(hint, behaviour, verdicts)
        fits = fits_truth(hint, behaviour, accepted)
        state = verdict or ("fits the truth" if fits else "NO MISTAKE HAS THIS ID")
        tests = ", ".join(hint.tests)
        hints.append(f"- {hint.question} `{hint.id}` ({state}; {tests}): {hint.sentence}")
    aside = set(graded.lost) - {mistake.question for mistake in behaviour.mistakes}
    doubtful = any("<-" in line for line in problems) or any(
        "wrong;" in line or "NO MISTAKE" in line for line in hints
    )
    if not doubtful and not aside:
        return []
    return [
        f"## {behaviour.name} ({graded.points:g} of {graded.max_points:g})\n",
        f"```python\n{behaviour.text}\n```\n",
        "Truth:\n",
        *problems,
        "\nTold:\n",
        *(hints or ["- nothing"]),
        *(f"- line: {line}" for line in graded.lines),
        f"\nFailed without a hint: {', '.join(graded.unexplained) or 'none'}\n",
        *([f"WRONG QUESTION loses points: {', '.join(sorted(aside))}\n"] if aside else []),
    ]


if __name__ == "__main__":
    sys.exit(main())
