"""Runs under way, for a person who watches: bars in a terminal or notebook, lines in a log."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from experiments.console import echo
from experiments.engine.events import (
    AlreadyComplete,
    EpochFinished,
    EpochUnderWay,
    Event,
    Failed,
    Finished,
    Message,
    Noted,
    Resumed,
    Started,
)
from experiments.engine.resources import Costs
from experiments.run import FACTORIZATION_LOSS, JOINT_LOSS, METRICS, MRR, TEST_MSE, TRAIN_MSE, Run

LINES_PER_RUN = 10
BAR_WIDTH = 12
FEW = 8  # of more runs, those under way have a bar, and finished ones a line
# Which metrics a narrow line has.
BY_IMPORTANCE = (FACTORIZATION_LOSS, MRR, TRAIN_MSE, TEST_MSE, JOINT_LOSS)


def format_metrics(metrics: dict[str, float], room: int | None = None) -> str:
    """Return the metrics in one short line; the most important ones if ``room`` is short."""
    texts = {metric: f"{metric.symbol} {metrics[metric.key]:#.4g}" for metric in METRICS}
    shown = []
    for metric in BY_IMPORTANCE:
        room = room if room is None else room - len(texts[metric]) - 2
        if room is not None and room < -2:
            break
        shown.append(metric)
    return "  ".join(texts[metric] for metric in METRICS if metric in shown)


def format_seconds(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


class RunProgress:
    """A listener that shows how far runs are, and the time left for all of them.

    Use it as a context manager around ``complete``.

    Parameters
    ----------
    runs : sequence of Run
    console : Console
        Bars are drawn where it can redraw; elsewhere every tenth of a run is a line, or every
        finished run where there are many.
    costs : Costs, optional
        What the runs take: a run then counts for as much as it costs.
    """

    def __init__(self, runs: Sequence[Run], console: Console, costs: Costs | None = None) -> None:
        self.console = console
        self.redraws = console.is_terminal or console.is_jupyter
        self.few = len(runs) <= FEW
        self.runs = list(runs)
        self.epochs = dict.fromkeys(runs, 0)
        self.weights = dict.fromkeys(runs, 1.0)
        if costs and all(costs.seconds(run) for run in runs):
            self.weights = {run: costs.seconds(run) / run.epochs for run in runs}
        self.work = sum(weight * run.epochs for run, weight in self.weights.items())
        self.complete = 0
        self.notes: set[str] = set()
        self.started = time.monotonic()
        # When the first new epoch was finished, and the work that was done by then: before it,
        # processes started.
        self.first: tuple[float, float] | None = None
        self.width = max((len(self._name(run)) for run in runs), default=0)
        self.bars = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=BAR_WIDTH, table_column=Column(min_width=BAR_WIDTH)),
            TextColumn("{task.fields[state]}", table_column=Column(no_wrap=True)),
            console=console,
            refresh_per_second=4,
        )
        self.tasks: dict[Run, TaskID] = {}
        # By run: the long epoch under way, with the share and the time when it was first told.
        self.under_way: dict[Run, tuple[int, float, float]] = {}
        self.shares: dict[Run, float] = {}

    def __enter__(self) -> "RunProgress":
        if self.redraws:
            for run in self.runs if self.few else ():
                self._show(run, "waiting")
            self.whole = self.bars.add_task("all runs", total=self.work, state="")
            self.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.redraws:
            if kind is None:
                state = f"done in {format_seconds(time.monotonic() - self.started)}"
                self.bars.update(self.whole, completed=self._done(), state=state)
            self.bars.refresh()  # a notebook's bars are not drawn once more when they stop
            self.bars.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case AlreadyComplete(run=run):
                self.epochs[run] = run.epochs
                self.complete += 1
                if self.few:
                    self._show(run, "already complete, skipped", line=True)
            case Started(run=run):
                self._show(run, "starting")
            case Resumed(run=run, epochs=epochs, curves=curves):
                self.epochs[run] = epochs
                state = self._state(run, {key: values[-1] for key, values in curves.items()})
                self._show(run, state if self.redraws else f"{state}  resumed", line=self.few)
            case EpochFinished(run=run, epoch=epoch, metrics=metrics):
                self._epoch_finished(run, epoch, metrics)
            case EpochUnderWay(run=run, epoch=epoch, share=share):
                self._epoch_under_way(run, epoch, share)
            case Noted(run=run, text=text):
                self._note(run, text)
            case Finished(run=run, record=record):
                self.epochs[run] = run.epochs
                self._ended(run, format_metrics(record.final))
                for note in record.notes:
                    self._note(run, note)
            case Failed(run=run, message=message):
                self._ended(run, f"failed: {message.splitlines()[0]}")
            case Message(text=text):
                echo(self.console, text)
        if self.redraws:
            self.bars.update(self.whole, completed=self._done(), state=self._whole_state())

    def _epoch_finished(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        self.epochs[run] = epoch + 1
        if self.first is None:
            self.first = time.monotonic(), self._done()
        step = max(1, run.epochs // LINES_PER_RUN)
        is_line = self.few and ((epoch + 1) % step == 0 or epoch + 1 == run.epochs)
        state = self._state(run, metrics)
        self._show(run, state if self.redraws else f"{state}  {self._time_left()}", line=is_line)

    def _epoch_under_way(self, run: Run, epoch: int, share: float) -> None:
        if epoch != self.under_way.get(run, (None,))[0]:
            self.under_way[run] = epoch, share, time.monotonic()
        _, first, since = self.under_way[run]
        state = f"{_epoch_of(run, epoch + 1)}  "
        if share == 1:
            state += "evaluating"
        else:
            state += f"{share:.0%} of its minibatches"
            if share > first:
                left = (time.monotonic() - since) * (1 - share) / (share - first)
                state += f", {format_seconds(left)} left of them"
        is_line = int(share * LINES_PER_RUN) > int(self.shares.get(run, 0) * LINES_PER_RUN)
        self.shares[run] = share % 1
        self._show(run, state, line=is_line)

    def _note(self, run: Run, text: str) -> None:
        if text not in self.notes:  # the first run says it for all
            self.notes.add(text)
            echo(self.console, f"{self._name(run)}: note: {text}")

    def _ended(self, run: Run, how: str) -> None:
        self.complete += 1
        if self.few:
            return
        if run in self.tasks:
            self.bars.remove_task(self.tasks.pop(run))
        if not self.redraws:
            echo(self.console, f"{run.id}  {how}  ({self._whole_state()})")

    def _name(self, run: Run) -> str:
        """Return the run's name: beside a bar and its metrics, a short one."""
        if not self.few:
            return run.id
        labels = {other.label for other in self.runs}
        return run.label if self.redraws and len(labels) == len(self.runs) else run.name

    def _state(self, run: Run, metrics: dict[str, float]) -> str:
        """Return a run's epoch and its metrics: beside a bar, as many as the line has room for."""
        epoch = _epoch_of(run, self.epochs[run])
        if not self.redraws:
            return f"{epoch}  {format_metrics(metrics)}"
        room = self.console.width - self.width - BAR_WIDTH - 2 - len(epoch) - 2
        return f"{epoch}  {format_metrics(metrics, room)}".rstrip()

    def _show(self, run: Run, state: str, line: bool = False) -> None:
        """Show a run's state beside its bar; without bars as a line, if it is worth one."""
        if self.redraws:
            if run not in self.tasks:
                name = self._name(run)
                self.tasks[run] = self.bars.add_task(name, total=run.epochs, state=state)
            self.bars.update(self.tasks[run], completed=self.epochs[run], state=state)
        elif line:
            echo(self.console, f"{self._name(run):{self.width}}  {state}")

    def _done(self) -> float:
        return sum(self.weights[run] * epochs for run, epochs in self.epochs.items())

    def _whole_state(self) -> str:
        left = self._time_left()
        if self.few:
            return left
        return f"{self.complete}/{len(self.runs)} runs" + (f", about {left}" if left else "")

    def _time_left(self) -> str:
        left = self.work - self._done()
        if self.first is None or left <= 0:
            return ""
        since, before = self.first
        new = self._done() - before
        return f"{format_seconds((time.monotonic() - since) * left / new)} left" if new > 0 else ""


def _epoch_of(run: Run, number: int) -> str:
    return f"epoch {number:>{len(str(run.epochs))}}/{run.epochs}"
