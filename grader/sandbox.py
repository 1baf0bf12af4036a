"""Programs of one submission, run in its isolated session, none of them twice."""

import hashlib
import json
from typing import Any

import numpy as np

from grader.isolation import Limits, Reply, Session

# After this many times, a file that runs out of time or memory is not asked again.
STRIKES = 2
EXHAUSTED = ("timeout", "cpu", "memory")


class Sandbox:
    """Ask one submission's session; a test's limits come from its line in ``assignment.toml``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._replies: dict[str, Reply] = {}
        self._strikes: dict[str, int] = {}

    def ask(self, program: dict[str, Any], arrays: dict[str, np.ndarray], seconds: float) -> Reply:
        """Run a program, or return what it returned before.

        Parameters
        ----------
        seconds : float
            Processor time; the wall clock may run twice as long, for a busy machine.
        """
        key = digest(program, arrays)
        if key not in self._replies:
            self._replies[key] = self._run(program, arrays, seconds)
        return self._replies[key]

    def _run(self, program: dict[str, Any], arrays: dict[str, np.ndarray], seconds: float) -> Reply:
        files = files_of(program)
        for file in files:
            if self._strikes.get(file, 0) >= STRIKES:
                sentence = f"submission/{file}.py ran out of time or memory {STRIKES} times before."
                return Reply(status="timeout", sentence=sentence)
        reply = self._session.run(program, arrays, Limits(wall=2 * seconds, cpu=int(seconds)))
        if reply.status in EXHAUSTED:
            for file in files:
                self._strikes[file] = self._strikes.get(file, 0) + 1
        return reply


def digest(program: dict[str, Any], arrays: dict[str, np.ndarray]) -> str:
    """Return a key of a program and its arrays."""
    summary = hashlib.sha256(json.dumps(program, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        summary.update(f"{name} {array.dtype} {array.shape}".encode())
        summary.update(np.ascontiguousarray(array).tobytes())
    return summary.hexdigest()


def files_of(program: dict[str, Any]) -> list[str]:
    """Return the submission's files that a program calls: model, loss, mrr."""
    files = set()
    for step in program["steps"]:
        if step["do"] == "net":
            files.add("model")
        elif step["do"] == "train":
            files.add("loss")
        elif step["do"] == "call":
            files.add(step["function"].split(".")[0])
    return sorted(files & {"model", "loss", "mrr"})
