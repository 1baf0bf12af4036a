"""When the work is due, in words."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from problem_set.due import due_date, time_left

PACIFIC = timezone(timedelta(hours=-8))
DUE = datetime(2026, 12, 11, 23, 59, tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=58, seconds=30), "is due in 58 minutes"),
        (timedelta(hours=1, minutes=1), "is due in 1 hour 1 minute"),
        (timedelta(days=12, hours=3, minutes=7), "is due in 12 days 3 hours"),
        (timedelta(days=1), "is due in 1 day"),
        (timedelta(seconds=20), "is due in less than a minute"),
        (timedelta(hours=-2), "was due 2 hours ago"),
        (timedelta(seconds=-1), "was due less than a minute ago"),
    ],
)
def test_how_long_is_left(left, words):
    assert time_left(DUE, DUE - left) == words


def test_now_may_be_in_another_time_zone():
    assert time_left(DUE, datetime(2026, 12, 12, 7, 1, tzinfo=timezone.utc)) == (
        "is due in 58 minutes"
    )


def test_hours_count_across_a_change_of_daylight_saving():
    """Clocks go back by an hour on November 1, 2026, in Los Angeles."""
    zone = ZoneInfo("America/Los_Angeles")
    before = datetime(2026, 10, 31, 12, tzinfo=zone)
    assert time_left(datetime(2026, 11, 1, 12, tzinfo=zone), before) == "is due in 1 day 1 hour"
    assert time_left(datetime(2026, 11, 1, 12, tzinfo=PACIFIC), before) == "is due in 1 day 1 hour"


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (datetime(2026, 12, 11, 23, 59), "Friday, December 11, 2026, 11:59 pm"),
        (datetime(2026, 1, 5, 0, 0), "Monday, January 5, 2026, 12:00 am"),
        (datetime(2026, 1, 5, 12, 30), "Monday, January 5, 2026, 12:30 pm"),
    ],
)
def test_the_due_date_is_in_words(due: datetime, words: str) -> None:
    assert due_date(due) == words


@pytest.mark.parametrize(
    ("hours", "zone"), [(-8, "UTC-8"), (0, "UTC+0"), (5.5, "UTC+5:30"), (-3.5, "UTC-3:30")]
)
def test_the_due_date_names_its_zone(hours: float, zone: str) -> None:
    due = datetime(2026, 12, 11, 23, 59, tzinfo=timezone(timedelta(hours=hours)))
    assert due_date(due).endswith(f"({zone})")
