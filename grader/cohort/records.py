"""What is kept of each grading: a report for staff, a page for the student."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.cohort.table import GRADED, GRADER_FAILED, NOT_GRADED
from grader.cohort.uploads import Upload
from grader.engine.digests import digest_of
from grader.engine.intake import IntakeError, read_submission
from grader.engine.reports import write_report
from grader.engine.reports.wording import is_tested
from grader.engine.results import Report
from grader.engine.tree import shown
from problem_set.assignment import read_assignment
from problem_set.io import write_atomic


def fingerprint(upload: Upload, grader: str) -> str:
    """Return what a grading depends on: the submission's files, and by whom it is graded."""
    return digest_of({"grader": grader.encode(), "submission": _content(upload)}).hex()


def _content(upload: Upload) -> bytes:
    if upload.refusal:
        return upload.refusal.encode(errors="replace")
    try:
        return digest_of(read_submission(upload.handed_in, read_assignment().files).files)
    except IntakeError as error:
        return str(error).encode(errors="replace")


def record_of(upload: Upload, report: Report, made_from: str = "") -> dict[str, Any]:
    """Return what is kept of a grading, as JSON.

    A grading that the grader failed at is kept without its fingerprint, so that it is done again.
    """
    report = replace(report, submission=upload.name)
    status = GRADED if is_tested(report) else NOT_GRADED
    return {
        "fingerprint": "" if report.grader_at_fault else made_from,
        **_where(upload),
        "status": GRADER_FAILED if report.grader_at_fault else status,
        **report.to_dict(),
    }


def read_record(out: Path, name: str) -> dict[str, Any] | None:
    """Return what is kept of a student's grading, or None."""
    try:
        record = json.loads((out / "staff" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def write_record(out: Path, upload: Upload, report: Report, made_from: str) -> dict[str, Any]:
    """Write ``staff/NAME.json``, which holds nothing back, and ``pages/NAME.html``.

    Returns what is in the first one.
    """
    record = record_of(upload, report, made_from)
    _write(out, upload.name, record)
    page = write_report(replace(report, submission=upload.name), "html")
    write_atomic(out / "pages" / f"{upload.name}.html", page)
    return record


def move_record(out: Path, upload: Upload, record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with the place where the upload is now, and keep it so."""
    moved = {**record, **_where(upload)}
    if moved != record:
        _write(out, upload.name, moved)
    return moved


def upload_elsewhere(record: Mapping[str, Any] | None, folder: Path) -> str:
    """Return the path of a record's upload if it lies in another folder, or an empty string."""
    path = str((record or {}).get("path", ""))
    elsewhere = path and Path(path).parent != folder.absolute() and os.path.lexists(path)
    return path if elsewhere else ""


def records_of_other_folders(out: Path, uploads: Iterable[Upload]) -> list[dict[str, Any]]:
    """Return what is kept in ``out`` of uploads that lie in other folders, by name."""
    names = {upload.name for upload in uploads}
    folders = {upload.path.parent for upload in uploads}
    files = sorted((out / "staff").glob("*.json"))
    kept = [read_record(out, file.stem) for file in files if file.stem not in names]
    return [
        record
        for record in kept
        if record is not None and all(upload_elsewhere(record, folder) for folder in folders)
    ]


def _where(upload: Upload) -> dict[str, Any]:
    path = str(upload.path.absolute()).encode(errors="replace").decode()
    return {"upload": shown(upload.path.name, 255), "path": path}


def _write(out: Path, name: str, record: Mapping[str, Any]) -> None:
    text = json.dumps(record, indent=2, ensure_ascii=False)
    write_atomic(out / "staff" / f"{name}.json", text + "\n")
