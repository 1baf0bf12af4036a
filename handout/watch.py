"""Notice when a source of the handout is saved."""

import time
from collections.abc import Iterator
from pathlib import Path

from handout.build import COURSE_DATA, FOLDER, source_files


def changes(project: Path, seconds: float = 0.3) -> Iterator[None]:
    """Yield at once, then each time that a source has changed since the last time."""
    last: dict[Path, int] | None = None
    while True:
        now = times(project)
        if now != last:
            last = now
            yield
        else:
            time.sleep(seconds)


def times(project: Path) -> dict[Path, int]:
    """Return when each source was last written; a file that is being replaced is left out."""
    course_data = project / FOLDER / COURSE_DATA  # made from assignment.toml while typesetting
    found = {}
    for path in (project / "assignment.toml", *source_files(project / FOLDER)):
        try:
            if path != course_data:
                found[path] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return found
