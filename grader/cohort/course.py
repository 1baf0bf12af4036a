"""Grade a course: from the folder of uploads to everybody's points, pages and gradebook."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from grader.cohort.compare import (
    Change,
    Standing,
    change_of,
    changes_table,
    key_of,
    only_up,
    sentence,
    standing_of,
    summary,
)
from grader.cohort.console_summary import exit_code, line_of, summary_lines
from grader.cohort.course_pages import CoursePages
from grader.cohort.entries import Entry, take_in
from grader.cohort.exports import ExportError
from grader.cohort.fingerprints import Fingerprints
from grader.cohort.gradebook import GradebookError, gradebook
from grader.cohort.grading import Rules, processes
from grader.cohort.gradings import Executor, Gradings, Kept, kept_of
from grader.cohort.late import ExtensionsError, read_extensions
from grader.cohort.loose_files import names_on
from grader.cohort.records import (
    STAFF,
    Policy,
    read_record,
    read_records,
    record_of,
    upload_elsewhere,
    write_record,
)
from grader.cohort.roster import PLAIN, Roster, RosterError, read_roster
from grader.cohort.rows import rows
from grader.cohort.table import (
    NOT_REACHED,
    NOTHING,
    NOTHING_CAME,
    points_table,
)
from grader.cohort.uploads import find_uploads
from grader.contents import CONTENTS
from grader.engine.from_json import report_from
from grader.engine.grader import Grader, grader_failed
from grader.engine.replies import IsolationError
from grader.engine.results import Report
from problem_set.assignment import Assignment
from problem_set.container import free_memory, processor_cores
from problem_set.executors import ExecutorError
from problem_set.io import write_atomic

INTERRUPTED = "Interrupted. The same command goes on where it stopped."
SUBMISSIONS_A_JOB = 4  # a process takes as long to start as some gradings take
MEMORY_A_JOB = 700e6  # bytes: the grader, its sandbox and a submission's worker


class CohortError(Exception):
    """Nothing was graded; the message says what to do."""


@dataclass(frozen=True)
class Options:
    """What is to be graded, and with what."""

    folder: Path
    out: Path
    roster: Path | None = None
    extensions: Path | None = None
    column: str | None = None
    missing: float | None = None
    compare: Path | None = None
    only_up: bool = False
    jobs: int | None = None
    scheduler: str | None = None
    rules: Rules = field(default_factory=Rules)


def default_jobs(submissions: int) -> int:
    """Return how many gradings at once are the quickest here, within the memory that is free."""
    fit = int(free_memory() // MEMORY_A_JOB)
    return max(1, min(processor_cores(), submissions // SUBMISSIONS_A_JOB, fit))


def grade_course(asked: Options) -> int:
    """Grade, write everything, say what needs a person's look; return the exit code.

    Raises
    ------
    CohortError
        If something that was given cannot be used, or there is nothing to grade.
    """
    try:
        assignment = Grader(CONTENTS).assignment
    except ValueError as error:
        raise CohortError(str(error)) from error
    try:
        roster = read_roster(asked.roster) if asked.roster else None
        uploads = find_uploads(asked.folder, assignment.files, names_on(roster))
    except OSError as error:
        raise CohortError(f"{asked.folder} cannot be read: {error.strerror}.") from error
    except (RosterError, ExportError) as error:
        raise CohortError(str(error)) from error
    try:
        if not uploads and roster is None:
            raise CohortError(f"{asked.folder} holds no submission: no folder and no zip.")
        people = rows(roster, uploads)
        due = assignment.course.due
        extensions = (
            read_extensions(asked.extensions, [row.person for row in people], due)
            if asked.extensions
            else {}
        )
    except (RosterError, ExtensionsError) as error:
        raise CohortError(str(error)) from error
    roster = roster or Roster(PLAIN, tuple(dict.fromkeys(row.person for row in people)))
    course = Course(asked, assignment, roster)
    with contextlib.suppress(OSError):  # what is written there next says what is wrong
        (asked.out / STAFF).mkdir(mode=0o770, parents=True, exist_ok=True)  # nobody else's to read
    entries = [take_in(row, asked.out, assignment.files) for row in people]
    now = datetime.now().astimezone()
    course.grade(entries, Policy(assignment, extensions, asked.folder, now))
    return course.finish(entries)


class Course:
    """One run of the command.

    What was graded before is read once, at the start; of each record only its points are held in
    memory.
    """

    def __init__(self, asked: Options, assignment: Assignment, roster: Roster) -> None:
        self.asked, self.assignment, self.roster = asked, assignment, roster
        self.console = Console(highlight=False, markup=False, soft_wrap=True)
        rules = asked.rules
        options = f"{rules.public_only} {rules.allow_unisolated_hidden}"
        self.fingerprints = Fingerprints(CONTENTS, assignment, options, rules.time_limit)
        self.known: dict[str, dict[str, Any]] = {}
        self.before: dict[str, tuple[str, Standing]] = {}
        self.kept: dict[str, Kept] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.changes: list[Change] = []
        self.stopped, self.failure = False, ""
        for folder in (asked.compare, asked.out) if asked.compare else (asked.out,):
            for record in read_records(folder):
                if folder == asked.out:
                    self.known[record["submission"]] = _light(record)
                if folder == (asked.compare or asked.out):
                    self.before[key_of(record)] = record["submission"], standing_of(record)
                if kept := kept_of(record, folder):
                    self.kept[record["code"]] = kept

    def grade(self, entries: list[Entry], policy: Policy) -> None:
        """Grade what has to be, and write everybody's record and page."""
        of_code: dict[str, list[Entry]] = {}
        for entry in entries:
            of_code.setdefault(entry.code, []).append(entry)
        columns = ("Grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("", total=len(entries))

            def finished(code: str, report: Report, new: bool) -> None:
                for entry in of_code[code]:
                    progress.advance(bar)
                    self._finish(entry, report, new, policy)
                    if new:
                        number = int(progress.tasks[bar].completed)
                        line = line_of(self.records[entry.row.name])
                        self.console.print(f"{number}/{len(entries)}  {line}")

            for entry in of_code.pop("", []):
                progress.advance(bar)
                self._finish(entry, _without_code(entry, self.assignment), False, policy)
            gradings = Gradings(
                self.asked.out,
                self.assignment,
                self.fingerprints,
                self.kept,
                finished,
                self.console.print,
            )
            try:
                with _executor(self.asked) as executor:
                    gradings.grade(of_code, executor)
            except KeyboardInterrupt:
                self.stopped, self.failure = True, INTERRUPTED
            except (ExecutorError, IsolationError) as error:
                self.failure = str(error)

    def _finish(self, entry: Entry, report: Report, new: bool, policy: Policy) -> None:
        """Keep what became of an entry; whatever goes wrong with it, the others are graded."""
        try:
            record = self._write(entry, report, policy)
        except Exception as error:
            report = grader_failed(Path(entry.row.name), error)
            record = record_of(entry, report, {}, policy)
            with contextlib.suppress(Exception):  # points.csv still has the row
                write_record(self.asked.out, record, policy, policy.moment(entry))
        self.records[entry.row.name] = _light(record)

    def _write(self, entry: Entry, report: Report, policy: Policy) -> dict[str, Any]:
        name, out = entry.row.name, self.asked.out
        known = self.known.get(name)
        elsewhere = upload_elsewhere(known, self.asked.folder)
        if known and elsewhere:
            if entry.row.upload is None and not entry.problem:
                return known  # what another folder holds of this person stays
            if (known["code"], known["problem"]) != (entry.code, report.problem):
                self.console.print(f"{name}: replaces the result of {elsewhere}")
        made_by = {**self.fingerprints.now}
        record = record_of(entry, report, made_by, policy)
        old_name, before = self.before.get(key_of(record), ("", None))
        if before and self.asked.compare and self.asked.only_up and report.questions:
            old = report_from(read_record(self.asked.compare, old_name) or {}, report.feedback)
            report = only_up(old, report)
            record = record_of(entry, report, made_by, policy)
        change = change_of(before, record) if before else None
        if change:
            self.changes.append(change)
        if self.asked.compare:
            record["before"] = _as_json(change, self.assignment.feedback.regrade_reason)
        elif known and known["final_points"] == record["final_points"]:
            record["before"] = known["before"]
        write_record(out, record, policy, policy.moment(entry))
        return record

    def finish(self, entries: list[Entry]) -> int:
        """Write the tables, and say what needs a person's look; return the exit code."""
        out = self.asked.out
        listed = [self.records.get(entry.row.name) or self._not_reached(entry) for entry in entries]
        names = {record["submission"] for record in listed}
        others = [
            record
            for name, record in self.known.items()
            if name not in names and upload_elsewhere(record, self.asked.folder)
        ]
        everybody = [*listed, *others]
        tables = {"points.csv": points_table(everybody)}
        if self.asked.compare:
            sentences = {
                record["submission"]: record["before"]["sentence"]
                for record in listed
                if record["before"]
            }
            tables["changes.csv"] = changes_table(self.changes, sentences)
        try:
            tables["gradebook.csv"] = self._gradebook(entries, listed)
        except GradebookError as error:
            click.echo(f"error: no gradebook.csv: {error}", err=True)
        try:
            for name, table in tables.items():
                write_atomic(out / name, table)
        except OSError as error:
            raise CohortError(
                f"{out / 'points.csv'} was not written: {error.strerror}. staff/ was."
            ) from error
        pages = CoursePages(out, self.assignment.files, self.console.print)
        try:
            pages.write_cohort(everybody)
        except Exception as error:  # points do not wait for their statistics
            click.echo(f"error: no cohort.html: {type(error).__name__}: {error}", err=True)
        for line in summary_lines(out / "points.csv", listed, others):
            self.console.print(line)
        if self.asked.compare or self.changes:
            for line in summary(self.changes, len(listed)):
                self.console.print(line)
        try:
            if not self.stopped:  # who waits for it gives the command again
                pages.write_similarity(everybody)
        except KeyboardInterrupt:
            self.stopped, self.failure = True, "Interrupted; similarity.html was left out."
        except Exception as error:
            click.echo(f"error: no similarity.html: {type(error).__name__}: {error}", err=True)
        if self.failure:
            click.echo(self.failure if self.stopped else f"error: {self.failure}", err=True)
        return 130 if self.stopped else 2 if self.failure else exit_code(listed)

    def _gradebook(self, entries: list[Entry], listed: list[dict[str, Any]]) -> str:
        """Return what the platform imports: everybody on the roster."""
        course, coding = self.assignment.course, self.assignment.coding
        names = (course.title, f"Problem Set {course.number}", course.assignment)
        came = {
            entry.row.person: record
            for entry, record in zip(entries, listed)
            if record["status"] != NOTHING
        }
        return gradebook(
            self.roster,
            came,
            (self.asked.column,) if self.asked.column else names,
            sum(question.points for question in coding),
            self.asked.missing,
        )

    def _not_reached(self, entry: Entry) -> dict[str, Any]:
        """Return the record of somebody whom this run, which ended too early, did not reach."""
        policy = Policy(self.assignment, {}, self.asked.folder, datetime.now().astimezone())
        report = Report("", "", "", questions=(), problem=entry.problem or NOT_REACHED)
        return record_of(replace(entry, problem=report.problem), report, {}, policy)


@contextlib.contextmanager
def _executor(asked: Options) -> Iterator[Callable[[int], Executor]]:
    if not asked.scheduler:
        yield lambda count: processes(asked.rules, asked.jobs or default_jobs(count))
        return
    try:
        from grader.cohort.cluster import cluster
    except ModuleNotFoundError as error:
        raise ExecutorError(
            f"--scheduler needs the package {error.name}; to install it: python bootstrap.py study"
        ) from error
    with cluster(asked.scheduler, asked.rules) as joined:
        yield lambda count: joined


def _without_code(entry: Entry, assignment: Assignment) -> Report:
    """Return the report on somebody of whom there is nothing to grade."""
    if entry.error:
        return grader_failed(Path(entry.row.name), entry.error)
    course = assignment.course
    problem = entry.problem or NOTHING_CAME
    return Report(course.name, course.title, "", questions=(), problem=problem)


def _light(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what its tests found."""
    questions = [{**question, "tests": ()} for question in record["questions"]]
    return {**record, "questions": questions}


def _as_json(change: Change | None, reason: str) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "points": change.before.points,
        "final_points": change.before.final,
        "tests": {id_: list(points) for id_, points in change.tests.items()},
        "sentence": sentence(change, reason),
    }
