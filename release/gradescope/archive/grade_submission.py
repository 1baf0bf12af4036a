"""Grade the submission that Gradescope has put into its place, in the time that there is.

What is printed is for instructors; students see ``results.json``.
"""

import signal
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import psutil

from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader, grader_failed
from grader.engine.reports import write_report
from grader.engine.reports.gradescope import regraded, write_results
from grader.engine.reports.gradescope_metadata import UNKNOWN, Metadata, read_metadata
from grader.engine.reports.wording import score_line
from grader.engine.results import Report
from grader.engine.visibility import Moment
from problem_set.assignment import Assignment, read_assignment
from problem_set.io import write_atomic
from problem_set.late import final_points

AUTOGRADER = Path("/autograder")
RESULTS = AUTOGRADER / "results" / "results.json"
#: Seconds to spare at the end, for hints and a slow machine; a quarter of the time if less.
SPARE = 60.0


def main() -> None:
    """Leave a report after each test; the last one is complete."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the sandbox on the way
    submission = AUTOGRADER / "submission"
    try:
        assignment = read_assignment()
        metadata = read_metadata(AUTOGRADER / "submission_metadata.json")
        leave = partial(leave_results, assignment, metadata)
        limit = seconds_left(assignment.gradescope.timeout)
        with Grader(CONTENTS) as grader:
            report = grader.grade(submission, Asked(time_limit=limit, on_checkpoint=leave))
        leave(report)
        report = after_late_policy(report, assignment, metadata)
    except KeyboardInterrupt:
        sys.exit("Stopped from outside; results.json has what was judged until then.")
    except Exception as error:
        report = grader_failed(submission, error)
        write_atomic(RESULTS, write_report(report, "gradescope"))
        metadata = UNKNOWN
    print("\n".join(for_instructors(report, metadata)))
    sys.exit(2 if report.grader_at_fault else 0)


def seconds_left(timeout: float) -> float:
    """Return how long tests may be judged, counted from when this process was started."""
    passed = time.time() - psutil.Process().create_time()
    return max(0.0, timeout - min(SPARE, timeout / 4) - passed)


def leave_results(assignment: Assignment, metadata: Metadata, report: Report) -> None:
    """Write what the student may see now."""
    due = metadata.due or assignment.course.due
    moment = Moment(due, datetime.now(timezone.utc), metadata.upload)
    report = after_late_policy(report, assignment, metadata)
    write_atomic(RESULTS, write_results(report, moment, metadata))


def after_late_policy(report: Report, assignment: Assignment, metadata: Metadata) -> Report:
    """Return the report with the points that count.

    Due dates and extensions are Gradescope's; what late work loses is in ``assignment.toml``.
    """
    due = metadata.due or assignment.course.due
    final = final_points(report.score, metadata.submitted_at, due, None, assignment.late)
    return replace(report, final=final)


def for_instructors(report: Report, metadata: Metadata) -> list[str]:
    """Return lines about this grading that no student needs, and what a regrade moved."""
    lines = [f"{score_line(report)}, in {report.seconds:.0f} seconds."]
    lines.append("Isolation: " + (", ".join(report.layers) or "none"))
    return [*lines, *regraded(report, metadata.before), report.problem, report.fault]


if __name__ == "__main__":
    main()
