"""A run shared out between processes has the single process's numbers, whatever becomes of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from click.testing import CliRunner
from rich.console import Console

from experiments.commands import main
from experiments.configuration import METRICS
from experiments.course_runs import check_processes, configure_runs
from experiments.data import load_ratings
from experiments.distributed.task import task_folder, write_task
from experiments.distributed.torchrun import LOOPBACK, complete_shared_out_runs
from experiments.memory import jobs_that_fit, process_memory
from experiments.one_writer import only_writer
from experiments.progress import RunProgress
from experiments.ratings import Ratings, Split, split_ratings
from experiments.records import read_record, run_folder
from experiments.run import COURSE_RUNS, RUN_NAMES, Run
from experiments.scheduling import RunsFailed, RunsInterrupted, tell_listener
from experiments.student_code import load_student_code
from experiments.training import Training
from experiments.worker import EpochUnderWay, work
from tests.conftest import ChangeSubmission
from tests.experiments.test_scheduling import Pipe, Watcher

PROJECT = Path(__file__).parents[2]
SHARED, SEPARATE = COURSE_RUNS[1:3]

# What each process of a group does in the test of many small runs.
GROUP = """
import json, sys
from pathlib import Path
from experiments.run import Run
from experiments.distributed.rank import joined_group
from experiments.distributed.task import load_split
from experiments.distributed.training import SharedOutTraining
from experiments.student_code import load_student_code

folder = Path(sys.argv[1])
curves = []
with joined_group("cpu") as place:
    for config, submission in json.loads((folder / "runs.json").read_text()):
        run = Run.from_dict(config)
        code = load_student_code(Path(submission))
        training = SharedOutTraining(run, load_split(folder), code)
        curves.append([training.run_epoch() for _ in range(run.epochs)])
(folder / f"curves-{place}.json").write_text(json.dumps(curves))
"""


def single_process(run: Run, split: Split, folder: Path) -> list[dict[str, float]]:
    training = Training(run, split, load_student_code(folder))
    return [training.run_epoch() for _ in range(run.epochs)]


def assert_alike(shared_out: list[dict[str, float]], single: list[dict[str, float]]) -> None:
    assert len(shared_out) == len(single)
    for one, other in zip(shared_out, single):
        for metric in METRICS:
            # Rounding may swap two movies of near-equal scores, which moves a rank.
            tolerance = 5e-3 if "Rank" in metric else 2e-6
            assert one[metric] == pytest.approx(other[metric], rel=tolerance), metric


@pytest.mark.thorough
def test_two_processes_have_the_single_processs_losses(
    small_split: Split, reference: Path, changed_submission: ChangeSubmission, tmp_path: Path
):
    """Also where a batch cannot be cut evenly, and where the code is not the reference's."""
    changes = {
        "sum": ("loss.py", "** 2).mean()", "** 2).sum()"),
        "unused": ("model.py", "self.mlp_layers = ", "self.spare = nn.Linear(2, 2)\n        "
                   "self.mlp_layers = "),
        "one by one": ("model.py", "def score_all_items", "def another_name"),
    }  # fmt: skip
    folders = {
        name: changed_submission(*change).parent.rename(tmp_path / name) / "submission"
        for name, change in changes.items()
    }
    assert len(small_split.train) == 1425
    runs = [
        (SHARED, None, reference),
        (SEPARATE, None, reference),
        (SEPARATE, 400, reference),  # the last batch has 225 pairs: shares of 113 and 112
        (SHARED, 89, reference),  # shares of 45 and 44, and a last batch of one pair
        (SHARED, 400, folders["sum"]),
        (SHARED, 400, folders["unused"]),
        (SHARED, 400, folders["one by one"]),
    ]
    runs = [
        (replace(run, epochs=2, batch_size=size, processes=2), folder) for run, size, folder in runs
    ]
    with task_folder(small_split) as folder, socket.socket() as free:
        write_task(folder, runs[0][0], small_split, reference, tmp_path)
        (folder / "runs.json").write_text(
            json.dumps([(run.to_dict(), str(submission)) for run, submission in runs])
        )
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", GROUP, folder],
                cwd=PROJECT,
                env=os.environ
                | {"RANK": str(place), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
                | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
                | {"TORCH_CPP_LOG_LEVEL": "ERROR", "GLOO_SOCKET_IFNAME": LOOPBACK},
            )
            for place in range(2)
        ]
        assert [process.wait() for process in processes] == [0, 0]
        first, second = (
            json.loads((folder / f"curves-{place}.json").read_text()) for place in range(2)
        )
    assert first == second
    for curves, (run, submission) in zip(first, runs):
        assert_alike(curves, single_process(run, small_split, submission))


