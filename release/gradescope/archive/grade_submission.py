"""Grade the submission that Gradescope has put into its place, in the time that there is.

What is printed is for instructors; students see ``results.json``.
"""

import signal
import sys
import time
from pathlib import Path

import psutil

from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader, grader_failed
from grader.engine.reports import write_report
from grader.engine.reports.wording import score_line
from grader.engine.results import Report
from problem_set.assignment import read_assignment
from problem_set.io import write_atomic

AUTOGRADER = Path("/autograder")
#: Seconds to spare at the end, for hints and a slow machine; a quarter of the time if less.
SPARE = 60.0


def main() -> None:
    """Leave a report after each test; the last one is complete."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the sandbox on the way
    submission = AUTOGRADER / "submission"
    try:
        with Grader(CONTENTS) as grader:
            report = grader.grade(submission, Asked(time_limit=seconds_left(), on_checkpoint=leave))
    except KeyboardInterrupt:
        sys.exit("Stopped from outside; results.json has what was judged until then.")
    except Exception as error:
        report = grader_failed(submission, error)
    leave(report)
    print("\n".join(for_instructors(report)))
    sys.exit(2 if report.grader_at_fault else 0)


def seconds_left() -> float:
    """Return how long tests may be judged, counted from when this process was started."""
    timeout = read_assignment().gradescope.timeout
    passed = time.time() - psutil.Process().create_time()
    return max(0.0, timeout - min(SPARE, timeout / 4) - passed)


def leave(report: Report) -> None:
    write_atomic(AUTOGRADER / "results" / "results.json", write_report(report, "gradescope"))


def for_instructors(report: Report) -> list[str]:
    """Return lines about this grading that no student needs."""
    lines = [f"{score_line(report)}, in {report.seconds:.0f} seconds."]
    lines.append("Isolation: " + (", ".join(report.layers) or "none"))
    return [*lines, report.problem, report.fault]


if __name__ == "__main__":
    main()
