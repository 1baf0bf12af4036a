"""What a finished experiment leaves for others: summary, curves, figures, event files, table."""

import io
import json
import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from experiments.engine.events import AlreadyComplete, EpochFinished, Finished, Resumed, Started
from experiments.engine.store import RunRecord, Store, made_by
from experiments.run import COURSE_RUNS
from experiments.run import METRIC_KEYS as METRICS
from experiments.tables import final_table, read_curves, tidy_curves, write_summaries
from experiments.tensorboard import EventFiles
from problem_set import __version__


@pytest.fixture
def records() -> list[RunRecord]:
    return [
        RunRecord(
            run,
            made_by("the code"),
            {metric: [1 / 3 + k, 0.1 + k] for metric in METRICS},
            1.5,
            ("a note",),
        )
        for k, run in enumerate(COURSE_RUNS)
    ]


def test_a_record_is_read_as_it_was_written(records, tmp_path):
    store = Store(tmp_path)
    store.write(records[0], b"weights")
    assert store.read(records[0].run) == records[0] and store.records() == records[:1]
    assert store.weights(records[0].run).read_bytes() == b"weights"


@pytest.mark.parametrize("content", ["", "{", '{"config": {}}', "[]"])
def test_a_record_that_cannot_be_read_is_no_record(records, tmp_path, content):
    store = Store(tmp_path)
    store.write(records[0], b"")
    (store.folder_of(records[0].run) / "run.json").write_text(content)
    assert store.read(records[0].run) is None and store.records() == []


def test_summary_has_the_form_that_others_read(records, tmp_path):
    write_summaries(tmp_path, records, {})
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary) == ["version", "options", "runs", "environment"]
    assert list(summary["runs"]) == [run.name for run in COURSE_RUNS]
    first = summary["runs"][COURSE_RUNS[0].name]
    assert set(first) == {"config", "made_by", "final", "seconds"}
    assert first["final"] == dict.fromkeys(METRICS, 0.1)
    assert first["config"]["factorization_weight"] == 0.99
    assert first["config"]["submission"] == "the code"
    assert {"torch", "python"} <= set(summary["environment"])


def test_results_that_are_shown_again_stay_as_old_as_they_are(records, tmp_path):
    files = [tmp_path / "summary.json", tmp_path / "curves.csv"]
    write_summaries(tmp_path, records, {})
    for file in files:
        os.utime(file, (1, 1))
    write_summaries(tmp_path, records, {})
    assert [file.stat().st_mtime for file in files] == [1, 1]
    write_summaries(tmp_path, records[:3], {})
    assert all(file.stat().st_mtime > 1 for file in files)


def test_curves_are_tidy_from_epoch_0_and_keep_every_bit(records, tmp_path):
    write_summaries(tmp_path, records, {})
    curves = read_curves(tmp_path)
    assert list(curves.columns) == ["run", "epoch", "metric", "value"]
    assert len(curves) == 4 * 5 * 2 and curves["epoch"].min() == 0
    pd.testing.assert_frame_equal(curves, tidy_curves(records), check_exact=True)
    assert 1 / 3 in set(curves["value"])


def test_curves_that_are_not_there_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="make experiments writes it"):
        read_curves(tmp_path)


def scalars(folder: Path) -> dict[str, list[float]]:
    events = EventAccumulator(str(folder)).Reload()
    logged = {key: events.Scalars(key) for key in events.Tags()["scalars"]}
    for values in logged.values():
        assert [event.step for event in values] == list(range(len(values)))
    return {key: [event.value for event in values] for key, values in logged.items()}


def test_event_files_are_written_while_a_run_goes(records, tmp_path):
    record = records[0]
    folder = tmp_path / record.run.name
    epochs = [{key: values[k] for key, values in record.curves.items()} for k in range(2)]
    with closing(EventFiles(tmp_path)) as listener:
        listener(Started(record.run))
        listener(EpochFinished(record.run, 0, epochs[0]))
        listener.writers[record.run].flush()
        assert scalars(folder) == {key: pytest.approx([value]) for key, value in epochs[0].items()}
        listener(EpochFinished(record.run, 1, epochs[1]))
        listener(Finished(record.run, record, b""))
        expected = {key: pytest.approx(values) for key, values in record.curves.items()}
        assert scalars(folder) == expected


def test_event_files_of_a_run_that_starts_again_or_resumes_or_is_complete_are_whole(
    records, tmp_path
):
    record = records[0]
    first = {key: values[:1] for key, values in record.curves.items()}
    last = {key: values[1] for key, values in record.curves.items()}
    expected = {key: pytest.approx(values) for key, values in record.curves.items()}
    for events in (
        [Started(record.run), EpochFinished(record.run, 0, last)],
        [
            *(Started(record.run), Resumed(record.run, 1, first)),
            EpochFinished(record.run, 1, last),
        ],
        [AlreadyComplete(record.run, record)],
    ):
        with closing(EventFiles(tmp_path)) as listener:
            for event in events:
                listener(event)
        assert len(list((tmp_path / record.run.name).iterdir())) == 1
        if len(events) != 2:
            assert scalars(tmp_path / record.run.name) == expected


def test_the_table_fits_a_terminal_and_marks_nothing(records):
    output = io.StringIO()
    Console(file=output, width=80).print(final_table(records))
    lines = output.getvalue().splitlines()
    (first,) = [line for line in lines if COURSE_RUNS[0].name in line]
    assert first.split()[1:] == ["0.1000"] * 5
    assert all(run.name in output.getvalue() for run in COURSE_RUNS)
    assert "*" not in output.getvalue() and "cannot be compared" in output.getvalue()


def test_the_table_of_an_early_run_shows_its_high_losses_whole(records):
    output = io.StringIO()
    high = [replace(record, curves={key: [14.44364] for key in METRICS}) for record in records]
    Console(file=output, width=80).print(final_table(high))
    assert output.getvalue().count("14.444") == len(METRICS) * len(COURSE_RUNS)
    assert "…" not in output.getvalue()


def test_the_summary_and_a_record_say_which_version_of_the_tools_made_them(records, tmp_path):
    write_summaries(tmp_path, records)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["version"] == __version__
    for run in summary["runs"].values():
        assert run["made_by"]["version"] == __version__
    now = records[0].made_by
    older = replace(now, version="1.9")
    assert older == now, "the same code computes the same numbers"
    changed = replace(older, experiments="another digest")
    assert changed.differs_from(now) == f"version 1.9 of the tools (now {__version__})"
