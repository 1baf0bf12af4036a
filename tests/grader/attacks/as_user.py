"""Run attacks as the user of this process; print what came of each as JSON.

``argv``: a sandbox, the version of Landlock to use at most, a folder to write to, attacks.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from attack_bank import BPR, SCORES, TIGHT, everything_in, submission_of

from grader.isolation import ForkServer
from grader.isolation.worker import landlock


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
    with ForkServer(mode) as server:
        for attack in attacks:
            with server.open(submission_of(attack, names)) as session:
                replies = [session.run(BPR, SCORES, TIGHT) for _ in range(2)]
            server.rest()
            results[attack] = {
                "came": [everything_in(reply) for reply in replies],
                "left": [str(path) for path in scratch.glob("*/*")],
            }
        told = {"isolated": server.isolated, "layers": server.layers, "user": os.getuid()}
    print(json.dumps({"results": results, **told}))


if __name__ == "__main__":
    main()
