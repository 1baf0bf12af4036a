"""What a worker of a study does: it keeps the ratings and the code, and trains one run a task."""

import hashlib
import shutil
import signal
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from distributed import Reschedule, Worker, WorkerPlugin, get_worker

from experiments.data.ratings import Ratings, split_ratings
from experiments.engine.store import RunRecord
from experiments.errors import UserError
from experiments.run import Run
from experiments.single_run import no_curves, run_epochs, settle_torch
from experiments.training.student_code import PACKAGE, StudentError, load_student_code, python_files
from experiments.worker import Failed

if TYPE_CHECKING:
    from experiments.training.trainer import Training

PROGRESS_SECONDS = 0.5
PROBE_SECONDS = 1.0
PROBE_EPOCHS = 3
LEAVE_SECONDS = 1.0


class WorkerUnfit(UserError):
    """A worker would not give the numbers that the others give; the message says why."""


class RunUnwanted(Exception):
    """Nobody waits for this run any more."""


class StudyWorker(WorkerPlugin):
    """Gives every worker, there now or joining later, the ratings and the student's code.

    Both come over the wire, once a worker: no disk need be shared.

    Parameters
    ----------
    name : str
        What tasks find it by.
    ratings : Ratings
    files : dict of str to bytes
        The student's Python files by their paths in the submission.
    own_machine : bool
        Whether the terminal that started the study reaches the workers with its Ctrl-C too.
    """

    def __init__(
        self, name: str, ratings: Ratings, files: dict[str, bytes], own_machine: bool
    ) -> None:
        self.name = name
        self.ratings = ratings
        self.files = files
        self.own_machine = own_machine
        self.software = software()
        self.unfit = ""

    def setup(self, worker: Worker) -> None:
        """Put the student's files down.

        Raises
        ------
        WorkerUnfit
            If the worker runs several tasks at once, or other software than the client. Of a
            worker that joins later Dask only logs it: ``prepared`` has that one leave.
        """
        try:
            self._check(worker)
        except WorkerUnfit as error:
            self.unfit = str(error)
            raise
        if self.own_machine and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client stops the runs
        self.folder = Path(worker.local_directory) / self.name / PACKAGE
        for path, content in self.files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)

    def teardown(self, worker: Worker) -> None:
        """Remove the student's files."""
        shutil.rmtree(Path(worker.local_directory) / self.name, ignore_errors=True)

    def _check(self, worker: Worker) -> None:
        if worker.state.nthreads != 1:
            raise WorkerUnfit(
                f"the worker at {worker.address} runs {worker.state.nthreads} tasks at once, and "
                "runs in one process would share their random streams; start it with --nthreads 1"
            )
        if software() != self.software:
            raise WorkerUnfit(
                f"the worker at {worker.address} has {_named(software())}, and the study "
                f"{_named(self.software)}: its numbers could differ. Install the same on it"
            )

    def training(self, configuration: Run) -> "Training":
        """Return the start of a run."""
        settle_torch(configuration)

        from experiments.training.trainer import Training

        split = split_ratings(
            self.ratings, configuration.seed_of("split"), configuration.training_fraction
        )
        return Training(configuration, split, load_student_code(self.folder))


def read_submission(folder: Path) -> dict[str, bytes]:
    """Return the Python files of a submission, by their paths in it."""
    files = python_files(folder)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def software() -> dict[str, str]:
    """Return what the numbers of a run depend on, beside the run itself."""
    code = hashlib.sha256()
    for file in (*sorted(Path(__file__).parents[1].glob("*.py")), Path(__file__)):
        code.update(file.name.encode() + file.read_bytes())
    # torchjd takes the step of the methods that balance by gradients.
    packages = ("torch", "torchjd", "numpy", "scipy")
    versions = {name: metadata.version(name) for name in packages}
    return {**versions, "experiments": code.hexdigest()[:8]}


def _named(software: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in software.items())


def prepared(study: str) -> StudyWorker:
    """Return what the worker that calls this has of a study.

    Raises
    ------
    Reschedule
        If the worker is unfit. It leaves, and says why under the topic ``study``.
    """
    worker = get_worker()
    plugin = worker.plugins[study]
    if plugin.unfit:
        worker.log_event(study, {"refused": plugin.unfit})
        worker.loop.add_callback(worker.close, reason="unfit for the study")
        time.sleep(LEAVE_SECONDS)  # the task may come back until the worker has left
        raise Reschedule
    return plugin


def train_run(configuration: Run, study: str) -> RunRecord | Failed:
    """Train a run on the worker that calls this, and return its record.

    The epoch is told under the topic ``study``, at most twice a second.

    Raises
    ------
    RunUnwanted
        When the client has taken the task back, or is gone.
    """
    worker = get_worker()
    task = worker.state.tasks[worker.get_current_task()]
    last_told = -PROGRESS_SECONDS

    def after_epoch(epoch: int, metrics: dict[str, float]) -> bool:
        nonlocal last_told
        if time.monotonic() - last_told >= PROGRESS_SECONDS:
            last_told = time.monotonic()
            worker.log_event(study, {"run": configuration.id, "epochs": epoch + 1})
        return task.state == "executing"

    try:
        training = prepared(study).training(configuration)
        record = run_epochs(training, no_curves(), after_epoch)
    except StudentError as error:
        return Failed(str(error))
    if record is None:
        raise RunUnwanted(configuration.id)
    return record


def probe_run(configuration: Run, study: str) -> float | Failed:
    """Return about how many seconds an epoch of a run takes on the worker that calls this."""
    try:
        training = prepared(study).training(configuration)
        seconds = []
        while sum(seconds) < PROBE_SECONDS and len(seconds) < PROBE_EPOCHS:
            started = time.perf_counter()
            training.run_epoch()
            seconds.append(time.perf_counter() - started)
    except StudentError as error:
        return Failed(str(error))
    return min(seconds)  # the first epochs also warm the caches
