"""A row, with what was found in its upload: read once, and kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.cohort.rows import Row
from grader.engine.digests import digest_of
from grader.engine.intake import FOLDER, IntakeError, read_submission
from problem_set.archive import zip_bytes
from problem_set.io import write_atomic

CODE = "staff/code"


@dataclass(frozen=True)
class Entry:
    """A row, and what was found in its upload.

    Attributes
    ----------
    code : str
        The digest of the files to be graded; empty if there are none.
    problem : str
        Why there are none, as a sentence; empty if nothing was handed in.
    error : Exception, optional
        Of our own, while the upload was read.
    """

    row: Row
    code: str = ""
    problem: str = ""
    error: Exception | None = None
    notes: tuple[str, ...] = ()


def take_in(row: Row, out: Path, wanted: Collection[str]) -> Entry:
    """Read a row's upload, and keep its files; whatever it is costs that row only."""
    if row.refusal or row.upload is None:
        return Entry(row, problem=row.refusal)
    try:
        submission = read_submission(row.upload.handed_in, wanted)
        return Entry(row, keep_code(out, submission.files), notes=submission.notes)
    except IntakeError as error:
        return Entry(row, problem=str(error))
    except Exception as error:  # the other rows are graded
        error.__traceback__ = None
        return Entry(row, error=error)


def keep_code(out: Path, files: Mapping[str, bytes]) -> str:
    """Keep a submission's files, once for all who handed in the same; return their digest."""
    code = digest_of(files).hex()
    path = out / CODE / f"{code}.zip"
    if not path.exists():
        write_atomic(path, zip_bytes({f"{FOLDER}/{name}": data for name, data in files.items()}))
    return code
