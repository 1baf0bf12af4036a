"""Grade a right submission, so that an autograder that cannot grade is found when it is built."""

import sys
import tempfile
from pathlib import Path

from grader.contents import CONTENTS
from grader.engine.grader import Grader
from grader.misconceptions.catalogue import right


def main() -> None:
    """Say which isolation layers are active, or exit with what is wrong."""
    with Grader(CONTENTS) as grader, tempfile.TemporaryDirectory() as folder:
        assert grader.server, "an autograder has the sandbox"
        print("Isolation:", ", ".join(grader.server.layers))
        if not grader.isolated:
            sys.exit(
                "The autograder is not set up: nothing keeps a submission from the hidden tests. "
                f"It {'; it '.join(grader.server.leaks)}. "
                "Choose Ubuntu 22.04, variant Base, as base image, and build again. If this stays, "
                "the machine's kernel has no sandbox to offer: download the submissions, and grade "
                "them on a Linux machine of yours (docs/instructors.md, With neither)."
            )
        report = grader.grade(right().write(Path(folder)))
    lost = [
        f"{question.id} gets {question.points:g} of {question.max_points:g} points"
        for question in report.questions
        if question.points < question.max_points
    ]
    if report.problem or report.absent or lost:
        print(report.fault)
        said = ", ".join(lost) or "it is not graded"
        sys.exit(f"The autograder is not set up. Of a right submission, {said}. {report.problem}")
    print(f"The autograder is set up: a right submission gets {report.score:g} points.")


if __name__ == "__main__":
    main()
