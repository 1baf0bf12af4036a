"""Grade a right submission, so that an autograder that cannot grade is found when it is built."""

import sys
import tempfile
from pathlib import Path

from grader.contents import CONTENTS
from grader.engine.grader import Grader
from grader.misconceptions.entry import BASE


def main() -> None:
    """Say which isolation layers are active, or exit with what is wrong."""
    with Grader(CONTENTS) as grader, tempfile.TemporaryDirectory() as folder:
        print("Isolation:", ", ".join(grader.server.layers))
        if not grader.isolated:
            sys.exit(
                "The autograder is not set up: nothing keeps a submission from the hidden tests. "
                f"It {'; it '.join(grader.server.leaks)}. "
                "Choose Ubuntu 22.04, variant Base, as base image, and build again. If this stays, "
                "the machine's kernel has no sandbox to offer: download the submissions, and grade "
                "them on a Linux machine of yours (docs/instructors.md, With neither)."
            )
        for name in ("model.py", "loss.py", "mrr.py"):
            (Path(folder) / name).write_bytes((BASE / name).read_bytes())
        report = grader.grade(folder)
    if report.problem or report.absent or report.score < report.max_score:
        print(report.fault)
        sys.exit(
            "The autograder is not set up: a right submission gets "
            f"{report.score:g} of {report.max_score:g} points. {report.problem}"
        )
    print(f"The autograder is set up: a right submission gets {report.score:g} points.")


if __name__ == "__main__":
    main()
