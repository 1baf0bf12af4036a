"""What is kept of each grading: a record for staff, a page for the student, and the code.

``staff/NAME.json`` is a *record*: what the statistics, the cohort's report, the similarity of
submissions and a regrade read. It is the report as ``grader.engine.results.Report.to_dict`` writes
it (``score``, ``max_score``, ``problem``, ``questions[].tests[]`` with ``status``, ``points`` and
``hints``) and

=================  ================================================================================
``submission``     the row's name, which is that of the file; no other row has it
``status``         ``"graded"``, ``"not graded"`` (``problem`` says why), ``"grader failed"`` or
                   ``"nothing handed in"``; only the first one has points that mean anything
``person``         ``{"id", "name", "email"}``, each empty where it is not known
``on_roster``      false for an upload that belongs to nobody on the roster
``upload``         the upload's name, as it can be shown; empty if there is none
``path``           where it was; ``folder`` is the folder that was graded with it
``platform``       ``"canvas"``, ``"moodle"`` ...; ``attempt`` is the number of the attempt
``submitted_at``   ISO 8601, with the offset from UTC if it is known; empty if nobody knows when
``late``           true or false as the platform has marked it, null if it has not
``notes``          sentences for the student about the upload: what was taken for what
``matching``       sentences for staff: how the upload was matched with its person
``code``           digest of the files that were graded, equal for equal files; empty without any.
                   ``staff/code/CODE.zip`` holds them: ``code_of`` reads it
``points``         those of the tests, ``score``; null unless graded
``final_points``   after the late policy; null unless graded
``final``          how: ``grader.cohort.late.Final`` as JSON, or null
``misconceptions`` by question the ids of the mistakes that explain its failed tests, each once:
                   ``{"2b": ["sum-not-mean"]}``
``made_by``        digests of what the grading depends on: see ``grader.cohort.fingerprints``
``before``         what a regrade changed: see ``grader.cohort.compare``; null if nothing
=================  ================================================================================
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.cohort.entries import CODE, Entry
from grader.cohort.table import GRADED, GRADER_FAILED, NOT_GRADED, NOTHING
from grader.engine.cleaning import clean_line
from grader.engine.intake import read_submission
from grader.engine.reports import write_report
from grader.engine.reports.wording import is_tested
from grader.engine.results import Report
from grader.engine.tree import shown
from grader.engine.visibility import Moment, shows_hidden, shows_hints, withhold
from problem_set.assignment import Assignment, read_assignment
from problem_set.io import write_atomic
from problem_set.late import Extension, final_points, own_due

STAFF, PAGES = "staff", "pages"


def read_record(out: Path, name: str) -> dict[str, Any] | None:
    """Return what is kept under a name, or None."""
    try:
        record = json.loads((out / STAFF / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "made_by" in record else None


def read_records(out: Path) -> Iterator[dict[str, Any]]:
    """Yield all records of a folder, by name."""
    for file in sorted((out / STAFF).glob("*.json")):
        record = read_record(out, file.stem)
        if record is not None:
            yield record


def code_of(out: Path, record: Mapping[str, Any]) -> Mapping[str, bytes]:
    """Return the files that were graded, by name; nothing where there were none.

    Raises
    ------
    IntakeError
        If what was kept is damaged.
    """
    if not record["code"]:
        return {}
    return read_submission(out / CODE / f"{record['code']}.zip", read_assignment().files).files


def misconceptions(report: Report) -> dict[str, list[str]]:
    """Return by question the ids of the mistakes that explain failed tests, each once."""
    found = {
        question.id: list(dict.fromkeys(hint.id for test in question.tests for hint in test.hints))
        for question in report.questions
    }
    return {question: ids for question, ids in found.items() if ids}


@dataclass(frozen=True)
class Policy:
    """What turns a report into a person's points and page.

    Attributes
    ----------
    extensions : mapping
        By the id of the person.
    folder : Path
        Where the uploads are.
    """

    assignment: Assignment
    extensions: Mapping[str, Extension]
    folder: Path
    now: datetime

    def due(self, entry: Entry) -> datetime:
        """Return a person's own due date."""
        return own_due(self.assignment.course.due, self.extensions.get(entry.row.person.id))

    def with_final(self, entry: Entry, report: Report) -> Report:
        """Return a report with the points after the late policy."""
        upload, due = entry.row.upload, self.assignment.course.due
        submitted = entry.row.submitted_at
        if submitted is not None and submitted.tzinfo is None:
            submitted = submitted.replace(tzinfo=due.tzinfo)
        final = final_points(
            report.score,
            submitted,
            due,
            self.extensions.get(entry.row.person.id),
            self.assignment.late,
            marked_late=bool(upload and upload.late),
        )
        return replace(report, final=final)


