"""Grade one submission's code, in a process or on a worker that does so for many."""

import tempfile
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from pathlib import Path

from grader.cohort.command import TIME_LIMIT
from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader, grader_failed
from grader.engine.replies import IsolationError
from grader.engine.results import Report
from problem_set.executors.local import Processes, Work, end_with_parent

#: What processes share that are forked: torch, the tests and the catalogue.
PRELOADED = ["torch", "grader.cohort.preload"]
TASKS_A_PROCESS = 500  # so that no library's leak adds up


@dataclass(frozen=True)
class Rules:
    """What holds for all submissions: see :class:`grader.engine.grader.Asked`."""

    public_only: bool = False
    allow_unisolated_hidden: bool = False
    time_limit: float = TIME_LIMIT

    def asked(self, questions: tuple[str, ...] = ()) -> Asked:
        return Asked(
            questions,
            public_only=self.public_only,
            allow_unisolated_hidden=self.allow_unisolated_hidden,
            time_limit=self.time_limit,
        )


@dataclass(frozen=True)
class Task:
    """A submission to be graded.

    Attributes
    ----------
    code : str
        The digest of its files.
    questions : tuple of str
        Those to grade; all if empty.
    archive : bytes
        A zip of its files.
    """

    code: str
    questions: tuple[str, ...]
    archive: bytes


def grade(grader: Grader, rules: Rules, task: Task) -> Report:
    """Return the report on a task; of all questions if some of them cannot be graded alone."""
    with tempfile.TemporaryDirectory(prefix="submission-") as folder:
        path = Path(folder) / "submission.zip"
        path.write_bytes(task.archive)
        report = grader.grade(path, rules.asked(task.questions))
        if report.problem and task.questions:
            report = grader.grade(path, rules.asked())
        return report


def processes(rules: Rules, jobs: int) -> "Processes[Task]":
    """Return the executor that grades in processes of this machine."""
    return Processes(partial(_prepare, rules), jobs, PRELOADED, tasks_a_process=TASKS_A_PROCESS)


def _prepare(rules: Rules) -> Work[Task]:
    """Return what grades in the process that calls this; all of it ends with who started it."""
    end_with_parent()
    grader = Grader(CONTENTS)
    Finalize(grader, Grader.close, (grader,), exitpriority=0)

    def work(task: Task, connection: Connection) -> None:
        try:
            grader.isolated  # noqa: B018 (starts the sandbox)
        except IsolationError as error:
            connection.send(error)
            return
        try:
            report = grade(grader, rules, task)
        except Exception as error:  # whatever one submission brings about, the others are graded
            report = grader_failed(Path(task.code), error)
        connection.send(report)

    return work
