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
``final``          how: ``problem_set.late.Final`` as JSON, or null
``misconceptions`` by question the ids of the mistakes that explain its failed tests, each once:
                   ``{"2b": ["sum-not-mean"]}``
``made_by``        digests of what the grading depends on: see ``grader.cohort.fingerprints``
``page``           digest of what the page shows besides
``before``         what a regrade changed: see ``grader.cohort.compare``; null if nothing
=================  ================================================================================
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.cohort.entries import CODE, Entry
from grader.cohort.fingerprints import PAGE
from grader.cohort.late import with_final_points
from grader.cohort.roster import Person
from grader.cohort.table import GRADED, GRADER_FAILED, NOT_GRADED, NOTHING
from grader.engine.cleaning import clean_line
from grader.engine.digests import digest_of
from grader.engine.from_json import report_from
from grader.engine.intake import read_submission
from grader.engine.reports import write_report
from grader.engine.reports.wording import is_tested
from grader.engine.results import Report
from grader.engine.tree import shown
from grader.engine.visibility import Moment, shows_hidden, shows_hints, withhold
from problem_set.assignment import Assignment
from problem_set.io import write_atomic
from problem_set.late import Extension, own_due

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


def code_of(out: Path, record: Mapping[str, Any], wanted: Collection[str]) -> Mapping[str, bytes]:
    """Return the files that were graded, of those that are wanted; nothing where there were none.

    Raises
    ------
    IntakeError
        If what was kept is damaged.
    """
    if not record["code"]:
        return {}
    return read_submission(out / CODE / f"{record['code']}.zip", wanted).files


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
    folder : Path
        Where the uploads are.
    """

    assignment: Assignment
    extensions: Mapping[Person, Extension]
    folder: Path
    now: datetime

    @property
    def due(self) -> datetime:
        return self.assignment.course.due

    def moment(self, entry: Entry) -> Moment:
        """Return when a person's page is written, which decides what it shows."""
        due = own_due(self.due, self.extensions.get(entry.row.person))
        upload = entry.row.upload
        return Moment(due, self.now, upload.attempt if upload else 1)


def record_of(
    entry: Entry, report: Report, made_by: Mapping[str, str], policy: Policy
) -> dict[str, Any]:
    """Return the record of a person's grading; a grading that failed is kept to be done again."""
    row, upload = entry.row, entry.row.upload
    status = status_of(entry, report)
    submitted = row.submitted_at
    if submitted is not None and submitted.tzinfo is None:
        submitted = submitted.replace(tzinfo=policy.due.tzinfo)
    late = upload.late if upload else None
    record = with_final_points(
        {**replace(report, submission=row.name).to_dict(), "status": status},
        submitted,
        bool(late),
        policy.due,
        policy.extensions.get(row.person),
        policy.assignment.late,
    )
    return {
        **record,
        "person": {"id": row.person.id, "name": row.person.name, "email": row.person.email},
        "on_roster": row.on_roster,
        "upload": shown(upload.path.name, 255) if upload else "",
        "path": _text(upload.path.absolute()) if upload else "",
        "folder": _text(policy.folder.absolute()),
        "platform": upload.platform if upload else "",
        "attempt": upload.attempt if upload else 0,
        "submitted_at": submitted.isoformat() if submitted else "",
        "late": late,
        "notes": list(entry.notes),
        "matching": list(row.notes),
        "code": entry.code,
        "points": report.score if status == GRADED else None,
        "final_points": record["final"]["points"] if record["final"] else None,
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


def write_record(out: Path, record: dict[str, Any], policy: Policy, moment: Moment) -> bool:
    """Write a record and its page, unless both are there as they should be; return whether."""
    record = json.loads(json.dumps(record))  # as it will be read, with lists for tuples
    name = record["submission"]
    report = report_from(record, policy.assignment.feedback)
    if record["before"]:
        report = replace(report, notes=(record["before"]["sentence"], *report.notes))
    shown_now = (shows_hidden(report, moment), shows_hints(report, moment), report.feedback)
    record["page"] = digest_of({"": f"{record['made_by'].get(PAGE)} {shown_now}".encode()}).hex()
    path = out / PAGES / f"{name}.html"
    if path.exists() and read_record(out, name) == record:
        return False
    write_atomic(path, write_report(withhold(report, moment), "html"))
    text = json.dumps(record, indent=2, ensure_ascii=False)
    write_atomic(out / STAFF / f"{name}.json", text + "\n")
    return True


def upload_elsewhere(record: Mapping[str, Any] | None, folder: Path) -> str:
    """Return the path of a record's upload if it lay in another folder, or an empty string."""
    if not record or not record["path"] or record["folder"] == _text(folder.absolute()):
        return ""
    return clean_line(record["path"], 300)


def _text(path: Path) -> str:
    return str(path).encode(errors="replace").decode()
