"""One of the processes that share a run out: what each does that torchrun starts."""

import contextlib
import json
import os
import re
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

import torch
import torch.distributed as dist

from experiments.distributed.task import EVENTS, FAILURE, TASK, load_split
from experiments.distributed.training import SharedOutTraining
from experiments.plain_errors import PlainError
from experiments.ratings import Split
from experiments.run import Run
from experiments.single_run import settle_torch
from experiments.student_code import StudentError, load_student_code
from experiments.worker import Event, see_through

PATIENCE = timedelta(hours=2)  # the longest that one process may wait for another
_OF_THE_NETWORK = re.compile(r"gloo|nccl|ProcessGroup|Connection (closed|reset|refused)", re.I)


class LostProcess(PlainError):
    """Another process of the group is gone, so this one cannot go on."""


class EventSink(Protocol):
    """What is told how the run goes, and says whether to stop: a pipe, or a terminal."""

    def send(self, event: Event) -> None: ...

    def poll(self) -> bool: ...


@contextlib.contextmanager
def joined_group(device: str) -> Iterator[int]:
    """Join the group of processes that torchrun started, and yield this one's place in it.

    Processors talk by gloo, NVIDIA cards by nccl, one card a process.
    """
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield dist.get_rank()
    finally:
        dist.destroy_process_group()


def see_run_through(
    configuration: Run, split: Split, submission: Path, results: Path, sink: EventSink
) -> None:
    """Start or resume a run together with the other processes of the group.

    The first process writes to ``results`` and tells ``sink`` what ``experiments.worker`` tells.

    Raises
    ------
    StudentError
        If the student's code cannot go on.
    LostProcess
        If another process is gone.
    """
    settle_torch(configuration)
    try:
        training = SharedOutTraining(configuration, split, load_student_code(submission))
        if dist.get_rank() == 0:
            last = see_through(training, results, sink)
            training.done()
            sink.send(last)
        else:
            training.follow()
    except (StudentError, RuntimeError) as error:
        cause = error.__cause__ or error
        if isinstance(cause, dist.DistError) or _OF_THE_NETWORK.search(str(cause)):
            raise LostProcess(str(cause)) from error
        raise


def main() -> None:
    """Do the task of a folder that ``experiments.distributed.torchrun`` wrote."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    folder = Path(sys.argv[1])
    task = json.loads((folder / TASK).read_text())
    configuration = Run.from_dict(task["config"])
    with joined_group(configuration.device) as place:
        try:
            with _connected(folder / EVENTS) if place == 0 else contextlib.nullcontext() as sink:
                see_run_through(
                    configuration,
                    load_split(folder),
                    Path(task["submission"]),
                    Path(task["results"]),
                    sink,
                )
        except LostProcess:
            raise  # the lost one, or torchrun, says why
        except Exception as error:
            text = f"process {place} of the run could not go on: {traceback.format_exc()}"
            told = str(error) if isinstance(error, StudentError) else text
            (folder / f"{FAILURE}{place}").write_text(told)
            sys.exit(1)


def _connected(path: Path) -> Connection:
    events = socket.socket(socket.AF_UNIX)
    events.connect(str(path))
    return Connection(events.detach())


if __name__ == "__main__":
    main()
