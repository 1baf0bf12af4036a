"""What happens to runs, as values. A listener is any function that takes an event."""

from collections.abc import Callable
from dataclasses import dataclass

from experiments.engine.store import RunRecord
from experiments.run import Run


@dataclass(frozen=True)
class AlreadyComplete:
    """The run was complete before, and is skipped."""

    run: Run
    record: RunRecord


@dataclass(frozen=True)
class Started:
    """The run begins, or begins again after its process died."""

    run: Run


@dataclass(frozen=True)
class Resumed:
    """The run continues after ``epochs`` epochs of before, whose curves are given."""

    run: Run
    epochs: int
    curves: dict[str, list[float]]


@dataclass(frozen=True)
class EpochUnderWay:
    """Every few seconds of a long epoch (from 0): the share of its minibatches that is done.

    At a share of 1 the evaluation begins.
    """

    run: Run
    epoch: int
    share: float


@dataclass(frozen=True)
class EpochFinished:
    """An epoch (from 0) is finished; the metrics are by their keys."""

    run: Run
    epoch: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class Noted:
    """There is something that the student should know about the run."""

    run: Run
    text: str


@dataclass(frozen=True)
class Finished:
    """The run is complete."""

    run: Run
    record: RunRecord
    weights: bytes  # the network's state_dict on the processor, as torch.save writes it


@dataclass(frozen=True)
class Failed:
    """The run cannot continue; the message is for the student."""

    run: Run
    message: str


@dataclass(frozen=True)
class Stopped:
    """The run was asked to stop, and can resume after ``epochs`` finished epochs."""

    run: Run
    epochs: int


@dataclass(frozen=True)
class Message:
    """A sentence about all of the runs, for the person who watches."""

    text: str


LastEvent = Finished | Failed | Stopped
Event = (
    AlreadyComplete
    | Started
    | Resumed
    | EpochUnderWay
    | EpochFinished
    | Noted
    | LastEvent
    | Message
)
Listener = Callable[[Event], None]
