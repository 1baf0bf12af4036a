"""What late work loses: by worked examples, and by properties that any policy has."""

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from problem_set.assignment import Late
from problem_set.late import (
    Extension,
    days_late,
    final_points,
    handed_in_late,
    own_due,
    rule_in_words,
)

ZONE = ZoneInfo("America/Los_Angeles")
DUE = datetime(2026, 12, 11, 23, 59, tzinfo=ZONE)
# Clocks go forward on March 14, 2027, and back on November 7, 2027.
SPRING = datetime(2027, 3, 12, 23, 59, tzinfo=ZONE)
AUTUMN = datetime(2027, 11, 5, 23, 59, tzinfo=ZONE)
TENTH = Late(percent_per_day=10)
MIXED = Late(percent_per_day=25, late_days=2, zero_after=5)


def after(due: datetime, **time: float) -> datetime:
    """Return the moment that much real time after another, as any clock may show it."""
    return due.astimezone(timezone.utc) + timedelta(**time)


@pytest.mark.parametrize(
    ("policy", "late", "left", "days", "used"),
    [
        (TENTH, {"days": -3}, 18, 0, 0),
        (TENTH, {"seconds": 0}, 18, 0, 0),
        (TENTH, {"seconds": 1}, 16.2, 1, 0),
        (TENTH, {"hours": 24}, 16.2, 1, 0),
        (TENTH, {"hours": 24, "seconds": 1}, 14.4, 2, 0),
        (TENTH, {"days": 40}, 0, 40, 0),
        (Late(), {"days": 3}, 18, 3, 0),
        (Late(zero_after=0), {"minutes": 1}, 0, 1, 0),
        (Late(zero_after=3), {"days": 3}, 18, 3, 0),
        (Late(zero_after=3), {"days": 3, "seconds": 1}, 0, 4, 0),
        (MIXED, {"days": 2}, 18, 2, 2),
        (MIXED, {"days": 3}, 13.5, 3, 2),
        (MIXED, {"days": 5, "seconds": 1}, 0, 6, 0),
    ],
)
def test_what_is_left_of_18_points(policy, late, left, days, used):
    final = final_points(18, after(DUE, **late), DUE, None, policy)
    assert (final.original, final.points) == (18, left)
    assert (final.days_late, final.late_days_used) == (days, used)
    assert bool(final.sentence) == (days > 0)


def test_a_half_hundredth_is_rounded_for_the_student_and_nothing_else_is():
    at = after(DUE, hours=1)
    assert final_points(18.25, at, DUE, None, TENTH).points == 16.43
    assert final_points(18.125, at, DUE, None, Late()).points == 18.125
    assert final_points(0.125, at, DUE, None, Late(percent_per_day=0.5)).points == 0.12


def test_a_student_reads_why():
    sentence = final_points(18, after(DUE, days=2, hours=3), DUE, None, MIXED).sentence
    assert sentence == (
        "It was due Friday, December 11, 2026, 11:59 pm (UTC-8), and came 2 days 3 hours late, "
        "which counts as 3 days. Late days pay for 2 of that. For the other 1 day, 25 % of 18 "
        "points are taken off, which leaves 13.5."
    )
    sentence = final_points(18, after(DUE, days=9), DUE, None, MIXED).sentence
    assert sentence.endswith("Work that is more than 5 days late gets no points.")
    extended = final_points(18, after(DUE, days=1), DUE, Extension(days=3), MIXED)
    assert extended.points == 18
    assert extended.sentence == (
        "In time: with the extension, it was due Monday, December 14, 2026, 11:59 pm (UTC-8)."
    )


def test_a_student_may_have_fewer_late_days_left_than_others():
    at = after(DUE, days=2)
    assert final_points(18, at, DUE, None, MIXED).points == 18
    assert final_points(18, at, DUE, Extension(late_days=1), MIXED).points == 13.5
    assert final_points(18, at, DUE, Extension(late_days=0), MIXED).points == 9


@pytest.mark.parametrize(
    ("due", "ends", "hours"),
    [
        (SPRING, datetime(2027, 3, 15, 23, 59, tzinfo=ZONE), 71),
        (AUTUMN, datetime(2027, 11, 8, 23, 59, tzinfo=ZONE), 73),
        (SPRING.replace(tzinfo=timezone(timedelta(hours=-8))), None, 72),
    ],
)
def test_an_extension_ends_at_the_same_hour_where_the_zone_is_named(due, ends, hours):
    limit = own_due(due, Extension(days=3))
    assert limit - timedelta(0) == (ends or due + timedelta(days=3))
    assert days_late(after(due, hours=hours), limit) == 0
    assert days_late(after(due, hours=hours, seconds=1), limit) == 1


