"""Do many independent tasks: in processes of this machine, or on the workers of a Dask cluster.

The study's runs and a course's submissions are such tasks. An executor yields what happens to them:
``Began``, ``Told``, and for each task, in the end, ``Ended`` or ``Lost``. A task whose process or
worker is killed begins again elsewhere.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any


class ExecutorError(Exception):
    """No process or worker can be had; the message says what to do."""


@dataclass(frozen=True)
class Began:
    """A task begins, or begins again after its process was lost."""

    task: Hashable


@dataclass(frozen=True)
class Told:
    """What the function that does a task has sent."""

    task: Hashable
    value: Any


@dataclass(frozen=True)
class Ended:
    """A task is done."""

    task: Hashable


@dataclass(frozen=True)
class Lost:
    """A task that cannot be done: its process ended, again and again or by itself.

    ``exit_code`` is the process's, negative for a signal; None where it is not known.
    """

    task: Hashable
    exit_code: int | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Said:
    """A sentence about the workers, for the person who watches."""

    text: str


TaskEvent = Began | Told | Ended | Lost | Said
