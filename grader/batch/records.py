"""What is kept of each grading: a report for staff, a page for the student, a row of points."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.assignment import ASSIGNMENT_FILE
from grader.intake import IntakeError, read_submission
from grader.report import Report
from grader.reports import write_report
from grader.reports.files import write_whole

PACKAGE = Path(__file__).resolve().parent.parent


def grader_fingerprint() -> str:
    """Return a digest of the grader, its tests and the assignment."""
    digest = hashlib.sha256(ASSIGNMENT_FILE.read_bytes())
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def fingerprint(path: Path, grader: str) -> str:
    """Return what a grading depends on: the submission's files, and by whom it is graded."""
    digest = hashlib.sha256(grader.encode())
    try:
        files = read_submission(path).files
    except IntakeError as error:
        files = {"": str(error).encode()}
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()


def read_record(out: Path, name: str) -> dict[str, Any] | None:
    """Return what is kept of a student's grading, or None."""
    try:
        record = json.loads((out / "staff" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def write_record(out: Path, name: str, report: Report, made_from: str) -> dict[str, Any]:
    """Write ``staff/NAME.json``, which holds nothing back, and ``pages/NAME.html``.

    Returns what is in the first one.

    A grading that the grader failed at is kept without its fingerprint, so that it is done again.
    """
    report = replace(report, submission=name)
    made_from = "" if report.grader_at_fault else made_from
    record = {"fingerprint": made_from, **report.to_dict()}
    write_whole(out / "pages" / f"{name}.html", write_report(report, "html"))
    text = json.dumps(record, indent=2, ensure_ascii=False)
    write_whole(out / "staff" / f"{name}.json", text + "\n")
    return record


def write_points(out: Path, records: Mapping[str, dict[str, Any]]) -> None:
    """Write ``points.csv``: a row for each student, a column for each question."""
    ids = list(dict.fromkeys(q["id"] for r in records.values() for q in r["questions"]))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["submission", *ids, "points", "of", "problem"])
    for name, record in records.items():
        points = {question["id"]: question["points"] for question in record["questions"]}
        table.writerow(
            [
                _cell(name),
                *_numbers(points.get(id_, 0) for id_ in ids),
                *_numbers((record["score"], record["max_score"])),
                _cell(record["problem"]),
            ]
        )
    write_whole(out / "points.csv", text.getvalue())


def _numbers(values: Iterable[float]) -> list[str]:
    return [f"{value:g}" for value in values]


def _cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
