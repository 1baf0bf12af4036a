"""Gradings on the workers of a Dask cluster.

A worker has this project without its secrets: as students have it, or as staff do. It must show
first that its sandbox holds. Only then does it fetch the hidden tests, the right answers and the
catalogue, over the cluster's connection, which has to be encrypted. They lie in a folder that only
the worker's user can read, and are removed when the grading ends.
"""

import asyncio
import contextlib
import importlib
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from distributed import Client, Reschedule, Variable, Worker, get_client

import grader as package
from grader.cohort.grading import Rules, Task, grade
from grader.contents import CONTENTS
from grader.engine.digests import PACKAGE, digest_of
from grader.engine.grader import Grader, grader_failed, start_sandbox
from grader.engine.replies import IsolationError
from grader.engine.results import Report
from problem_set.archive import zip_bytes
from problem_set.executors import ExecutorError
from problem_set.executors.dask_cluster import DaskCluster, Preparation, WorkerUnfit, join_cluster
from problem_set.project import ASSIGNMENT, find_project

TASKS_AHEAD = 2  # for each worker, so that none waits for the next one
# What workers fetch of the grader; what else it is made of they must have.
SECRET = ("hidden_tests/", "misconceptions/", "nets.py", "oracle.py", "public_tests/", "reference/")
FETCH_SECONDS = 60
AGAIN_SECONDS = 1.0  # until a task whose worker could not fetch the tests is tried again


class GradingPreparation(Preparation):
    """Has every worker try its sandbox, and grade.

    Parameters
    ----------
    rules : Rules
    """

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self.rules = rules
        self.engine = _engine_digest()
        self._grader: Grader | None = None
        self._folder: Path | None = None

    def prepare(self, worker: Worker) -> None:
        """Start the sandbox.

        Raises
        ------
        WorkerUnfit
            If the worker has another version of the grader, or no sandbox that holds.
        """
        if _engine_digest() != self.engine:
            raise WorkerUnfit(
                f"the worker at {worker.address} has another version of the grader. Install the "
                "same on it"
            )
        try:
            self._sandbox = start_sandbox(CONTENTS)
        except IsolationError as error:
            raise WorkerUnfit(f"the worker at {worker.address}: {error}") from error
        needs_isolation = not (self.rules.public_only or self.rules.allow_unisolated_hidden)
        if needs_isolation and not (self._sandbox and self._sandbox.isolated):
            leaks = self._sandbox.leaks if self._sandbox else ("is not isolated at all",)
            self._close()
            raise WorkerUnfit(
                f"the worker at {worker.address} cannot keep a submission from the hidden tests "
                f"(it {'; it '.join(leaks)}), and gets none of them"
            )
        self._folder = Path(worker.local_directory).absolute() / self.name

    def teardown(self, worker: Worker) -> None:
        """End the sandbox, and remove the tests."""
        self._close()

    def work(self, task: Task, tell: Callable[[Any], None]) -> Report:
        """Grade a task; the tests are fetched before the first one.

        Raises
        ------
        Reschedule
            If they could not be.
        """
        tell(None)
        try:
            if self._grader is None:
                self._grader = self._with_tests()
        except (OSError, asyncio.TimeoutError) as error:
            time.sleep(AGAIN_SECONDS)
            raise Reschedule from error
        try:
            return grade(self._grader, self.rules, task)
        except Exception as error:  # whatever one submission brings about, the others are graded
            return grader_failed(Path(task.code), error)

    def _with_tests(self) -> Grader:
        folder = self._folder
        assert folder is not None
        bundle = Variable(self.name, client=get_client()).get(timeout=FETCH_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        with zipfile.ZipFile(BytesIO(bundle)) as archive:
            archive.extractall(folder)
        for name in [*sys.modules]:  # those of an earlier grading, with other tests
            if name.startswith(tuple(f"grader.{_module(secret)}" for secret in SECRET)):
                del sys.modules[name]
        package.__path__.insert(0, str(folder))
        importlib.invalidate_caches()
        contents = replace(CONTENTS, folder=folder, assignment=folder / ASSIGNMENT)
        return Grader(contents, sandbox=self._sandbox)

    def _close(self) -> None:
        if self._sandbox:
            self._sandbox.close()
        if self._folder is not None:
            with contextlib.suppress(ValueError):
                package.__path__.remove(str(self._folder))
            shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def cluster(address: str, rules: Rules) -> "Iterator[DaskCluster[Task]]":
    """Join a scheduler whose workers grade.

    Raises
    ------
    ExecutorError
        If its connections are not encrypted, if it does not answer, or if a worker is unfit.
    """
    if not address.startswith("tls://"):
        raise ExecutorError(
            f"--scheduler {address}: submissions and hidden tests travel over encrypted "
            "connections alone. Give an address that begins with tls://; docs/cluster.md says how "
            "to start such a scheduler"
        )
    preparation = GradingPreparation(rules)
    with join_cluster(address, preparation, TASKS_AHEAD) as joined:
        secret = _offer(joined.client, preparation.name, rules)
        try:
            yield joined
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be what was lost
                secret.delete()


def _offer(client: Client, name: str, rules: Rules) -> Variable:
    """Let workers fetch the tests under a name that only they know."""
    files = {ASSIGNMENT: (find_project() / ASSIGNMENT).read_bytes()}
    for file, data in _files():
        hidden = file.startswith("hidden_tests/")
        if file.startswith(SECRET) and not (hidden and rules.public_only):
            files[file] = data
    variable = Variable(name, client=client)
    variable.set(zip_bytes(files))
    return variable


def _engine_digest() -> str:
    return digest_of({name: data for name, data in _files() if not name.startswith(SECRET)}).hex()


def _files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix in (".py", ".jinja"):
            yield path.relative_to(PACKAGE).as_posix(), path.read_bytes()


def _module(secret: str) -> str:
    return secret.removesuffix("/").removesuffix(".py")
