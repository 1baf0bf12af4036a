"""Everything that grading found, with nothing held back: for instructors."""

import json

from grader.engine.results import Report


def write(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n"
