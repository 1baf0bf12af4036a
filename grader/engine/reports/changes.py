"""What has changed since an earlier grading, in sentences for the student."""

from collections.abc import Collection, Mapping

from grader.engine.reports.wording import points
from grader.engine.results import PASSED, Report

SAME = 1e-9  # points
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def mistakes_of(report: Report) -> tuple[str, ...]:
    """Return the ids of the mistakes that a report names, each once."""
    return tuple(dict.fromkeys(hint.id for test in report.tests for hint in test.hints))


def tests_of_mistakes(report: Report) -> dict[str, list[str]]:
    """Return the mistakes that a report names, each with the tests whose failure it explains."""
    return {
        id_: [test.id for test in report.tests if any(hint.id == id_ for hint in test.hints)]
        for id_ in mistakes_of(report)
    }


def mistakes_gone(before: Mapping[str, Collection[str]], report: Report) -> str:
    """Return what became of the mistakes of an earlier upload, in a few sentences.

    Empty if there were none. A mistake that is not named any more is gone if all the tests that it
    explained pass now, or fail by another one that is named: a file that cannot be imported has
    no mistakes that anybody sees.

    Parameters
    ----------
    before : mapping
        Those mistakes, as ``tests_of_mistakes`` returns them.
    """
    if not before:
        return ""
    now = tests_of_mistakes(report)
    unexplained = {test.id for test in report.tests if test.status != PASSED and not test.hints}
    unclear = {id_ for id_, tests in before.items() if id_ not in now and unexplained & {*tests}}
    gone, new = before.keys() - now.keys() - unclear, now.keys() - before.keys()
    still = len(before) - len(gone) - len(unclear)
    said = [*_of_all(len(before), len(gone), still), _of_unclear(len(before), len(unclear))]
    if new:
        said.append(f"{_number(len(new)).capitalize()} {_be(len(new))} new.")
    return " ".join(filter(None, said))


def _of_all(count: int, gone: int, still: int) -> list[str]:
    number = _number(count)
    if not gone and not still:
        return []
    if count == 1:
        return ["Your mistake is gone." if gone else "Your mistake is still there."]
    if gone == count:
        return [f"{'Both of your' if count == 2 else f'All of your {number}'} mistakes are gone."]
    if still == count:
        return [f"Your {number} mistakes are still there."]
    some, state = (gone, "gone") if gone else (still, "still there")
    return [f"{_number(some).capitalize()} of your {number} mistakes {_be(some)} {state}."]


def _of_unclear(count: int, unclear: int) -> str:
    if not unclear:
        return ""
    its = "its" if unclear == 1 else "their"
    which = _number(unclear) if unclear < count else f"your {_number(count)} mistakes"
    which = "your mistake" if count == 1 else which
    gone = f"Whether {which} {_be(unclear)} gone cannot be seen"
    return f"{gone}: {its} tests do not pass for another reason."


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def graded_again(
    report: Report, score: float | None, before: Mapping[str, float], reason: str = ""
) -> list[str]:
    """Return what another grading of the same submission has changed: in all, then by test.

    Of tests that are withheld nothing is said, nor of the points in all, which have them in.

    Parameters
    ----------
    score : float, optional
        The points in all before.
    before : mapping
        The points of each test before, by id; empty if no test was judged then.
    reason : str
        Why it was graded again, as a sentence; empty if the course does not say.
    """
    now = {test.id: test for test in report.tests}
    lines = []
    if before:
        lines = [
            f"{id_}: {points(test.points)} of {points(test.max_points)} points, "
            + (f"{points(before[id_])} before." if id_ in before else "a new test.")
            for id_, test in now.items()
            if id_ not in before or not is_same(test.points, before[id_])
        ]
        removed = before.keys() - now.keys() if not report.withheld else ()
        lines += [
            f"{id_}: no test any more, {points(before[id_])} points before."
            for id_ in before
            if id_ in removed
        ]
    if report.withheld:
        moved = "" if lines else "The tests that you see have the same points."
    else:
        moved = points_moved(score, report.counted) or (
            "Your points are the same" + ("; single tests changed." if lines else ".")
        )
    return [" ".join(filter(None, ["This was graded again.", moved, reason])), *lines]


def points_moved(before: float | None, now: float | None) -> str:
    """Return how somebody's points changed, as a sentence; empty if they did not."""
    if is_same(before, now):
        return ""
    if before is None:
        return f"You now have {_rounded(now)} points; this was not graded before."
    if now is None:
        return f"You had {_rounded(before)} points, and now this is not graded."
    return f"Your points changed from {_rounded(before)} to {_rounded(now)}."


def is_same(one: float | None, other: float | None) -> bool:
    """Return whether two numbers of points are the same, or both are none."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME


def _rounded(value: float | None) -> str:
    return "none" if value is None else points(round(value, 2))


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