@pytest.mark.thorough
def test_the_command_shares_a_run_out_and_writes_its_results(reference: Path, tmp_path: Path):
    options = ["--data", "synthetic", "--epochs", "2", "--batch-size", "4000", "--threads", "1"]
    done = CliRunner().invoke(
        main,
        ["run", *options, "--processes", "2", "--run", RUN_NAMES[1], "--out", str(tmp_path)],
    )
    assert done.exit_code == 0, done.output
    assert "epoch 2/2" in done.output
    record = read_record(tmp_path, RUN_NAMES[1])
    assert record.run.processes == 2
    ratings = load_ratings("synthetic", lambda _: None)
    (run,) = configure_runs(
        ratings, reference, names=[RUN_NAMES[1]], epochs=2, batch_size=4000, threads=1
    )
    assert_alike(
        [{metric: record.curves[metric][epoch] for metric in METRICS} for epoch in range(2)],
        single_process(run, split_ratings(ratings, 123), reference),
    )
    assert sorted(file.name for file in run_folder(tmp_path, RUN_NAMES[1]).iterdir()) == [
        "run.json",
        "weights.pt",
    ]


def by_torchrun(processes: int, results: Path) -> subprocess.CompletedProcess:
    """Give the command that joins machines by hand, on this one."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--local-addr", "127.0.0.1", "--nproc-per-node", str(processes)]
    command += ["-m", "experiments.distributed", RUN_NAMES[1], "--data", "synthetic"]
    command += ["--epochs", "2", "--batch-size", "4000", "--out", str(results)]
    quiet = {"TORCH_CPP_LOG_LEVEL": "ERROR", "GLOO_SOCKET_IFNAME": LOOPBACK, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=PROJECT, env=os.environ | quiet, capture_output=True, text=True, check=False
    )


@pytest.mark.thorough
def test_a_run_joined_by_hand_is_done_once_and_has_its_folder_to_itself(tmp_path: Path):
    with only_writer(tmp_path):
        refused = by_torchrun(2, tmp_path)
    told = f"error: another command or notebook is doing runs into {tmp_path}"
    assert refused.returncode != 0 and refused.stderr.count(told) == 1, refused.stderr
    assert read_record(tmp_path, RUN_NAMES[1]) is None

    done = by_torchrun(2, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "epoch 2/2" in done.stdout
    record = run_folder(tmp_path, RUN_NAMES[1]) / "run.json"
    written = record.stat().st_mtime_ns
    (tmp_path / "summary.json").unlink()

    again = by_torchrun(2, tmp_path)
    assert again.returncode == 0, again.stderr
    assert "complete already, not done again" in again.stdout
    assert record.stat().st_mtime_ns == written
    assert (tmp_path / "summary.json").exists()


def test_a_long_epoch_tells_how_far_it_is(
    small_split: Split, reference: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setattr("experiments.worker.UNDER_WAY_SECONDS", -1)
    run = replace(SHARED, epochs=2, batch_size=500)
    pipe = Pipe()
    work(run, small_split, reference, tmp_path, pipe)
    told = [event for event in pipe.sent if isinstance(event, EpochUnderWay)]
    assert [(event.epoch, event.share) for event in told] == [
        (epoch, done / 1425) for epoch in range(2) for done in (500, 1000, 1425)
    ]
    progress = RunProgress([run], Console(width=200, force_terminal=False))
    for event in pipe.sent:
        tell_listener(progress, run.name, event)
    said = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1:3] for line in said[:3]] == [
        ["epoch 1/2", "35% of its minibatches"],
        ["epoch 1/2", "70% of its minibatches, 0 s left of them"],
        ["epoch 1/2", "evaluating"],
    ]
    assert len(said) == 2 * (3 + 1)


def shared_out(run: Run, **changes) -> Run:
    return replace(run, **{"batch_size": 300, "processes": 2, "submission": "this", **changes})


def processes_below() -> list[psutil.Process]:
    """Return the processes of shared-out runs; other tests may have left servers of their own."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE and "distributed" in " ".join(process.cmdline())
    ]