@pytest.mark.parametrize("due", [SPRING, AUTUMN])
def test_a_day_late_is_24_hours_also_where_clocks_change(due):
    assert days_late(after(due, hours=48), due) == 2
    assert days_late(after(due, hours=48, seconds=1), due) == 3
    wall = due.replace(day=due.day + 2)  # the same hour on the clock: 47 or 49 hours later
    assert days_late(wall, due) == (2 if due == SPRING else 3)


def test_a_time_without_an_offset_is_that_of_the_course():
    for due in (SPRING, AUTUMN):
        wall = due.replace(day=due.day + 2, tzinfo=None)
        assert final_points(18, wall, due, None, TENTH) == final_points(
            18, wall.replace(tzinfo=ZONE), due, None, TENTH
        )


def test_where_nobody_knows_when_it_came_staff_are_told():
    def unknown(policy, extension=None, marked_late=True):
        return final_points(18, None, DUE, extension, policy, marked_late)

    for policy in (TENTH, MIXED, Late(zero_after=2)):
        final = unknown(policy)
        assert (final.points, final.days_late, final.undecided) == (18, None, True)
    assert "not known" in unknown(TENTH).sentence
    assert (unknown(Late(zero_after=0)).points, unknown(Late(zero_after=0)).undecided) == (0, False)
    assert unknown(Late(zero_after=0), Extension(days=2)).undecided
    assert not unknown(Late()).undecided and unknown(Late()).points == 18
    assert unknown(TENTH, marked_late=False).sentence == ""
    said = Extension(submitted_at=after(DUE, days=1))
    assert unknown(TENTH, said).points == 16.2


def test_who_hands_in_late_reads_the_same_rule_as_in_the_handout():
    assert handed_in_late(after(DUE, hours=-1), DUE, TENTH) == ""
    assert handed_in_late(after(DUE, hours=30), DUE, Late()) == ""
    said = handed_in_late(after(DUE, hours=30), DUE, TENTH)
    assert said == f"Without an extension, that counts as 2 days late. {rule_in_words(TENTH)}"


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(timezone.utc))
POLICIES = st.builds(
    Late,
    percent_per_day=st.floats(0, 100),
    late_days=st.integers(0, 5),
    zero_after=st.sampled_from([0, 1, 3.5, 7, math.inf]),
)
EXTENSIONS = st.one_of(
    st.none(),
    st.builds(
        Extension,
        due=st.none() | MOMENTS,
        days=st.floats(0, 30),
        late_days=st.none() | st.integers(0, 5),
    ),
)
POINTS = st.integers(0, 80).map(lambda quarters: quarters / 4) | st.floats(0, 20)


@given(POINTS, MOMENTS, MOMENTS, EXTENSIONS, POLICIES)
def test_nothing_is_won_and_no_more_than_all_is_lost(points, at, due, extension, policy):
    final = final_points(points, at, due.astimezone(ZONE), extension, policy)
    assert 0 <= final.points <= final.original == points
    assert final.points == points or (final.days_late and final.sentence)
    assert 0 <= final.late_days_used <= final.days_late
    assert not final.undecided


@given(POINTS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=9)), MOMENTS, POLICIES)
def test_later_is_never_better_and_a_longer_extension_never_worse(points, at, more, due, policy):
    due = due.astimezone(ZONE)
    now, later = (
        final_points(points, moment, due, None, policy).points for moment in (at, at + more)
    )
    assert later <= now
    extended = final_points(points, at, due, Extension(due=due + more), policy).points
    assert extended >= now


@given(POINTS, MOMENTS, MOMENTS, EXTENSIONS, POLICIES, st.integers(-14, 14))
def test_clocks_elsewhere_change_nothing(points, at, due, extension, policy, hours):
    due = due.astimezone(ZONE)
    elsewhere = at.astimezone(timezone(timedelta(hours=hours)))
    here = final_points(points, at, due, extension, policy)
    assert final_points(points, elsewhere, due, extension, policy) == here


@given(MOMENTS, MOMENTS)
def test_days_late_count_real_time(at, due):
    days = days_late(at, due.astimezone(ZONE))
    assert timedelta(days=days - 1) < max(at - due, timedelta(0)) <= timedelta(days=days) or (
        days == 0 and at <= due
    )


@given(POINTS, MOMENTS, MOMENTS, POLICIES)
def test_an_extension_that_is_taken_back_leaves_no_trace(points, at, due, policy):
    before = final_points(points, at, due, None, policy)
    assert final_points(points, at, due, Extension(), policy) == before
    assert final_points(before.original, at, due, None, replace(policy)) == before
