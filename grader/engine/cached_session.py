"""Calls of one submission, run in its isolated session, none of them twice."""

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.engine import calls
from grader.engine.check import Caller
from grader.engine.digests import digest_of_request
from grader.engine.replies import Reply
from grader.engine.sandbox import WALL_PER_CPU, Limits, Session

# How many calls of the longest time one file of the submission may take, in all.
CALLS_OF_A_FILE = 2
# Bytes of one reply, of all that are kept, and of one when these are used up. A right reply is
# below one MiB; what comes of 1,106 pairs that are broadcast against each other is below 20.
ONE_REPLY, ALL_REPLIES, A_SMALL_REPLY = 32 << 20, 128 << 20, 1 << 20


class CachedSession:
    """Call one submission's functions in its session.

    Parameters
    ----------
    call_seconds : float
        Processor time of one call; all calls that judge one file have twice as much together, so
        that one file's slowness takes no other file's time.
    deadline : float
        When, on the clock ``time.monotonic``, nothing may run any more.
    """

    def __init__(self, session: Session, call_seconds: float, deadline: float = math.inf) -> None:
        self._session = session
        self._call_seconds = call_seconds
        self._file_seconds = CALLS_OF_A_FILE * call_seconds
        self._deadline = deadline
        self._replies: dict[str, Reply] = {}
        self._spent: dict[str, float] = {}
        self._room = ALL_REPLIES

    def caller(self, file: str) -> Caller:
        """Return how tests of one file's code call it."""

        def call(function: str, arguments: Mapping[str, Any], reference: frozenset[str]) -> Reply:
            request, arrays = calls.request(function, arguments, reference)
            key = digest_of_request(request, arrays)
            if key not in self._replies:
                self._replies[key] = self._run(file, request, arrays)
            return self._replies[key]

        return call

    def _run(self, file: str, request: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reply:
        left = self._file_seconds - self._spent.get(file, 0.0)
        if left <= 0:
            sentence = f"{file} had used up its {self._file_seconds:g} seconds in the calls before."
            return Reply(status="timeout", sentence=sentence)
        seconds = min(self._call_seconds, left)
        wall = min(WALL_PER_CPU * seconds, self._deadline - time.monotonic())
        if wall <= 0:
            return Reply(status="timeout", sentence="The time for grading was up.")
        room = max(A_SMALL_REPLY, min(ONE_REPLY, self._room))
        limits = Limits(wall=wall, cpu=seconds, reply=room)
        reply = self._session.run(request, arrays, limits)
        spent = max(reply.cpu, reply.seconds / WALL_PER_CPU)  # code that waits uses no processor
        self._spent[file] = self._spent.get(file, 0.0) + spent
        self._room -= sum(array.nbytes for array in reply.arrays.values())
        return reply