def at_epoch(number: int, act: Callable[[], None]) -> Watcher:
    """Return a listener that acts once, when an epoch is finished."""
    acted = []

    def look(name: str, epoch: int) -> None:
        if epoch >= number and not acted:
            acted.append(True)
            act()

    return Watcher(look)


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.thorough
def test_an_interrupted_run_goes_on_to_the_same_bits(
    small_split: Split, reference: Path, tmp_path: Path
):
    run = shared_out(SEPARATE, epochs=120)
    with pytest.raises(RunsInterrupted) as caught:
        complete_shared_out_runs(
            [run], small_split, reference, tmp_path / "stopped", at_epoch(5, interrupt)
        )
    assert 6 <= caught.value.epochs[run.name] < 120
    assert (run_folder(tmp_path / "stopped", run.id) / "checkpoint.pt").exists()
    assert processes_below() == []

    watcher = Watcher()
    complete_shared_out_runs([run], small_split, reference, tmp_path / "stopped", watcher)
    before = watcher.restored_epochs[run.name]
    assert before == caught.value.epochs[run.name]
    assert watcher.epochs[run.name] == list(range(before, 120))
    complete_shared_out_runs([run], small_split, reference, tmp_path / "whole", Watcher())
    stopped, whole = (read_record(tmp_path / name, run.id) for name in ("stopped", "whole"))
    assert stopped.curves == whole.curves
    weights = [
        torch.load(run_folder(tmp_path / name, run.id) / "weights.pt", weights_only=True)
        for name in ("stopped", "whole")
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])

    again = Watcher()
    complete_shared_out_runs([run], small_split, reference, tmp_path / "whole", again)
    assert again.started == {run.name: True} and again.epochs == {}


@pytest.mark.thorough
def test_a_dead_process_ends_its_run_with_a_sentence_and_the_others_go_on(
    small_split: Split, reference: Path, tmp_path: Path
):
    def kill_second() -> None:
        for process in processes_below():
            if process.environ().get("RANK") == "1":
                process.kill()

    runs = [shared_out(SHARED, epochs=3000), shared_out(SEPARATE, epochs=2)]
    with pytest.raises(RunsFailed, match="number 1 of the run's 2 processes was killed") as caught:
        complete_shared_out_runs(runs, small_split, reference, tmp_path, at_epoch(3, kill_second))
    assert "perhaps for want of memory" in str(caught.value)
    assert list(caught.value.messages) == [SHARED.name]
    assert read_record(tmp_path, SEPARATE.id)
    assert processes_below() == []


@pytest.mark.thorough
def test_a_mistake_is_told_once_with_the_students_own_line(
    small_split: Split, changed_submission: ChangeSubmission, tmp_path: Path
):
    folder = changed_submission(
        "loss.py", "    return loss\n", "    raise NotImplementedError('Question 2a')\n"
    )
    with pytest.raises(RunsFailed) as caught:
        complete_shared_out_runs([shared_out(SHARED)], small_split, folder, tmp_path, Watcher())
    assert "submission/loss.py, line" in str(caught.value)
    assert str(caught.value).count("Question 2a") == 1


