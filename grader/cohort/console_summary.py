"""What is printed at the end of a run: how many were graded, and what needs a person's look."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.cohort.table import GRADED, GRADER_FAILED, NOT_REACHED, NOTHING, problem_of

REASONS = 10  # that are printed

Records = Sequence[Mapping[str, Any]]


def summary_lines(table: Path, listed: Records, others: Records) -> Iterator[str]:
    """Yield the lines about the records of a run, and of uploads in other folders."""
    nothing = [row for row in listed if row["status"] == NOTHING]
    graded = sum(row["status"] == GRADED for row in listed)
    came = len(listed) - len(nothing)
    rest = f", {came - graded} not graded" if graded < came else ""
    yield f"{table}: {graded} of {came} uploads graded{rest}"
    if nothing:
        yield f"Nothing came from {len(nothing)} of {len(listed)}: {_some(nothing)}"
    if strays := [row for row in listed if not row["on_roster"]]:
        yield f"Not on the roster: {_some(strays)}"
    if others:
        yield (
            f"{table} also has rows of uploads in other folders that were graded into the same "
            f"--out: {_some(others)}"
        )
    if undecided := [row for row in listed if (row["final"] or {}).get("undecided", False)]:
        yield (
            "Late, and nobody knows by how much, so that nothing is taken off yet (say it in "
            f"the column submitted of --extensions): {_some(undecided)}"
        )
    if reasons := [row["absent_reason"] for row in listed if row["absent"]]:
        yield f"Not all tests were run. {reasons[0]}"
    if unread := _unread(listed):
        yield "Could not be graded in full (column problem):"
        for row in unread[:REASONS]:
            yield f"  {row['submission']}: {problem_of(row)}"
        if unread[REASONS:]:
            yield f"  {_some(unread[REASONS:])}"
    if failed := _failed(listed):
        yield (
            f"The grader failed at: {_some(failed)}. Column problem and staff/ say how; the "
            "same command tries again."
        )


def exit_code(listed: Records) -> int:
    """Return 2 if the grader failed at somebody, 1 if somebody could not be graded, else 0."""
    return 2 if _failed(listed) else 1 if _unread(listed) else 0


def line_of(record: Mapping[str, Any]) -> str:
    """Return the line about one grading, when it is done."""
    if record["problem"] or record["status"] != GRADED:
        return f"{record['submission']}: {problem_of(record)}"
    return f"{record['submission']}: {record['score']:g} of {record['max_score']:g}"


def _unread(listed: Records) -> Records:
    return [
        row
        for row in listed
        if row["problem"]
        and row["status"] not in (GRADER_FAILED, NOTHING)
        and row["problem"] != NOT_REACHED
    ]


def _failed(listed: Records) -> Records:
    return [row for row in listed if row["status"] == GRADER_FAILED]


def _some(records: Records) -> str:
    names = [record["submission"] for record in records]
    rest = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(names[:20]) + rest
