"""Calls of one submission, run in its isolated session, none of them twice.

Each call should have a process of its own, so that nothing of one is there for the next. To fork,
confine and end a process takes longer than most calls do, though. So the calls that a question's
tests make run together first, in one process, and a test that passes with what they returned is
judged. If one fails, they run once more, in reverse order. Where that makes no difference, nothing
is left by one call for another; else each call runs alone.
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
            self._requests[reference] = dict(_with_key(*asked, reference) for asked in self._asked)
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
        self._sure: dict[tuple[Together, frozenset[str]], dict[str, Reply]] = {}
        self._try_together = True
        self._spent: dict[str, float] = {}
        self._room = ALL_REPLIES

    def callers(self, file: str, together: Together) -> tuple[Caller, Caller]:
        """Return two ways in which tests of one file's code call it: a quick one, and a sure one.

        The quick one answers with what the calls returned together, if anything. The sure one does
        so only if they returned the same in reverse order; else each call has its own process, as
        have those of which nothing came, and those that are not among them.
        """

        def quick(function: str, arguments: Mapping[str, Any], reference: frozenset[str]) -> Reply:
            key, request = _with_key(function, arguments, reference)
            reply = self._answers(together, reference).get(key)
            return self._alone(file, key, request) if reply is None else reply

        def sure(function: str, arguments: Mapping[str, Any], reference: frozenset[str]) -> Reply:
            key, request = _with_key(function, arguments, reference)
            reply = self._sure_answers(together, reference).get(key)
            return self._alone(file, key, request) if reply is None else reply

        return quick, sure

    def _answers(self, together: Together, reference: frozenset[str]) -> dict[str, Reply]:
        """Return what came of calls together, by key."""
        if (together, reference) not in self._together:
            self._together[together, reference] = self._run_together(together.requests(reference))
        return self._together[together, reference]

    def _sure_answers(self, together: Together, reference: frozenset[str]) -> dict[str, Reply]:
        """Return the answers of calls together; none if the order of the calls changes one."""
        if (together, reference) not in self._sure:
            answered = {
                k: r for k, r in self._answers(together, reference).items() if r.status == "ok"
            }
            requests = together.requests(reference)
            again = self._run_together(dict(reversed(requests.items()))) if answered else {}
            same = all(_same(reply, again[key]) for key, reply in answered.items())
            self._sure[together, reference] = answered if same else {}
        return self._sure[together, reference]

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

    def _alone(self, file: str, key: str, request: calls.Request) -> Reply:
        if key not in self._replies:
            self._replies[key] = self._run(file, *request)
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


def _with_key(
    function: str, arguments: Mapping[str, Any], reference: frozenset[str]
) -> tuple[str, calls.Request]:
    request = calls.request(function, arguments, reference)
    return digest_of_request(*request), request


def _same(first: Reply, second: Reply) -> bool:
    """Whether two calls returned the same, to the bit."""
    return (
        (first.status, first.result) == (second.status, second.result)
        and first.arrays.keys() == second.arrays.keys()
        and all(_bits(array) == _bits(second.arrays[name]) for name, array in first.arrays.items())
    )


def _bits(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, array.tobytes()