@pytest.mark.thorough
def test_a_killed_command_leaves_no_process_behind(tmp_path: Path):
    command = [sys.executable, "-m", "experiments", "run", "--data", "synthetic", "--epochs"]
    command += ["9000", "--batch-size", "4000", "--processes", "2", "--run", RUN_NAMES[0]]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    ) as process:
        while not run_folder(tmp_path, RUN_NAMES[0]).exists():
            time.sleep(0.1)
        below = psutil.Process(process.pid).children(recursive=True)
        assert len(below) >= 3
        process.send_signal(signal.SIGKILL)
    gone, alive = psutil.wait_procs(below, timeout=60)
    assert len(gone) == len(below) and not alive


def sized(num_ratings: int, num_users: int = 138_000, num_items: int = 27_000) -> Ratings:
    """Ratings of a size, whose memory nothing touches."""
    rows = np.broadcast_to(np.array([num_users - 1]), num_ratings)
    items = np.broadcast_to(np.array([num_items - 1]), num_ratings)
    return Ratings(rows, items, np.broadcast_to(np.float32(3), num_ratings), "sized")


def test_what_does_not_fit_into_memory_is_refused_with_what_would():
    large = sized(20_000_000)
    with pytest.raises(ValueError, match=r"19,000,000 training pairs with the full batch") as full:
        jobs_that_fit([SHARED], large, free=20e9)
    assert "With --batch-size 65536 it needs about 2." in str(full.value)
    assert "290 steps instead of one" in str(full.value)
    with pytest.raises(ValueError, match="with batches of 9,000,000 in 2 processes needs"):
        jobs_that_fit([replace(SHARED, batch_size=9_000_000, processes=2)], large, free=20e9)
    with pytest.raises(ValueError, match="a machine with more memory"):
        jobs_that_fit([replace(SHARED, batch_size=65_536)], large, free=2.5e9)
    elsewhere = replace(SHARED, batch_size=9_000_000, processes=20)
    with pytest.raises(ValueError, match="in 20 processes, 10 of them here, needs about 3"):
        jobs_that_fit([elsewhere], large, free=20e9, processes_here=10)
    assert jobs_that_fit([elsewhere], large, free=20e9, processes_here=2) == 1
    minibatches = [replace(run, batch_size=65_536) for run in COURSE_RUNS]
    assert jobs_that_fit(minibatches, large, free=20e9) == 4
    assert jobs_that_fit(minibatches, large, free=7e9) == 2


def test_the_courses_runs_start_however_little_memory_is_free():
    assert jobs_that_fit(COURSE_RUNS, sized(100_000, 944, 1683), free=1e6) >= 1


def test_processes_share_the_activations_but_not_the_ratings():
    one = replace(SHARED, batch_size=1_000_000)
    large = sized(20_000_000)
    saved = process_memory(one, large) - process_memory(replace(one, processes=2), large)
    assert saved == pytest.approx(0.5 * (process_memory(one, large) - process_memory(
        replace(one, batch_size=1), large)), rel=1e-3)  # fmt: skip


def test_what_cannot_be_shared_out_is_one_sentence(monkeypatch, tmp_path: Path):
    with pytest.raises(ValueError, match="cpu or cuda, not with mps"):
        check_processes(2, "mps")
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(ValueError, match="as many NVIDIA cards, and torch finds 1: use --proc"):
        check_processes(2, "cuda")
    check_processes(1, "mps")
    both = ["run", "--data", "synthetic", "--processes", "2"]
    done = CliRunner().invoke(main, [*both, "--jobs", "2", "--out", str(tmp_path)])
    assert done.exit_code == 1 and "do not go together" in done.output


@pytest.mark.parametrize("change", [{"balancing": "mgda"}, {"gradient_interval": 5}])
def test_gradients_by_task_are_for_one_process(
    small_split: Split, reference: Path, change, tmp_path
):
    run = shared_out(SHARED, **change)
    with pytest.raises(ValueError, match="need one process"):
        complete_shared_out_runs([run], small_split, reference, tmp_path, Watcher())


def test_processes_share_the_cores_out(reference: Path, small_ratings: Ratings, monkeypatch):
    monkeypatch.setattr("experiments.course_runs.processor_cores", lambda: 8)
    (run, *_) = configure_runs(small_ratings, reference, device="cpu", processes=3)
    assert (run.processes, run.threads) == (3, 2)
