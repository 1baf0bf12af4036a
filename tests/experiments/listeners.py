"""A listener that keeps what it is told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from experiments.engine.events import Event
from experiments.run import Run


@dataclass
class Watcher:
    """Keeps the events; calls ``at`` with each, which may act."""

    at: Callable[[Event], None] = lambda event: None
    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.at(event)

    def of(self, kind: type, run: Run | None = None) -> list:
        """Return the events of a kind, of one run or of all."""
        return [
            event
            for event in self.events
            if isinstance(event, kind) and (run is None or event.run == run)
        ]
