"""The command line as a student uses it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from click.testing import CliRunner

from experiments.cli import main
from experiments.console import rerun_command
from experiments.io import lock_folder
from experiments.run import COURSE_RUNS, METRICS, RUN_NAMES
from tests.conftest import PROJECT
from tests.processes import finished, given_again, press_ctrl_c, started, wait_until_gone

QUICK = ["run", "--data", "synthetic", "--epochs", "3"]


def test_the_main_job_on_the_real_data(movielens, tmp_path):
    done = finished("run", "--epochs", "2", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "MovieLens 100K, from" in done.stdout
    for run in COURSE_RUNS:
        assert f"{run.name:28}  epoch 2/2  L_F 0.499" in done.stdout
        assert (tmp_path / "tensorboard" / run.name).is_dir()
    assert "Epoch 0 of all 4 runs has the known values." in done.stdout
    assert "After the last epoch" in done.stdout
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary["runs"]) == list(RUN_NAMES)
    assert summary["runs"][RUN_NAMES[1]]["final"]["training/MSE"] == pytest.approx(13.291, abs=1e-3)
    assert (tmp_path / "figures" / "curves.png").stat().st_size > 10_000


@pytest.mark.thorough
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_resume(tmp_path):
    folder = tmp_path / "my results"
    command = ["run", "--data", "synthetic", "--jobs", "1", "--epochs", "80"]
    with started(*command, "--out", folder, "--run", RUN_NAMES[1]) as process:
        for line in process.stdout:
            if "/80" in line:
                press_ctrl_c(process)
                break
        said = process.stdout.read()
    assert process.returncode == 130
    assert "resumes after epoch" in said
    assert "Traceback" not in said

    resumed = given_again(said)
    assert resumed.returncode == 0, resumed.stderr
    assert "  resumed\n" in resumed.stdout
    assert len((folder / "curves.csv").read_text().splitlines()) == 1 + 5 * 80
    assert not list(folder.glob("runs/*/checkpoint.pt"))


def test_ctrl_c_before_the_first_epoch_says_so_without_a_traceback(tmp_path):
    """The process that runs are forked from is importing torch then."""
    with started(*QUICK, "--out", tmp_path) as process:
        while not (servers := psutil.Process(process.pid).children()):
            time.sleep(0.01)
        time.sleep(0.5)
        assert servers[0].is_running()
        press_ctrl_c(process)
        said = process.stdout.read()
    assert process.returncode == 130
    assert "give the command again" in said
    assert "Traceback" not in said and "Error" not in said
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.thorough
def test_a_killed_command_leaves_no_worker_behind(tmp_path):
    process = started(*QUICK, "--epochs", "5000", "--out", tmp_path, "--run", RUN_NAMES[0])
    while not any(server.children() for server in psutil.Process(process.pid).children()):
        time.sleep(0.05)
    time.sleep(2)  # into the first epochs
    os.kill(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    wait_until_gone(process.pid)


def test_the_command_to_give_again_is_one_that_a_terminal_takes(monkeypatch, tmp_path):
    program = tmp_path / ".venv" / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(sys, "argv", ["__main__.py", "run", "--out", "my results", "--seed", "7"])
    monkeypatch.chdir(tmp_path)
    assert rerun_command() == ".venv/bin/python -m experiments run --out 'my results' --seed 7"
    monkeypatch.setattr(sys, "executable", "/opt/my python/bin/python")
    assert rerun_command().startswith("'/opt/my python/bin/python' -m experiments run ")


def test_trying_an_option_keeps_the_assignments_results_and_its_runs(tmp_path, monkeypatch):
    (tmp_path / "submission").symlink_to(PROJECT / "submission")
    monkeypatch.chdir(tmp_path)
    one_run = ["run", "--run", RUN_NAMES[1]]
    tried = CliRunner().invoke(main, [*one_run, "--data", "synthetic", "--epochs", "3"])
    assert tried.exit_code == 0, tried.output
    summary = tmp_path / "results" / "summary.json"
    assert json.loads(summary.read_text())["options"] == {"data": "synthetic", "epochs": 3}
    # As if these were the results of the assignment's own options:
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "options": {}}))
    kept = summary.read_bytes()
    tried = CliRunner().invoke(main, [*one_run, "--data", "synthetic", "--epochs", "2"])
    assert tried.exit_code == 0, tried.output
    assert "keeps the results of the assignment's own options" in tried.output
    assert summary.read_bytes() == kept
    others = tmp_path / "results" / "tried" / "data=synthetic_epochs=2" / "summary.json"
    assert RUN_NAMES[1] in json.loads(others.read_text())["runs"]
    assert len(list((tmp_path / "results" / "runs").iterdir())) == 2


def test_results_of_earlier_code_do_not_stay_without_a_word(changed_submission, tmp_path):
    one_run = [*QUICK, "--run", RUN_NAMES[1], "--out", str(tmp_path)]
    done = CliRunner().invoke(main, one_run)
    assert done.exit_code == 0, done.output
    folder = changed_submission(
        "loss.py", "    return loss\n", "    raise NotImplementedError('Question 2a')\n"
    )
    failed = CliRunner().invoke(main, [*one_run, "--submission", str(folder)])
    assert failed.exit_code == 1
    assert "1 complete run was made by another version of the submission" in failed.output
    assert f"Numbers and figures in {tmp_path} are still those of earlier runs" in failed.output


def test_a_disk_that_locks_no_files_is_used_after_a_sentence(tmp_path, monkeypatch):
    def no_locks(*_, **__):
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr("experiments.io.FileLock.acquire", no_locks)
    said = []
    with lock_folder(tmp_path, said.append):
        pass
    assert said == [
        f"The disk of {tmp_path} locks no files: give one command at a time that writes there."
    ]


def test_broken_code_is_an_error_with_the_students_line(changed_submission, tmp_path):
    folder = changed_submission(
        "loss.py", "    return loss\n", "    raise NotImplementedError('Question 2a')\n"
    )
    two_runs = ["--run", RUN_NAMES[0], "--run", RUN_NAMES[2]]
    done = finished(*QUICK, *two_runs, "--submission", folder, "--out", tmp_path)
    assert done.returncode == 1
    assert "submission/loss.py, line" in done.stderr and "Question 2a" in done.stderr
    assert "0 of 2 runs are complete" in done.stderr
    assert done.stderr.count("Question 2a") == 1, "said once for all runs"
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere"], "nowhere does not exist. --data takes"),
        (["--submission", "handout-not-there"], "there is no handout-not-there in"),
        (["--device", "cuda"], "--device cuda: torch finds no NVIDIA card here"),
        (["--device", "mps"], "--device mps: torch finds no Apple GPU here"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments, message, tmp_path):
    import torch

    if arguments[1] == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has an NVIDIA card")
    if arguments[1] == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has an Apple GPU")
    done = CliRunner().invoke(main, [*QUICK, "--out", str(tmp_path), *arguments])
    assert done.exit_code == 1 and message in done.output


@pytest.mark.parametrize("command", [QUICK, ["study", *QUICK[1:], "--seeds", "1"]])
def test_a_folder_that_another_command_does_runs_into_is_refused_at_once(command, tmp_path):
    with lock_folder(tmp_path):
        refused = CliRunner().invoke(main, [*command, "--out", str(tmp_path)])
    assert refused.exit_code == 1
    assert f"another command or notebook is doing runs into {tmp_path}" in refused.output
    assert not list(tmp_path.glob("runs/*"))
    with lock_folder(tmp_path):
        pass  # free again


@pytest.mark.parametrize(
    "arguments", [["--epochs", "0"], ["--run", "shared"], ["--jobs", "0"], ["--batch-size", "0"]]
)
def test_options_that_make_no_sense_are_refused(arguments):
    done = CliRunner().invoke(main, ["run", *arguments])
    assert done.exit_code == 2 and "Invalid value" in done.output


def test_figures_are_drawn_again_from_the_curves(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.plots.METRICS", METRICS[:1])
    done = CliRunner().invoke(main, ["figures", "--results", str(tmp_path)])
    assert done.exit_code == 1 and "make experiments writes it" in done.output
    (tmp_path / "curves.csv").write_text(
        "run,epoch,metric,value\nshared=True_LF=0.5_LR=0.5,0,x,1.0\n"
    )
    done = CliRunner().invoke(main, ["figures", "--results", str(tmp_path)])
    assert done.exit_code == 0 and (tmp_path / "figures" / "curves.pdf").exists()


def test_results_that_cannot_be_read_are_no_report(tmp_path):
    (tmp_path / "summary.json").write_text("{")
    done = CliRunner().invoke(main, ["report", "--results", str(tmp_path), "--out", str(tmp_path)])
    assert done.exit_code == 1
    assert "summary.json should hold the runs" in done.output
    assert "`make experiments` writes it again" in done.output


@pytest.mark.parametrize("command", ["run", "study"])
def test_help_imports_nothing_that_takes_long(command):
    program = (
        "import sys\n"
        "from experiments.cli import main\n"
        f"try:\n    main(['{command}', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "print({'torch', 'numpy', 'pandas', 'matplotlib', 'rich', 'psutil'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.rstrip().endswith("set()")


@pytest.mark.skipif(not shutil.which("make"), reason="needs make: apt install make")
def test_make_lists_its_commands():
    listed = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True)
    for name in ("make experiments", "make test", "make lab", "make bench"):
        assert name in listed.stdout
