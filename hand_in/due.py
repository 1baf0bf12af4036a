"""How long it is until the work is due."""

from datetime import datetime, timezone

UNITS = ((24 * 60, "day"), (60, "hour"), (1, "minute"))


def time_left(due: datetime, now: datetime) -> str:
    """Return ``is due in 2 hours 58 minutes``, or ``was due 3 days ago``.

    A time without an offset from UTC is taken as this machine's.
    """
    seconds = (due.astimezone(timezone.utc) - now.astimezone(timezone.utc)).total_seconds()
    left, parts = int(abs(seconds) // 60), []
    for size, unit in UNITS:
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}{'s' * (number > 1)}")
    words = " ".join(parts[:2]) or "less than a minute"
    return f"is due in {words}" if seconds >= 0 else f"was due {words} ago"
