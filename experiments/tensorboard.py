"""TensorBoard's event files: the same curves, for those who like to look at them there."""

import shutil
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from experiments.engine.store import RunRecord


def write_event_files(results: Path, records: list[RunRecord]) -> None:
    """Write ``tensorboard/NAME/`` for each run, in place of what was there."""
    for record in records:
        folder = results / "tensorboard" / record.run.name
        partial = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        writer = EventFileWriter(str(partial))
        now = time.time()
        for metric, values in record.curves.items():
            for epoch, value in enumerate(values):
                summary = Summary(value=[Summary.Value(tag=metric, simple_value=value)])
                writer.add_event(Event(wall_time=now, step=epoch, summary=summary))
        writer.close()
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
