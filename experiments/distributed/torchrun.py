"""Runs one after the other, each in several processes that torchrun starts on this machine."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from experiments.distributed.task import EVENTS, FAILURE, task_folder, write_task
from experiments.ratings import Split
from experiments.records import RunRecord, read_record
from experiments.run import Run
from experiments.scheduling import (
    Listener,
    RunsFailed,
    RunsInterrupted,
    runs_to_do,
    tell_listener,
)
from experiments.worker import EpochFinished, EpochsRestored, Event, LastEvent, Stopped

STOP_SECONDS = 20  # a longer epoch is not waited for: it is done again from the last checkpoint
END_SECONDS = 10
LOOK_SECONDS = 0.2
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"  # a machine's way to itself

_ROOT_CAUSE = re.compile(r"Root Cause.*?rank\s*:\s*(\d+).*?exitcode\s*:\s*(-?\d+)", re.DOTALL)


class _Gone(Exception):
    """The processes ended without a last event."""


def complete_shared_out_runs(
    configurations: Sequence[Run],
    split: Split,
    submission: Path,
    results: Path,
    listener: Listener,
) -> list[RunRecord]:
    """See every run through that is not complete on disk, each in its number of processes.

    It is ``experiments.scheduling.complete_runs`` for runs whose configuration asks for more
    than one process: the same parameters, files and errors.

    Raises
    ------
    RunsFailed
        After the other runs are complete.
    RunsInterrupted
        On Ctrl-C, once the run under way has written where it is. One whose epochs take longer
        than ``STOP_SECONDS`` goes on after the last epoch that was finished.
    ValueError
        If a run weighs or looks at the two tasks' gradients by themselves.
    """
    for run in configurations:
        if run.balancing != "fixed" or run.gradient_interval:
            raise ValueError(
                f"{run.name}: gradients of the two tasks by themselves need one process"
            )
    failures: dict[str, str] = {}
    waiting = runs_to_do(configurations, results, listener)
    with task_folder(split) if waiting else contextlib.nullcontext() as folder:
        for configuration in waiting:
            write_task(folder, configuration, split, submission, results)
            listener.resumed(configuration.name, complete=False)
            with _torchrun(folder, configuration) as run:
                try:
                    for event in run.events():
                        tell_listener(listener, configuration.name, event)
                except _Gone:
                    failures[configuration.name] = run.explain_end()
                except KeyboardInterrupt:
                    listener.stopping()
                    raise RunsInterrupted({configuration.name: run.stop()}) from None
    if failures:
        raise RunsFailed(failures)
    records = [read_record(results, configuration.id) for configuration in configurations]
    return [record for record in records if record]


@contextlib.contextmanager
def _torchrun(folder: Path, configuration: Run) -> Iterator["_ProcessesOfARun"]:
    """Start the processes of the folder's task; at the end none of them is left."""
    project = str(Path(__file__).parents[2])
    environment = {
        "GLOO_SOCKET_IFNAME": LOOPBACK,
        "TORCH_CPP_LOG_LEVEL": "ERROR",  # it warns of networks that use all of their parameters
        **os.environ,
        "OMP_NUM_THREADS": str(configuration.threads),
        "PYTHONPATH": os.pathsep.join(filter(None, (project, os.environ.get("PYTHONPATH")))),
    }
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--local-addr", "127.0.0.1", "--nproc-per-node", str(configuration.processes)]
    # What the student's code prints is shown once.
    command += ["--local-ranks-filter", "0", "-m", "experiments.distributed.rank", str(folder)]
    for left in (folder / EVENTS, *folder.glob(f"{FAILURE}*")):
        left.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server, (folder / "log").open("w+") as log:
        server.bind(str(folder / EVENTS))
        server.listen()
        # A session of its own: Ctrl-C in the terminal reaches us alone, and we ask to stop.
        torchrun = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
        run = _ProcessesOfARun(configuration, folder, server, torchrun)
        try:
            yield run
        finally:
            run.end()


class _ProcessesOfARun:
    """Torchrun and what it started, as the process that started torchrun sees them."""

    def __init__(
        self,
        configuration: Run,
        folder: Path,
        server: socket.socket,
        torchrun: subprocess.Popen,
    ) -> None:
        self.run = configuration
        self.folder = folder
        self.server = server
        self.torchrun = torchrun
        self.connection: Connection | None = None
        self.epochs = 0

    def events(self, seconds: float = float("inf")) -> Iterator[Event]:
        """Yield events up to the last one, or as long as ``seconds`` have not passed.

        Raises
        ------
        _Gone
            If the processes end without a last event.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            alive = self.torchrun.poll() is None
            if not wait([self.connection or self.server], LOOK_SECONDS):
                if not alive:
                    raise _Gone
                continue
            if self.connection is None:
                self.connection = Connection(self.server.accept()[0].detach())
                continue
            try:
                event = self.connection.recv()
            except (EOFError, ConnectionResetError):
                raise _Gone from None
            if isinstance(event, EpochsRestored):
                self.epochs = event.epochs
            elif isinstance(event, EpochFinished):
                self.epochs = event.epoch + 1
            yield event
            if isinstance(event, LastEvent):
                return

    def stop(self) -> int:
        """Ask the run to write a checkpoint and end; return its finished epochs."""
        if self.connection is None:
            return self.epochs
        with contextlib.suppress(OSError, _Gone, KeyboardInterrupt):
            self.connection.send("stop")
            for event in self.events(STOP_SECONDS):
                if isinstance(event, Stopped):
                    return event.epochs
        return self.epochs

    def end(self) -> None:
        """Wait a moment for the processes to end, and kill them if they do not."""
        if self.connection:
            self.connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            self.torchrun.wait(END_SECONDS)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.torchrun.pid, signal.SIGKILL)
        self.torchrun.wait()

    def explain_end(self) -> str:
        """Say why the processes ended: the student's mistake, or which one died and how."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.torchrun.wait(END_SECONDS)
        for failure in sorted(self.folder.glob(f"{FAILURE}*")):
            return failure.read_text()
        log = (self.folder / "log").read_text(errors="replace")
        of = f"of the run's {self.run.processes} processes"
        again = "the same command again goes on after the last checkpoint"
        if not (cause := _ROOT_CAUSE.search(log)):
            return f"the run's processes ended; {again}. They said:\n{_last_lines(log)}"
        place, code = cause.groups()
        if code == "-9":
            return (
                f"number {place} {of} was killed, perhaps for want of memory: try fewer "
                f"--processes or a smaller --batch-size; {again}"
            )
        said = _last_lines(log.partition("torch/distributed/elastic")[0])
        return f"number {place} {of} ended with exit code {code}; {again}. They said:\n{said}"


def _last_lines(log: str, count: int = 12) -> str:
    return "\n".join(f"    {line}" for line in log.rstrip().splitlines()[-count:])
