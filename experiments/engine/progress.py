"""How runs get on, for a person who watches: bars in a terminal or notebook, lines in a log."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from experiments.configuration import METRICS
from experiments.console import echo
from experiments.run import Run

SHORT_NAMES = dict(zip(METRICS, ("L_F", "MSE", "joint", "MRR", "test MSE")))
LINES_PER_RUN = 10
BAR_WIDTH = 12


def format_metrics(metrics: dict[str, float]) -> str:
    """Return the five metrics in one short line."""
    return "  ".join(_each_metric(metrics))


def _each_metric(metrics: dict[str, float]) -> list[str]:
    return [f"{SHORT_NAMES[name]} {value:#.4g}" for name, value in metrics.items()]


def format_seconds(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


class RunProgress:
    """A listener that shows every run's epoch and metrics, and the time left for all of them.

    Use it as a context manager around ``complete_runs``.

    Parameters
    ----------
    configurations : list of Run
    console : Console
        Bars are drawn where it can redraw; elsewhere every tenth of a run is a line.
    """

    def __init__(self, configurations: list[Run], console: Console) -> None:
        self.console = console
        self.epochs = {run.name: run.epochs for run in configurations}
        self.done = dict.fromkeys(self.epochs, 0)
        self.started = time.monotonic()
        self.new_epochs = 0
        self.first_epoch = self.started
        self.redraws = console.is_terminal or console.is_jupyter
        self.width = max((len(name) for name in self.epochs), default=0)
        self.bars = Progress(
            TextColumn(
                "{task.description}", table_column=Column(no_wrap=True, min_width=self.width)
            ),
            BarColumn(bar_width=BAR_WIDTH, table_column=Column(min_width=BAR_WIDTH)),
            TextColumn("{task.fields[state]}", table_column=Column(no_wrap=True)),
            console=console,
            refresh_per_second=4,
        )
        self.tasks: dict[str, TaskID] = {}
        # By run: the long epoch under way, with the share and the time when it was first told.
        self.under_way: dict[str, tuple[int, float, float]] = {}
        self.shares: dict[str, float] = {}

    def __enter__(self) -> "RunProgress":
        if self.redraws:
            for name, epochs in self.epochs.items():
                self.tasks[name] = self.bars.add_task(name, total=epochs, state="waiting")
            total = sum(self.epochs.values())
            self.tasks["all"] = self.bars.add_task("all runs", total=total, state="")
            self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.redraws:
            if kind is None:
                passed = format_seconds(time.monotonic() - self.started)
                self.bars.update(self.tasks["all"], state=f"done in {passed}")
            self.bars.refresh()  # a notebook's bars are not drawn once more when they stop
            self.bars.stop()

    def resumed(self, name: str, complete: bool) -> None:
        if complete:
            self.done[name] = self.epochs[name]
            self._show(name, "complete already, not done again", line=True)
            if self.redraws:
                self.bars.update(self.tasks["all"], completed=sum(self.done.values()))
        else:
            self._show(name, "starting", line=False)

    def restored(self, name: str, epochs: int, metrics: dict[str, float]) -> None:
        self.done[name] = epochs
        state = self._state(name, epochs, metrics)
        self._show(name, state if self.redraws else f"{state}  goes on from here", line=True)

    def epoch_finished(self, name: str, epoch: int, metrics: dict[str, float]) -> None:
        if not self.new_epochs:
            self.first_epoch = time.monotonic()  # before it, processes started
        self.new_epochs += 1
        self.done[name] = epoch + 1
        epochs = self.epochs[name]
        step = max(1, epochs // LINES_PER_RUN)
        state = self._state(name, epoch + 1, metrics)
        is_line = (epoch + 1) % step == 0 or epoch + 1 == epochs
        left = self._time_left()
        self._show(name, state if self.redraws else f"{state}  {left}", line=is_line)
        if self.redraws:
            self.bars.update(self.tasks["all"], completed=sum(self.done.values()), state=left)

    def epoch_under_way(self, name: str, epoch: int, share: float) -> None:
        if epoch != self.under_way.get(name, (None,))[0]:
            self.under_way[name] = epoch, share, time.monotonic()
        _, first, since = self.under_way[name]
        state = f"{self._epoch(name, epoch + 1)}  "
        if share == 1:
            state += "evaluating"
        else:
            state += f"{share:.0%} of its minibatches"
            if share > first:
                left = (time.monotonic() - since) * (1 - share) / (share - first)
                state += f", {format_seconds(left)} left of them"
        is_line = int(share * LINES_PER_RUN) > int(self.shares.get(name, 0) * LINES_PER_RUN)
        self.shares[name] = share % 1
        self._show(name, state, line=is_line)

    def note(self, name: str, text: str) -> None:
        echo(self.console, f"{name}: note: {text}")

    def stopping(self) -> None:
        self.console.print("Stopping; the runs write down where they are ...")

    def finished(self, name: str) -> None:
        """The last epoch's line has said it."""

    def _state(self, name: str, number: int, metrics: dict[str, float]) -> str:
        """Return a run's epoch and its metrics: beside a bar, as many as the line has room for."""
        state = self._epoch(name, number)
        room = self.console.width - self.width - BAR_WIDTH - 2
        for metric in _each_metric(metrics):
            if self.redraws and len(state) + 2 + len(metric) > room:
                break
            state += f"  {metric}"
        return state

    def _epoch(self, name: str, number: int) -> str:
        epochs = self.epochs[name]
        return f"epoch {number:>{len(str(epochs))}}/{epochs}"

    def _show(self, name: str, state: str, line: bool) -> None:
        if self.redraws:
            self.bars.update(self.tasks[name], completed=self.done[name], state=state)
        elif line:
            echo(self.console, f"{name:{self.width}}  {state}")

    def _time_left(self) -> str:
        left = sum(self.epochs.values()) - sum(self.done.values())
        if not left or self.new_epochs < 2:
            return ""
        seconds = (time.monotonic() - self.first_epoch) / (self.new_epochs - 1)
        return f"{format_seconds(seconds * left)} left"
