"""``python -m experiments study`` as a student uses it."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.cli import main
from experiments.engine.store import MadeBy, RunRecord, Store
from experiments.run import METRIC_KEYS, SHARED_50
from experiments.study.measurements import read_measurements, remember_study
from tests.processes import press_ctrl_c, started, wait_until_gone

SMALL = ["study", "--data", "synthetic", "--epochs", "3", "--seeds", "1"]


def study(*arguments: str | Path):
    return CliRunner().invoke(main, [*SMALL, *map(str, arguments)])


def times_written(folder: Path) -> dict[str, int]:
    return {file.parent.name: file.stat().st_mtime_ns for file in folder.glob("runs/*/run.json")}


@pytest.mark.thorough
def test_a_plan_says_what_a_study_costs_and_does_nothing(tmp_path):
    planned = study("--part", "width", "--workers", "1", "--out", tmp_path, "--plan")
    assert planned.exit_code == 0, planned.output
    assert "6 of 6 runs to do: about " in planned.output and "1 at a time." in planned.output
    assert not list(tmp_path.iterdir())


@pytest.mark.thorough
def test_a_study_does_its_runs_once_and_reports(tmp_path):
    arguments = ("--part", "width", "--workers", "1", "--out", tmp_path)
    first = study(*arguments)
    assert first.exit_code == 0, first.output
    assert "6 of 6 runs to do: about " in first.output and "1 at a time." in first.output
    assert (tmp_path / "study.html").exists()
    assert len((tmp_path / "runs.csv").read_text().splitlines()) == 1 + 6
    written = times_written(tmp_path)
    assert len(written) == 6

    again = study(*arguments, "--plan")
    assert "All 6 runs are complete." in again.output
    assert times_written(tmp_path) == written


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quick", "--part", "width"], "width: the quick study has no such part"),
        (["--part", "seeds"], "--part seeds compares seeds, and has nothing to do with 1 of"),
        (["--submission", "handout-not-there"], "there is no handout-not-there in"),
        (["--data", "nowhere"], "nowhere does not exist"),
        (["--report-only"], "`make study` makes one"),
        (["--report-only", "--plan"], "--plan says what runs would cost, and --report-only does"),
        (["--scheduler", "tcp://10.0.0.5:1", "--workers", "4"], "--workers starts others here"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments, message, tmp_path):
    done = study("--out", tmp_path, *arguments)
    assert done.exit_code == 1 and message in done.output
    assert "Traceback" not in done.output


@pytest.mark.thorough
def test_a_study_that_was_killed_can_be_reported_with_the_runs_of_its_last_submission(tmp_path):
    store = Store(tmp_path)
    before, after = (MadeBy(submission, "ours", {}) for submission in ("before", "after"))

    def finish(seed: int, made_by: MadeBy, value: float) -> None:
        run = replace(SHARED_50, seed=seed)
        store.write(RunRecord(run, made_by, {key: [value] for key in METRIC_KEYS}, 1.0), b"")

    for seed in (1, 2, 3):
        finish(seed, before, 1.0)
    finish(2, after, 2.0)
    run = replace(SHARED_50, seed=2)
    remember_study(tmp_path, run, after)
    assert read_measurements(tmp_path).runs[["run", "eval/MSE"]].to_numpy().tolist() == [
        [run.id, 2.0]
    ]


@pytest.mark.thorough
def test_a_study_with_runs_that_failed_reports_on_the_others(changed_submission, tmp_path):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        raise NotImplementedError('Question 1c: separate tables')\n"
        "        score = self._rating(self.U_reg",
    )
    (tmp_path / "study").mkdir()
    done = study("--part", "claims", "--submission", folder, "--out", tmp_path / "study")
    assert done.exit_code == 1 and "2 runs failed" in done.output
    assert "in forward_without_embedding_sharing: Question 1c" in done.output
    assert (tmp_path / "study" / "study.html").exists()
    assert len((tmp_path / "study" / "runs.csv").read_text().splitlines()) == 1 + 2
    assert len(list(tmp_path.glob("runs/*/run.json"))) == 2, "kept with those of the four runs"


@pytest.mark.thorough
def test_a_study_with_runs_that_failed_and_others_without_a_number_says_both(
    changed_submission, tmp_path
):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        raise NotImplementedError('Question 1c: separate tables')\n"
        "        score = self._rating(self.U_reg",
    )
    text = (folder / "mrr.py").read_text()
    (folder / "mrr.py").write_text(text.replace(".nanmean()", ".mean()"))
    (tmp_path / "study").mkdir()
    done = study("--part", "claims", "--submission", folder, "--out", tmp_path / "study")
    assert done.exit_code == 1 and "2 runs failed" in done.output
    assert done.output.count("note: eval/Mean Reciprocal Rank is nan: see 2d") == 1
    assert "of 2 runs is not a number: see 2d. No run is left to report on" in done.output
    assert done.exception.__class__ is SystemExit


@pytest.mark.thorough
def test_a_killed_study_leaves_no_worker_and_goes_on_without_doing_a_run_twice(tmp_path):
    arguments = ["study", "--data", "synthetic", "--epochs", "20", "--seeds", "3"]
    arguments += ["--part", "claims"]
    arguments += ["--workers", "2", "--out", tmp_path]
    process = started(*arguments)
    while len(times_written(tmp_path)) < 4:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    before = times_written(tmp_path)
    wait_until_gone(process.pid)
    assert 4 <= len(before) < 12

    resumed = started(*arguments)
    said = resumed.communicate()[0]
    assert resumed.returncode == 0, said
    assert f"{12 - len(before)} of 12 runs to do" in said
    after = times_written(tmp_path)
    assert len(after) == 12 and {name: after[name] for name in before} == before


@pytest.mark.thorough
def test_ctrl_c_stops_every_process_and_says_how_to_go_on(tmp_path):
    arguments = ["study", "--data", "synthetic", "--epochs", "5000", "--seeds", "1"]
    arguments += ["--part", "claims", "--workers", "2", "--out", tmp_path]
    with started(*arguments) as process:
        for line in process.stdout:
            if "runs to do" in line:
                break
        time.sleep(3)  # into the first epochs
        press_ctrl_c(process)
        said = process.stdout.read()
    assert process.returncode == 130
    assert "Stopping:" in said and "To resume, give the command again:" in said
    assert "python -m experiments study --data synthetic --epochs 5000" in said
    assert "Traceback" not in said
    wait_until_gone(process.pid)


@pytest.mark.thorough
def test_a_study_uses_the_course_runs_that_are_complete_in_the_results_around_it(tmp_path):
    options = ["--data", "synthetic", "--epochs", "3", "--threads", "1"]
    done = CliRunner().invoke(main, ["run", *options, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    planned = study("--part", "claims", "--threads", "1", "--out", tmp_path / "study")
    assert "All 4 runs are complete." in planned.output and "Starting" not in planned.output
    assert "answers 0 of 7 questions" in planned.output
