"""What has changed since an earlier grading, in sentences for the student."""

from collections.abc import Collection, Mapping

from grader.engine.reports.wording import points
from grader.engine.results import Report

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def mistakes_of(report: Report) -> tuple[str, ...]:
    """Return the ids of the mistakes that a report names, each once."""
    return tuple(dict.fromkeys(hint.id for test in report.tests for hint in test.hints))


def mistakes_gone(before: Collection[str], now: Collection[str]) -> str:
    """Return what became of the mistakes of an earlier upload, in one or two sentences.

    Empty if there were none.
    """
    gone, new = set(before) - set(now), set(now) - set(before)
    count = _number(len(before))
    if not before:
        return ""
    if len(before) == 1:
        said = "Your mistake is gone." if gone else "Your mistake is still there."
    elif not gone:
        said = f"Your {count} mistakes are still there."
    elif len(gone) == len(before):
        all_ = "Both of your" if len(before) == 2 else f"All of your {count}"
        said = f"{all_} mistakes are gone."
    else:
        verb = "is" if len(gone) == 1 else "are"
        said = f"{_number(len(gone)).capitalize()} of your {count} mistakes {verb} gone."
    if new:
        said += f" {_number(len(new)).capitalize()} {'is' if len(new) == 1 else 'are'} new."
    return said


def points_changed(report: Report, before: Mapping[str, float], reason: str) -> list[str]:
    """Return what another grading of the same submission has changed, by test.

    Parameters
    ----------
    before : mapping
        The points of each test, by id.
    reason : str
        Why it was graded again, as a sentence; empty if the course does not say.
    """
    lines = [
        f"{test.id}: {points(test.points)} of {points(test.max_points)} points, "
        f"{points(before.get(test.id, 0))} before."
        for test in report.tests
        if test.points != before.get(test.id, 0)
    ]
    said = f"This was graded again. {reason}".strip()
    return [said, *lines] if lines else [f"{said} Your points are the same."]


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
