"""What the suite says of the tests that it leaves out."""

from tests.conftest import TAKES_MINUTES, left_out


def test_nothing_is_said_where_nothing_is_left_out() -> None:
    assert left_out([]) == ""


def test_one_line_counts_what_takes_minutes_and_what_the_machine_lacks() -> None:
    line = left_out([TAKES_MINUTES, "There is no LaTeX on this machine", TAKES_MINUTES])
    assert line.startswith(
        "3 tests were left out: 2 that would make this take much longer and 1 that need"
    )
    assert "CI=true make test" in line and "\n" not in line
