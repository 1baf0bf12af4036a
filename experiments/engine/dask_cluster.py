"""Runs on the workers of a Dask cluster that exists, on as many machines as it has."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

from distributed import Worker

from experiments.data.ratings import Ratings
from experiments.engine.events import (
    EpochFinished,
    Event,
    Failed,
    Finished,
    Message,
    Noted,
    Started,
)
from experiments.engine.store import Store, made_by
from experiments.engine.train_run import train_run
from experiments.errors import UserError
from experiments.run import Run
from experiments.training.student_code import (
    PACKAGE,
    StudentError,
    code_digest,
    find_submission,
    load_student_code,
    python_files,
)
from problem_set.executors import Began, ExecutorError, Lost, Said, Told, dask_cluster
from problem_set.executors.dask_cluster import WorkerUnfit

PROGRESS_SECONDS = 0.5


class Preparation(dask_cluster.Preparation):
    """Gives every worker, there now or joining later, the ratings and the student's code.

    The submission's files are read now: later changes do not matter.
    """

    def __init__(self, ratings: Ratings, submission: Path) -> None:
        super().__init__()
        self.ratings = ratings
        self.files = {
            file.relative_to(submission).as_posix(): file.read_bytes()
            for file in python_files(submission)
        }
        self.made_by = made_by(code_digest(submission))

    def prepare(self, worker: Worker) -> None:
        """Put the student's files down.

        Raises
        ------
        WorkerUnfit
            If the worker runs other software than the client.
        """
        here = made_by(self.made_by.submission)
        if difference := here.differs_from(self.made_by):
            raise WorkerUnfit(
                f"the worker at {worker.address} has {difference}: its numbers could differ. "
                "Install the same on it"
            )
        self.folder = Path(worker.local_directory) / self.name / PACKAGE
        for path, content in self.files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)

    def teardown(self, worker: Worker) -> None:
        """Remove the student's files."""
        shutil.rmtree(Path(worker.local_directory) / self.name, ignore_errors=True)

    def work(self, task: Run, tell: Callable[[Event | None], None]) -> Finished | Failed:
        """Train a run, and return its last event; epochs are told at most twice a second."""
        last_told = -PROGRESS_SECONDS
        try:
            code = load_student_code(self.folder)
            for event in train_run(task, self.ratings, code, self.made_by):
                if isinstance(event, Finished):
                    return event
                now = time.monotonic()
                if isinstance(event, Noted) or now - last_told >= PROGRESS_SECONDS:
                    last_told = now if isinstance(event, EpochFinished) else last_told
                    tell(event)
                else:
                    tell(None)
        except StudentError as error:
            return Failed(task, str(error))
        raise AssertionError("train_run ends with Finished")


class DaskCluster:
    """An executor that does runs on a cluster; get one by ``join_cluster``.

    No disk is shared, so a run that is stopped, or whose worker is lost, restarts.
    """

    def __init__(self, cluster: "dask_cluster.DaskCluster[Run]", preparation: Preparation) -> None:
        self.cluster = cluster
        self.client = cluster.client
        self.preparation = preparation
        self.made_by = preparation.made_by

    def __len__(self) -> int:
        """How many runs can be under way at once, now."""
        return len(self.cluster)

    @property
    def slowed(self) -> int:
        """How many workers give memory back at each step, which takes longer than the step."""
        return self.cluster.slowed

    def events(self, runs: Sequence[Run], store: Store | None) -> Iterator[Event]:
        """Do the runs; ``store`` is not used, as no disk is shared.

        Raises
        ------
        UserError
            If the scheduler is lost.
        """
        with _errors_for_users():
            for event in self.cluster.events(runs):
                if isinstance(event, Began):
                    yield Started(cast(Run, event.task))
                elif isinstance(event, Told):
                    yield event.value
                elif isinstance(event, Said):
                    yield Message(event.text)
                elif isinstance(event, Lost):
                    yield Failed(cast(Run, event.task), _why_lost(event))

    def stop(self) -> Iterator[Event]:
        """Take the runs back; they restart another time."""
        self.cluster.stop()
        return iter(())


@contextlib.contextmanager
def join_cluster(address: str, ratings: Ratings, submission: Path) -> Iterator[DaskCluster]:
    """Join a scheduler, and give its workers the ratings and the code.

    Raises
    ------
    UserError
        If the scheduler does not answer, or a worker lacks this project's code, or would not give
        the numbers that the others give.
    StudentError
        If there is no submission.
    """
    preparation = Preparation(ratings, find_submission(submission))
    with _errors_for_users(), dask_cluster.join_cluster(address, preparation) as cluster:
        yield DaskCluster(cluster, preparation)


@contextlib.contextmanager
def _errors_for_users() -> Iterator[None]:
    try:
        yield
    except ExecutorError as error:
        raise UserError(str(error)) from error


def _why_lost(event: Lost) -> str:
    if event.error is not None:
        return f"{type(event.error).__name__}: {event.error}"
    return "failed on a dozen workers: out of memory, or your code ends its process"
