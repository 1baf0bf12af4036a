"""Programs of one submission, run in its isolated session, none of them twice."""

import hashlib
import json
import math
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.engine.check import Program
from grader.engine.sandbox import Limits, Reply, Session

# After this many times, a file that runs out of time or memory is not asked again.
STRIKES = 2
EXHAUSTED = ("timeout", "cpu", "memory")
# Seconds that all requests of a submission may run, together. Right ones take two or three.
BUDGET = 120.0
# Bytes of one reply, of all that are kept, and of one when these are used up. A right reply is
# below one MiB; what comes of 1,106 pairs that are broadcast against each other is below 20.
ONE_REPLY, ALL_REPLIES, A_SMALL_REPLY = 32 << 20, 128 << 20, 1 << 20


class Sandbox:
    """Ask one submission's session; a test's limits come from its line in ``assignment.toml``.

    ``until`` is when, on the clock ``time.monotonic``, no program may run any more.
    """

    def __init__(self, session: Session, until: float = math.inf) -> None:
        self._session = session
        self._until = until
        self._replies: dict[str, Reply] = {}
        self._strikes: dict[str, int] = {}
        self._room = ALL_REPLIES
        self._spent = 0.0

    @property
    def used_up(self) -> bool:
        """Whether the submission has run for all the time that it may."""
        return self._spent >= BUDGET

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

    def prepare(self, requests: list[Program], seconds: float) -> None:
        """Run several programs in one go, so that ``ask`` has their replies at hand.

        If they do not all come back in order, nothing is kept: ``ask`` then runs each by itself,
        so that one program that fails costs the others nothing.
        """
        fresh = [r for r in requests if digest(*r) not in self._replies]
        if len(fresh) < 2:
            return
        arrays = {
            f"{index}/{name}": array
            for index, (_, own) in enumerate(fresh)
            for name, array in own.items()
        }
        programs = {"programs": [program for program, _ in fresh]}
        reply = self._run(programs, arrays, seconds)
        results = reply.result.get("results")
        if reply.status != "ok" or not isinstance(results, list) or len(results) != len(fresh):
            return
        for index, (request, result) in enumerate(zip(fresh, results)):
            prefix = f"{index}/"
            own = {
                name.removeprefix(prefix): array
                for name, array in reply.arrays.items()
                if name.startswith(prefix)
            }
            facts = result if isinstance(result, dict) else {}
            self._replies[digest(*request)] = replace(reply, result=facts, arrays=own)

    def _run(self, program: dict[str, Any], arrays: dict[str, np.ndarray], seconds: float) -> Reply:
        files = files_of(program)
        for file in files:
            if self._strikes.get(file, 0) >= STRIKES:
                sentence = f"submission/{file}.py ran out of time or memory {STRIKES} times before."
                return Reply(status="timeout", sentence=sentence)
        left = min(self._until - time.monotonic(), BUDGET - self._spent)
        if left <= 0:
            return Reply(status="timeout", sentence="The time for grading was up.")
        room = max(A_SMALL_REPLY, min(ONE_REPLY, self._room))
        limits = Limits(wall=min(2 * seconds, left), cpu=math.ceil(seconds), reply=room)
        reply = self._session.run(program, arrays, limits)
        self._spent += reply.seconds
        self._room -= sum(array.nbytes for array in reply.arrays.values())
        if reply.status in EXHAUSTED:
            for file in files:
                self._strikes[file] = self._strikes.get(file, 0) + 1
        return reply


@dataclass(frozen=True)
class TimedAsk:
    """How one test asks: the submission's sandbox, and the seconds that a program may take."""

    sandbox: Sandbox
    seconds: float

    def __call__(self, program: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reply:
        return self.sandbox.ask(program, arrays, self.seconds)

    def prepare(self, programs: list[Program]) -> None:
        self.sandbox.prepare(programs, self.seconds)


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
    programs = program.get("programs", [program])
    files = set()
    for step in (step for each in programs for step in each["steps"]):
        if step["do"] == "net":
            files.add("model")
        elif step["do"] == "train":
            files.add("loss")
        elif step["do"] == "call":
            files.add(step["function"].split(".")[0])
    return sorted(files & {"model", "loss", "mrr"})
