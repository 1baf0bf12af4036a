"""What a finished experiment leaves for others: summary, curves, figures, event files, table."""

import io
import json
import math
import os

import pandas as pd
import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from experiments.configuration import METRICS
from experiments.engine.store import (
    RunRecord,
    read_curves,
    read_record,
    tidy_curves,
    write_record,
    write_summaries,
)
from experiments.run import COURSE_RUNS
from experiments.tables import best_runs, final_table
from experiments.tensorboard import write_event_files


@pytest.fixture
def records() -> list[RunRecord]:
    return [
        RunRecord(run, {metric: [1 / 3 + k, 0.1 + k] for metric in METRICS}, 1.5, ("a note",))
        for k, run in enumerate(COURSE_RUNS)
    ]


def test_a_record_is_read_as_it_was_written(records, tmp_path):
    write_record(tmp_path, records[0])
    assert read_record(tmp_path, records[0].run.id) == records[0]


@pytest.mark.parametrize("content", ["", "{", '{"config": {}}', "[]"])
def test_a_record_that_cannot_be_read_is_no_record(records, tmp_path, content):
    write_record(tmp_path, records[0])
    name = records[0].run.id
    (tmp_path / "runs" / name / "run.json").write_text(content)
    assert read_record(tmp_path, name) is None


def test_summary_has_the_form_that_others_read(records, tmp_path):
    write_summaries(tmp_path, records)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary) == ["runs", "environment"]
    assert list(summary["runs"]) == [run.name for run in COURSE_RUNS]
    first = summary["runs"][COURSE_RUNS[0].name]
    assert set(first) == {"config", "final", "seconds"}
    assert first["final"] == dict.fromkeys(METRICS, 0.1)
    assert first["config"]["factorization_weight"] == 0.99
    assert {"torch", "python"} <= set(summary["environment"])


def test_results_that_are_shown_again_stay_as_old_as_they_are(records, tmp_path):
    files = [tmp_path / "summary.json", tmp_path / "curves.csv"]
    write_summaries(tmp_path, records)
    for file in files:
        os.utime(file, (1, 1))
    write_summaries(tmp_path, records)
    assert [file.stat().st_mtime for file in files] == [1, 1]
    write_summaries(tmp_path, records[:3])
    assert all(file.stat().st_mtime > 1 for file in files)


def test_curves_are_tidy_from_epoch_0_and_keep_every_bit(records, tmp_path):
    write_summaries(tmp_path, records)
    curves = read_curves(tmp_path)
    assert list(curves.columns) == ["run", "epoch", "metric", "value"]
    assert len(curves) == 4 * 5 * 2 and curves["epoch"].min() == 0
    pd.testing.assert_frame_equal(curves, tidy_curves(records), check_exact=True)
    assert 1 / 3 in set(curves["value"])


def test_curves_that_are_not_there_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="make experiments writes it"):
        read_curves(tmp_path)


def test_event_files_hold_the_same_scalars_and_replace_old_ones(records, tmp_path):
    write_event_files(tmp_path, records)
    write_event_files(tmp_path, records)
    for record in records:
        folder = tmp_path / "tensorboard" / record.run.id
        assert len(list(folder.iterdir())) == 1
        events = EventAccumulator(str(folder)).Reload()
        assert set(events.Tags()["scalars"]) == set(METRICS)
        for metric, values in record.curves.items():
            logged = events.Scalars(metric)
            assert [event.step for event in logged] == [0, 1]
            assert [event.value for event in logged] == pytest.approx(values, rel=1e-6)
    assert not list((tmp_path / "tensorboard").glob(".*"))


def test_best_is_highest_mrr_and_lowest_of_the_rest():
    final = {
        "a": dict.fromkeys(METRICS, 1.0),
        "b": dict.fromkeys(METRICS, 2.0),
        "c": dict.fromkeys(METRICS, math.nan),
    }
    assert best_runs(final, "eval/Mean Reciprocal Rank") == {"b"}
    assert best_runs(final, "eval/MSE") == {"a"}
    assert best_runs({"c": final["c"]}, "eval/MSE") == set()


def test_the_table_fits_a_terminal_and_marks_the_best(records):
    output = io.StringIO()
    final = {record.run.id: record.final for record in records}
    Console(file=output, width=80).print(final_table(final))
    lines = output.getvalue().splitlines()
    (best,) = [line for line in lines if COURSE_RUNS[0].name in line]
    assert best.split()[1:] == ["0.1000*"] * 3 + ["0.1000", "0.1000*"]
    assert all(run.name in output.getvalue() for run in COURSE_RUNS)


def test_the_table_of_an_early_run_shows_its_high_losses_whole():
    output = io.StringIO()
    final = {run.name: dict.fromkeys(METRICS, 14.44364) for run in COURSE_RUNS}
    Console(file=output, width=80).print(final_table(final))
    assert output.getvalue().count("14.444*") == len(METRICS) * len(COURSE_RUNS)
    assert "…" not in output.getvalue()
