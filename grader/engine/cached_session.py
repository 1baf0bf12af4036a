"""Calls of one submission, run in its isolated session, none of them twice.

Each call runs in a process of its own, so that nothing of one is there for the next. To fork,
confine and end a process takes longer than most calls do. So the calls that a question's tests make
run together first, in one process; a test that passes with what they returned is judged, and one
that fails asks again, call by call.
"""

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from grader.engine import calls
from grader.engine.check import Caller
from grader.engine.digests import digest_of_request
from grader.engine.replies import Reply
from grader.engine.sandbox import WALL_PER_CPU, Limits, Session

# How many calls of the longest time one file of the submission may take, in all.
CALLS_OF_A_FILE = 2
# Seconds of processor time, and by the clock, of all calls of a question together, which take a
# tenth of one: where they take longer, they run one by one, with all their time.
TOGETHER_SECONDS, TOGETHER_WALL = 2.0, 6.0
# Bytes of one reply, of all that are kept, and of one when these are used up. A right reply is
# below one MiB; what comes of 1,106 pairs that are broadcast against each other is below 20.
ONE_REPLY, ALL_REPLIES, A_SMALL_REPLY = 32 << 20, 128 << 20, 1 << 20


class Together:
    """Calls that run in one process: all those that the tests of a question make.

    Parameters
    ----------
    asked : iterable of (str, mapping)
        Their functions and arguments; those that are the same run once.
    """

    def __init__(self, asked: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        self._asked = tuple(asked)
        self._requests: dict[frozenset[str], dict[str, calls.Request]] = {}

    def requests(self, reference: frozenset[str]) -> dict[str, calls.Request]:
        """Return the calls with these parts from the reference, by ``digest_of_request``."""
        if reference not in self._requests:
            requests = [calls.request(*asked, reference) for asked in self._asked]
            self._requests[reference] = {
                digest_of_request(*request): request for request in requests
            }
        return self._requests[reference]


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
        self._together: dict[tuple[Together, frozenset[str]], dict[str, Reply]] = {}
        self._try_together = True
        self._spent: dict[str, float] = {}
        self._room = ALL_REPLIES

    def callers(self, file: str, together: Together) -> tuple[Caller, Caller]:
        """Return two ways in which tests of one file's code call it: a quick one, and alone.

        Alone, each call has a process of its own. The quick one answers with what the calls
        returned together, if anything; what is not among them is called alone.
        """

        def alone(function: str, arguments: Mapping[str, Any], reference: frozenset[str]) -> Reply:
            return self._alone(file, *calls.request(function, arguments, reference))

        def quick(function: str, arguments: Mapping[str, Any], reference: frozenset[str]) -> Reply:
            if (together, reference) not in self._together:
                replies = self._run_together(together.requests(reference))
                self._together[together, reference] = replies
            request = calls.request(function, arguments, reference)
            reply = self._together[together, reference].get(digest_of_request(*request))
            return self._alone(file, *request) if reply is None else reply

        return quick, alone

    def _run_together(self, requests: Mapping[str, calls.Request]) -> dict[str, Reply]:
        """Return replies by key: none with an answer if one call ended the process.

        Nor if one printed in a way that does not tell which one it was.
        """
        replies = dict.fromkeys(requests, Reply("exited"))
        wall = min(TOGETHER_WALL, self._deadline - time.monotonic())
        if not self._try_together or wall <= 0:
            return replies
        seconds = min(TOGETHER_SECONDS, self._call_seconds)
        limits = Limits(wall=wall, cpu=seconds, reply=self._reply_limit())
        reply = self._session.run(*calls.together([*requests.values()]), limits)
        self._try_together = reply.status not in ("cpu", "timeout")  # once is enough to wait
        if reply.status != "ok" or reply.output:
            return replies
        self._room -= sum(array.nbytes for array in reply.arrays.values())
        answers = calls.apart(reply.result, reply.arrays, len(requests))
        for key, answer in zip(requests, answers):
            if answer is not None:
                result, arrays, output = answer
                replies[key] = Reply("ok", result=result, arrays=arrays, output=output)
        return replies

    def _alone(self, file: str, request: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reply:
        key = digest_of_request(request, arrays)
        if key not in self._replies:
            self._replies[key] = self._run(file, request, arrays)
        return self._replies[key]

    def _run(self, file: str, request: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reply:
        left = self._file_seconds - self._spent.get(file, 0.0)
        if left <= 0:
            sentence = f"{file} had used up its {self._file_seconds:g} seconds in the calls before."
            return Reply(status="timeout", sentence=sentence)
        seconds = min(self._call_seconds, left)
        wall = min(WALL_PER_CPU * seconds, self._deadline - time.monotonic())
        if wall <= 0:
            return Reply(status="timeout", sentence="The time for grading was up.")
        limits = Limits(wall=wall, cpu=seconds, reply=self._reply_limit())
        reply = self._session.run(request, arrays, limits)
        spent = max(reply.cpu, reply.seconds / WALL_PER_CPU)  # code that waits uses no processor
        self._spent[file] = self._spent.get(file, 0.0) + spent
        self._room -= sum(array.nbytes for array in reply.arrays.values())
        return reply

    def _reply_limit(self) -> int:
        return max(A_SMALL_REPLY, min(ONE_REPLY, self._room))
