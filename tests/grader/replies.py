"""Submissions that return what a test asks for, however strange it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from grader import adapter
from grader.engine import calls
from grader.engine.digests import digest_of_request
from grader.engine.hints import CatalogueCaller
from grader.engine.replies import Reply
from grader.misconceptions.catalogue import right

PART = frozenset[str]
# The base of the catalogue, which is right.
BASE = CatalogueCaller(adapter, right().load)


class Same(dict):
    """A dict that has the same value under every name, and in every other one."""

    def __init__(self, value: object) -> None:
        super().__init__({"0": value})

    def get(self, name: str, default: object = None) -> object:
        return self["0"]


class AnswerAlways:
    """A submission that returns one thing, whatever it is asked; ``node`` describes it."""

    def __init__(self, node: object, array: np.ndarray | None) -> None:
        self.reply = Reply("ok", node, {} if array is None else {"0": array})

    def __call__(self, function: str, arguments: Mapping[str, Any], reference: PART) -> Reply:
        return self.reply


class AnswerRightBut:
    """A right submission, but for one array; ``replies`` are those that it gave before.

    Parameters
    ----------
    place : tuple of str, or None
        The key in ``replies`` and the array's name in that reply.
    """

    def __init__(
        self,
        replies: dict[str, Reply],
        place: tuple[str, str] | None,
        array: np.ndarray | None,
    ) -> None:
        self.replies, self.place, self.array = replies, place, array

    def __call__(self, function: str, arguments: Mapping[str, Any], reference: PART) -> Reply:
        key = digest_of_request(*calls.request(function, arguments, reference))
        if key not in self.replies:
            self.replies[key] = BASE(function, arguments, reference)
        reply = self.replies[key]
        if self.place is None or key != self.place[0]:
            return reply
        kept = {name: array for name, array in reply.arrays.items() if name != self.place[1]}
        if self.array is not None:
            kept[self.place[1]] = self.array
        return replace(reply, arrays=kept)
