"""What Gradescope knows of an upload: ``submission_metadata.json``.

Source: https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/

Nothing here is needed for a grade: what is missing, or of another form, is taken as not said.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Earlier:
    """An earlier grading: when its upload came, and the ``results.json`` that it left."""

    submitted_at: datetime
    results: Mapping[str, Any] = field(default_factory=dict)

    @property
    def extra(self) -> Mapping[str, Any]:
        return _mapping(self.results.get("extra_data"))

    @property
    def is_graded(self) -> bool:
        return "score" in self.results and not self.extra.get("grader_at_fault")


@dataclass(frozen=True)
class Metadata:
    """What is known of an upload.

    Attributes
    ----------
    submitted_at : datetime, optional
    due : datetime, optional
        The due date on Gradescope, the latest in a group: extensions count.
    earlier : tuple of Earlier
        The gradings of the student's uploads before this one, oldest first.
    before : Earlier, optional
        What this same upload got before, if it is graded again.
    """

    submitted_at: datetime | None = None
    due: datetime | None = None
    earlier: tuple[Earlier, ...] = ()
    before: Earlier | None = None

    @property
    def upload(self) -> int:
        """Which upload this is, from 1 on; those that the grader failed at are not counted."""
        return 1 + sum(earlier.is_graded for earlier in self.earlier)


UNKNOWN = Metadata()


def read_metadata(path: Path) -> Metadata:
    """Return what the file says; of a file that cannot be read, nothing."""
    try:
        content = _mapping(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return UNKNOWN
    submitted_at = _time(content.get("created_at"))
    asked = [_mapping(_mapping(user).get("assignment")) for user in _list(content.get("users"))]
    dues = [due for each in asked if (due := _time(each.get("due_date")))]
    gradings = []
    for each in map(_mapping, _list(content.get("previous_submissions"))):
        if when := _time(each.get("submission_time")):
            gradings.append(Earlier(when, _mapping(each.get("results"))))
    gradings.sort(key=lambda earlier: earlier.submitted_at)
    if submitted_at is None:
        return Metadata(earlier=tuple(gradings))
    same = [each for each in gradings if each.submitted_at == submitted_at and each.is_graded]
    return Metadata(
        submitted_at=submitted_at,
        due=max(dues) if dues else _time(_mapping(content.get("assignment")).get("due_date")),
        earlier=tuple(each for each in gradings if each.submitted_at < submitted_at),
        before=same[-1] if same else None,
    )


def _time(text: object) -> datetime | None:
    """Return a time with an offset from UTC; one without is in UTC."""
    try:
        time = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
