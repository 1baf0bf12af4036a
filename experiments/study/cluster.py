"""The processes that a study's runs are done in: this machine's, or a cluster that exists."""

import contextlib
import logging
import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dask
from distributed import Client, LocalCluster, Status

from experiments.data.ratings import Ratings
from experiments.errors import UserError
from experiments.study.worker import StudyWorker, read_submission

CONNECT_SECONDS = 15

# A run is minutes of arithmetic and a result of some kilobytes. What Dask does for many small
# tasks would take some four per cent of a core from each of them; so, a fifth of it.
LOCAL_SETTINGS = {
    "distributed.scheduler.worker-saturation": 1.0,  # a killed worker takes one run with it
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "1h",
    "distributed.admin.system-monitor.interval": "10s",
    # Dask's own has torch give memory back to the system at each step, and ask for it anew.
    "distributed.nanny.pre-spawn-environ": {},
    # Dask closes a worker for good that does not come back in 15 s, as on a busy machine.
    "distributed.deploy.lost-worker-timeout": "1000 days",
}


class ClusterError(UserError):
    """The workers cannot be had; the message says what to do."""


@dataclass(frozen=True)
class Workers:
    """Workers that have a study's ratings and code.

    Attributes
    ----------
    client : Client
    study : str
        The name of the worker plugin, and the topic of progress.
    """

    client: Client
    study: str

    def __len__(self) -> int:
        """How many runs can be under way at once, now."""
        return len(self.client.nthreads())

    @property
    def gone(self) -> bool:
        """Whether all that were started on this machine have ended for good."""
        cluster = self.client.cluster
        return cluster is not None and all(
            worker.status in (Status.closed, Status.failed) for worker in cluster.workers.values()
        )

    @property
    def slowed(self) -> int:
        """How many give memory back at each step, which takes longer than the step."""
        thresholds = self.client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_")
        return sum(threshold is not None for threshold in thresholds.values())


@contextlib.contextmanager
def open_workers(
    ratings: Ratings, submission: Path, count: int, scheduler: str | None = None
) -> Iterator[Workers]:
    """Start processes on this machine, or join a cluster, and prepare its workers.

    Parameters
    ----------
    ratings : Ratings
    submission : Path
        As ``find_submission`` returns it. Its files are read now: later changes do not matter.
    count : int
        Processes to start.
    scheduler : str, optional
        The address of a scheduler to join; then none are started. Its cluster stays as it is.

    Raises
    ------
    ClusterError
        If the scheduler does not answer, or a worker lacks this project's code.
    WorkerUnfit
        If a worker would not give the numbers that the others give.
    """
    with _joined(scheduler) if scheduler else _started(count) as client:
        workers = prepare(client, ratings, submission, own_machine=scheduler is None)
        try:
            yield workers
        finally:
            if scheduler:
                with contextlib.suppress(Exception):  # it may be what was lost
                    client.unregister_worker_plugin(workers.study)


def prepare(client: Client, ratings: Ratings, submission: Path, own_machine: bool) -> Workers:
    """Have every worker, there now or joining later, take the ratings and the code.

    Raises
    ------
    ClusterError
        If a worker lacks this project's code.
    WorkerUnfit
        If a worker would not give the numbers that the others give.
    """
    files = read_submission(submission)
    study = f"study-{uuid.uuid4().hex}"
    try:
        client.register_plugin(StudyWorker(study, ratings, files, own_machine))
    except UserError:
        raise
    except Exception as error:
        raise ClusterError(
            f"a worker cannot take the study's code ({type(error).__name__}: {error}). Every "
            "worker needs this project's environment, and is started in this folder"
        ) from error
    return Workers(client, study)


@contextlib.contextmanager
def _started(count: int) -> Iterator[Client]:
    with (
        dask.config.set(LOCAL_SETTINGS),
        tempfile.TemporaryDirectory(prefix="study-") as folder,
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # the default is a port that others have in use
            scheduler_kwargs={"dashboard": False},
            memory_limit=None,
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextlib.contextmanager
def _joined(scheduler: str) -> Iterator[Client]:
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"--scheduler {scheduler}: no Dask scheduler answers there ({error}). "
            "Give the address that `python -m dask scheduler` prints, such as tcp://10.0.0.5:8786"
        ) from None
    with client:
        yield client