def record_of(
    entry: Entry, report: Report, made_by: Mapping[str, str], policy: Policy
) -> dict[str, Any]:
    """Return the record of a person's grading; a grading that failed is kept to be done again."""
    row, upload = entry.row, entry.row.upload
    status = status_of(entry, report)
    report = replace(report, submission=row.name)
    if status == GRADED:
        report = policy.with_final(entry, report)
    final = report.final
    submitted = row.submitted_at
    return {
        **report.to_dict(),
        "status": status,
        "person": {"id": row.person.id, "name": row.person.name, "email": row.person.email},
        "on_roster": row.on_roster,
        "upload": shown(upload.path.name, 255) if upload else "",
        "path": _text(upload.path.absolute()) if upload else "",
        "folder": _text(policy.folder.absolute()),
        "platform": upload.platform if upload else "",
        "attempt": upload.attempt if upload else 0,
        "submitted_at": submitted.isoformat() if submitted else "",
        "late": upload.late if upload else None,
        "notes": list(entry.notes),
        "matching": list(row.notes),
        "code": entry.code,
        "points": report.score if status == GRADED else None,
        "final_points": final.points if final else None,
        "final": asdict(final) if final else None,
        "misconceptions": misconceptions(report),
        "made_by": {} if report.grader_at_fault else dict(made_by),
        "before": None,
    }


def status_of(entry: Entry, report: Report) -> str:
    if report.grader_at_fault:
        return GRADER_FAILED
    if not entry.code and not entry.problem:
        return NOTHING
    return GRADED if is_tested(report) else NOT_GRADED


def write_record(
    out: Path, entry: Entry, report: Report, record: dict[str, Any], policy: Policy, page: str
) -> bool:
    """Write a record and its page, unless both are there as they should be; return whether.

    ``page`` is a digest of what writes pages.
    """
    name = record["submission"]
    report = replace(policy.with_final(entry, report), submission=name)
    if record["status"] != GRADED:
        report = replace(report, final=None)
    if entry.notes:
        report = replace(report, notes=entry.notes)
    if change := (record["before"] or {}).get("sentence"):
        report = replace(report, notes=(change, *report.notes))
    upload = entry.row.upload
    moment = Moment(policy.due(entry), policy.now, upload.attempt if upload else 1)
    seen = (shows_hidden(report, moment), shows_hints(report, moment), asdict(report.feedback))
    record["made_by"]["page"] = f"{page} {seen}"
    path = out / PAGES / f"{name}.html"
    if path.exists() and read_record(out, name) == _as_read(record):
        return False
    write_atomic(path, write_report(withhold(report, moment), "html"))
    text = json.dumps(record, indent=2, ensure_ascii=False)
    write_atomic(out / STAFF / f"{name}.json", text + "\n")
    return True


def _as_read(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as it will be read, with lists for tuples."""
    return json.loads(json.dumps(record))


def upload_elsewhere(record: Mapping[str, Any] | None, folder: Path) -> str:
    """Return the path of a record's upload if it lay in another folder, or an empty string."""
    if not record or not record["path"] or record["folder"] == _text(folder.absolute()):
        return ""
    return clean_line(record["path"], 300)


def _text(path: Path) -> str:
    return str(path).encode(errors="replace").decode()
