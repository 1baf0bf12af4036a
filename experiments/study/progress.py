"""How a study gets on, for a person who watches: bars in a terminal or notebook, lines in a log."""

import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from experiments.console import echo
from experiments.engine.progress import format_metrics
from experiments.engine.store import RunRecord
from experiments.run import Run
from experiments.study.cost import Costs

SETTLE_SECONDS = 3.0  # before it, time left is what the costs say and not what is measured


def format_duration(seconds: float) -> str:
    """Return a time in the words in which one plans a day."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


class StudyProgress:
    """A listener that shows the whole study's progress, its time left, and the runs under way.

    Use it as a context manager around ``complete_study``.

    Parameters
    ----------
    runs : sequence of Run
        All that the study needs.
    todo : sequence of Run
        Those of them that are not complete.
    costs : Costs
        A run counts for as much as it costs.
    workers : int
    console : Console
        Bars are drawn where it can redraw; elsewhere every finished run is a line.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        todo: Sequence[Run],
        costs: Costs,
        workers: int,
        console: Console,
    ) -> None:
        self.console = console
        self.runs = {run.id: run for run in runs}
        self.costs = {run.id: costs.seconds(run) for run in todo}
        self.workers = max(1, workers)
        self.epochs: dict[str, int] = {}
        self.notes: set[str] = set()
        self.spent = 0.0
        self.finished_runs = len(runs) - len(todo)
        self.started = time.monotonic()
        self.redraws = console.is_terminal or console.is_jupyter
        self.bars = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=20, table_column=Column(min_width=20)),
            TextColumn("{task.fields[state]}", table_column=Column(no_wrap=True)),
            console=console,
            refresh_per_second=4,
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "StudyProgress":
        if self.redraws:
            total = sum(self.costs.values()) or 1.0
            self.whole = self.bars.add_task("all runs", total=total, state=self._state())
            self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.redraws:
            for task in self.tasks.values():
                self.bars.remove_task(task)
            if kind is None:
                passed = format_duration(time.monotonic() - self.started)
                state = f"{self.finished_runs}/{len(self.runs)} runs, in {passed}"
                self.bars.update(self.whole, state=state)
            self.bars.stop()

    def epochs_finished(self, run: str, epochs: int) -> None:
        if run not in self.costs:
            return  # told before the run was finished, read after
        self.epochs[run] = epochs
        if not self.redraws:
            return
        if run not in self.tasks:
            self.tasks[run] = self.bars.add_task(f"  {run}", total=self.runs[run].epochs, state="")
        state = f"epoch {epochs}/{self.runs[run].epochs}"
        self.bars.update(self.tasks[run], completed=epochs, state=state)
        self._show_whole()

    def finished(self, record: RunRecord) -> None:
        self.finished_runs += 1
        self._ended(record.run.id, format_metrics(record.final))
        for note in record.notes:
            if note not in self.notes:  # of hundreds of runs, the first one says it
                self.notes.add(note)
                self._say(f"{record.run.id}: note: {note}")

    def failed(self, run: str, message: str) -> None:
        self._ended(run, f"failed: {message.splitlines()[0]}")

    def refused(self, message: str) -> None:
        self._say(f"A worker joined, and is refused: {message}.")

    def stopping(self) -> None:
        self._say("Stopping; the runs under way are given up, and begin anew another time ...")

    def _ended(self, run: str, how: str) -> None:
        self.spent += self.costs.pop(run)
        self.epochs.pop(run, None)
        if not self.redraws:
            self._say(f"{run}  {how}  ({self._state()})")
            return
        if run in self.tasks:
            self.bars.remove_task(self.tasks.pop(run))
        self._show_whole()

    def _say(self, text: str) -> None:
        echo(self.console, text)

    def _show_whole(self) -> None:
        self.bars.update(self.whole, completed=self._done(), state=self._state())

    def _done(self) -> float:
        """Return how much of the work, in seconds of one worker, is behind us."""
        under_way = sum(
            self.costs[run] * epochs / self.runs[run].epochs for run, epochs in self.epochs.items()
        )
        return self.spent + under_way

    def _state(self) -> str:
        return f"{self.finished_runs}/{len(self.runs)} runs{self._time_left()}"

    def _time_left(self) -> str:
        done = self._done()
        left = self.spent + sum(self.costs.values()) - done
        if not left:
            return ""
        passed = time.monotonic() - self.started
        measured = done and passed > SETTLE_SECONDS
        seconds = left * passed / done if measured else left / self.workers
        return f", about {format_duration(seconds)} left"
