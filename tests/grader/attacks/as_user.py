"""Run attacks as the user of this process; print what came of each as JSON.

``argv``: a sandbox, the version of Landlock to use at most, a folder to write to, attacks.
"""

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from attack_bank import BPR, TIGHT, everything_in, submission_of

from grader.contents import CONTENTS
from grader.engine.grader import Grader
from grader.engine.sandbox.worker import landlock

#: Those that are ended for what they do, and have the time to do it on a busy machine.
ENDED_EARLY = ("small_threads", "fill_closed_folders")


def main() -> None:
    """Run every attack twice in one sandbox."""
    mode, version, folder, *attacks = sys.argv[1:]
    place, known = Path(folder), landlock.version()
    landlock.version = lambda: min(known, int(version))
    scratch = place / "scratch"
    scratch.mkdir()
    tempfile.tempdir = str(scratch)
    names = json.loads((place / "names.json").read_text())
    names["@PARENT@"] = str(os.getpid())
    results = {}
    with Grader(CONTENTS, mode).server as server:
        for attack in attacks:
            limits = replace(TIGHT, wall=10, cpu=10) if attack in ENDED_EARLY else TIGHT
            with server.open(submission_of(attack, names)) as session:
                replies = [session.run(*BPR, limits) for _ in range(2)]
            server.transport.end_submission(keep_spare=False)
            results[attack] = {
                "came": [everything_in(reply) for reply in replies],
                "sentences": [reply.sentence for reply in replies],
                "left": [str(path) for path in scratch.glob("*/*")],
            }
        report = {"isolated": server.isolated, "layers": server.layers, "user": os.getuid()}
    print(json.dumps({"results": results, **report}))


if __name__ == "__main__":
    main()
