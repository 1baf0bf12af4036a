"""Dates and durations in words: when the work is due, how long that is, how late something is."""

from datetime import datetime, timedelta, timezone

UNITS = ((24 * 60, "day"), (60, "hour"), (1, "minute"))


def due_date(due: datetime) -> str:
    """Return the due date in words: ``Friday, December 11, 2026, 11:59 pm (UTC-8)``.

    A time without an offset from UTC is in words without one.
    """
    text = f"{due:%A, %B} {due.day}, {due.year}, {due.hour % 12 or 12}:{due:%M}"
    text += " am" if due.hour < 12 else " pm"
    offset = due.utcoffset()
    if offset is not None:
        hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
        sign = "-" if offset.total_seconds() < 0 else "+"
        text += f" (UTC{sign}{hours}" + (f":{minutes:02})" if minutes else ")")
    return text


def time_left(due: datetime, now: datetime) -> str:
    """Return ``is due in 2 hours 58 minutes``, or ``was due 3 days ago``.

    A time without an offset from UTC is taken as this machine's.
    """
    left = time_between(now, due)
    words = in_words(left)
    return f"is due in {words}" if left >= timedelta(0) else f"was due {words} ago"


def time_between(earlier: datetime, later: datetime) -> timedelta:
    """Return the real time from one moment to another, whatever clocks did in between.

    Python subtracts two times of one zone as clocks on a wall show them, which is an hour off
    where daylight saving begins or ends between them.
    """
    return later.astimezone(timezone.utc) - earlier.astimezone(timezone.utc)


def in_words(duration: timedelta) -> str:
    """Return a duration, or its opposite, in its two largest units: ``2 hours 58 minutes``."""
    left, parts = int(abs(duration.total_seconds()) // 60), []
    for size, unit in UNITS:
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}{'s' * (number > 1)}")
    return " ".join(parts[:2]) or "less than a minute"
