"""What late work loses: one rule for students' folders, autograders, pages and gradebooks.

A day late is 24 hours of real time after the due date, whatever clocks did in between, and a day
that has begun counts as a whole one. An extension of days ends at the hour of the due date, as
clocks show it where the course is held: there, three days from Friday, 11:59 pm, are Monday,
11:59 pm, even if clocks change on Sunday.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from problem_set.assignment import Late
from problem_set.due import due_date, in_words, time_between

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Extension:
    """What one student has been granted.

    Attributes
    ----------
    due : datetime, optional
        The student's own due date, with an offset from UTC.
    days : float
        Days after the course's due date, where ``due`` is not given.
    late_days : int, optional
        Late days that the student has left; default those of the policy.
    submitted_at : datetime, optional
        When the work came, where the platform's export does not say.
    """

    due: datetime | None = None
    days: float = 0.0
    late_days: int | None = None
    submitted_at: datetime | None = None


NO_EXTENSION = Extension()


@dataclass(frozen=True)
class Final:
    """Points after the late policy.

    Attributes
    ----------
    original : float
        Points of the work, as if it had come in time.
    points : float
        What is left of them, to the hundredth of a point.
    days_late : int, optional
        Begun days after the student's own due date; 0 if in time; None if it is not known.
    late_days_used : int
        How many of them the student's late days pay for.
    sentence : str
        Why, for the student; empty where nothing was late, extended or unknown.
    undecided : bool
        Whether the policy takes something off and nobody knows how late the work is.
    """

    original: float
    points: float
    days_late: int | None
    late_days_used: int = 0
    sentence: str = ""
    undecided: bool = False


def days_late(submitted_at: datetime, due: datetime) -> int:
    """Return how many days of 24 hours have begun since the due date; 0 up to it."""
    return max(0, math.ceil(time_between(due, submitted_at) / DAY))


def own_due(due: datetime, extension: Extension | None) -> datetime:
    """Return a student's own due date.

    Days are added as clocks show them in the time zone of ``due``.
    """
    extension = extension or NO_EXTENSION
    return extension.due or due + timedelta(days=extension.days)


def final_points(
    points: float,
    submitted_at: datetime | None,
    due: datetime,
    extension: Extension | None,
    policy: Late,
    marked_late: bool = False,
) -> Final:
    """Return what is left of a submission's points.

    Parameters
    ----------
    submitted_at : datetime, optional
        When it came; without an offset from UTC, as clocks show it in the time zone of ``due``.
        None if nobody knows.
    due : datetime
        The course's due date.
    extension : Extension, optional
        What the student has been granted.
    marked_late : bool
        Whether the platform says that it came late, without saying when.
    """
    extension = extension or NO_EXTENSION
    submitted_at = submitted_at or extension.submitted_at
    limit = own_due(due, extension)
    if submitted_at and submitted_at.tzinfo is None:
        submitted_at = submitted_at.replace(tzinfo=due.tzinfo)
    if submitted_at is None:
        return _without_time(points, limit == due, policy, marked_late)
    late = days_late(submitted_at, limit)
    if not late:
        extended = f"In time: with the extension, it was due {due_date(limit)}."
        return Final(points, points, 0, sentence=extended if limit != due else "")
    length = in_words(time_between(limit, submitted_at))
    counts = "" if length == _days(late) else f", which counts as {_days(late)}"
    when = f"It was due {due_date(limit)}, and came {length} late{counts}."
    if late > policy.zero_after:
        return Final(points, 0.0, late, sentence=f"{when} {_cut_off(policy)}")
    budget = policy.late_days if extension.late_days is None else extension.late_days
    used = min(late, budget)
    percent = min(100.0, policy.percent_per_day * (late - used))
    left = min(points, _hundredths(points * (1 - percent / 100))) if percent else points
    said = [when]
    if used:
        said.append(f"Late days pay for {'all' if used == late else used} of that.")
    if percent:
        taken = f"{percent:g} % of {points:g} points are taken off, which leaves {left:g}."
        said.append(f"For the other {_days(late - used)}, {taken}" if used else taken)
    else:
        said.append("Nothing is taken off.")
    return Final(points, left, late, used, " ".join(said))


def _without_time(points: float, on_course_date: bool, policy: Late, marked_late: bool) -> Final:
    if not marked_late:
        return Final(points, points, None)
    if policy == Late():
        return Final(points, points, None, sentence="This came late. Nothing is taken off.")
    if policy.zero_after == 0 and on_course_date:
        return Final(points, 0.0, None, sentence=f"This came late. {_cut_off(policy)}")
    said = "This came late, and how late is not known. Nothing is taken off yet."
    return Final(points, points, None, sentence=said, undecided=True)


def rule_in_words(policy: Late) -> str:
    """Return what late work loses, for students; empty if it loses nothing."""
    if policy == Late():
        return ""
    if policy.zero_after == 0:
        return _cut_off(policy)
    said = []
    if policy.late_days:
        said.append(f"{_days(policy.late_days)} late cost nothing, if you have them left.")
    if policy.percent_per_day:
        each = "each further day" if policy.late_days else "each day"
        lost = f"{policy.percent_per_day:g} % of the points are lost"
        said.append(f"For {each} late, begun ones counted, {lost}.")
    if policy.zero_after < math.inf:
        said.append(_cut_off(policy))
    return " ".join(said)


def handed_in_late(now: datetime, due: datetime, policy: Late) -> str:
    """Return what a student who hands in now should know; empty if in time, or if it costs nothing.

    Extensions are not known in a student's folder.
    """
    late, rule = days_late(now, due), rule_in_words(policy)
    if not late or not rule:
        return ""
    return f"Without an extension, that counts as {_days(late)} late. {rule}"


def _cut_off(policy: Late) -> str:
    if not policy.zero_after:
        return "Late work gets no points."
    return f"Work that is more than {_days(policy.zero_after)} late gets no points."


def _days(number: float) -> str:
    return f"{number:g} day{'s' * (number != 1)}"


def _hundredths(points: float) -> float:
    """Return points to the hundredth; a half is rounded up, for the student."""
    return math.floor(points * 100 + 0.5 + 1e-9) / 100
