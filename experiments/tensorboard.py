"""TensorBoard's event files: the curves, to be watched there while runs go."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.engine.events import (
    AlreadyComplete,
    EpochFinished,
    Event,
    LastEvent,
    Resumed,
    Started,
)
from experiments.run import Run

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class EventFiles:
    """A listener that writes ``FOLDER/RUN/`` for each run, anew whenever a run starts.

    Close it after ``complete``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writers: dict[Run, SummaryWriter] = {}

    def close(self) -> None:
        for run in list(self.writers):
            self._close(run)

    def __call__(self, event: Event) -> None:
        match event:
            case AlreadyComplete(run=run, record=record):
                self._open(run)
                self._write_curves(run, record.curves)
                self._close(run)
            case Started(run=run):
                self._open(run)
            case Resumed(run=run, curves=curves):
                self._write_curves(run, curves)
            case EpochFinished(run=run, epoch=epoch, metrics=metrics):
                for key, value in metrics.items():
                    self.writers[run].add_scalar(key, value, epoch)
            case _ if isinstance(event, LastEvent):
                self._close(event.run)

    def _open(self, run: Run) -> None:
        from torch.utils.tensorboard import SummaryWriter  # takes seconds

        self._close(run)
        folder = self.folder / run.name
        shutil.rmtree(folder, ignore_errors=True)
        self.writers[run] = SummaryWriter(str(folder), flush_secs=5)

    def _write_curves(self, run: Run, curves: dict[str, list[float]]) -> None:
        for key, values in curves.items():
            for epoch, value in enumerate(values):
                self.writers[run].add_scalar(key, value, epoch)

    def _close(self, run: Run) -> None:
        if run in self.writers:
            self.writers.pop(run).close()
