"""Gradings on a Dask cluster: over TLS alone, on workers whose sandbox holds, killed or not."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from bench.cluster import cluster as tls_cluster
from grader.cohort.cluster import GradingPreparation
from grader.cohort.command import main
from grader.cohort.grading import Rules
from grader.cohort.records import read_records
from problem_set.executors.dask_cluster import WorkerUnfit
from tests.course import FULL_MARKS

PROJECT = Path(__file__).parents[2]


def write_uploads(folder: Path, count: int) -> None:
    for number in range(count):
        shutil.copytree(PROJECT / "submission", folder / f"s{number}" / "submission")
        with (folder / f"s{number}" / "submission" / "loss.py").open("a") as file:
            file.write(f"# {number}\n")


def worker_at(folder: Path) -> SimpleNamespace:
    return SimpleNamespace(address="tls://10.0.0.5:4321", local_directory=str(folder))


def test_a_scheduler_without_encryption_is_refused(tmp_path):
    write_uploads(tmp_path / "uploads", 1)
    out = str(tmp_path / "grades")
    options = ["--out", out, "--scheduler", "tcp://127.0.0.1:8786"]
    done = CliRunner().invoke(main, [str(tmp_path / "uploads"), *options])
    assert done.exit_code == 2 and "encrypted connections alone" in done.output
    assert (tmp_path / "grades" / "points.csv").exists()


def test_a_worker_without_isolation_gets_no_hidden_test_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_ISOLATION", "none")
    plugin = GradingPreparation(Rules())
    with pytest.raises(WorkerUnfit, match=r"4321 cannot keep a submission from the hidden tests"):
        plugin.prepare(worker_at(tmp_path))
    assert list(tmp_path.iterdir()) == []
    secrets = [path.read_bytes() for path in (PROJECT / "grader" / "hidden_tests").glob("*.py")]
    assert not any(text and text in str(vars(plugin)).encode() for text in secrets)


def test_a_worker_with_another_grader_is_refused(tmp_path):
    plugin = GradingPreparation(Rules())
    plugin.engine = "another"
    with pytest.raises(WorkerUnfit, match="has another version of the grader"):
        plugin.prepare(worker_at(tmp_path))


@pytest.mark.thorough
def test_killed_workers_cost_their_own_submissions_and_nothing_is_graded_twice(tmp_path):
    uploads, out = tmp_path / "uploads", tmp_path / "grades"
    write_uploads(uploads, 8)
    command = [sys.executable, "-m", "grader.cohort", str(uploads), "--out", str(out)]
    with (
        tls_cluster(tmp_path) as started,
        subprocess.Popen(
            [*command, "--scheduler", started.address],
            cwd=PROJECT,
            env=started.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        said = []
        for line in process.stdout:
            said.append(line)
            if "2/8  " in line:
                started.kill_a_worker()
    assert process.returncode == 0 and started.killed, said
    assert [record["score"] for record in read_records(out)] == [FULL_MARKS] * 8
    assert sum("/8  " in line for line in said) == 8
