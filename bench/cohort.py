"""``python -m bench cohort N``: the grading of a course of N, made up, as a whole.

Right code in many styles, one to three mistakes of the catalogue, 3 % that is broken, 1 % that is
hostile, each with a comment of its own so that no two are the same code; 2 % hand in the untouched
template. ``--scheduler-kills SECONDS`` does it once more on a Dask cluster of this machine, with a
worker killed so often, and compares.
"""

import argparse
import contextlib
import csv
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.memory import tree_memory
from grader.cohort.records import read_records
from grader.engine.composition import WHOLE, Composition
from grader.misconceptions.catalogue import read_catalogue, right
from problem_set.archive import zip_bytes
from problem_set.io import write_atomic
from problem_set.project import find_project

SAMPLE_SECONDS = 0.5
HOSTILE, BROKEN, TEMPLATE, RIGHT = 0.01, 0.03, 0.02, 0.3
BROKEN_KINDS = ("no zip", "a file is missing", "a syntax error", "nothing in it")
TESTS = Path("tests") / "grader"


def write_cohort(folder: Path, count: int, seed: int = 0) -> dict[str, str]:
    """Write ``count`` uploads, zips named after nobody; return their kinds by name."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    project = find_project()
    reference = _files_in(project / "submission")
    template = {file: _unsolved(data.decode()).encode() for file, data in reference.items()}
    styles = sorted(path for path in (project / TESTS / "right_submissions").iterdir() if _py(path))
    attacks = sorted((project / TESTS / "attacks" / "bank").glob("*.py"))
    catalogue = [*read_catalogue().values()]
    kinds = {}
    for number in range(count):
        name = f"student-{number:05}"
        share = draw.random()
        files = dict(reference)
        if share < HOSTILE:
            attack = draw.choice(attacks)
            kind = f"hostile: {attack.stem}"
            files["loss.py"] = attack.read_bytes() + b"\n\n" + files["loss.py"]
        elif (share := share - HOSTILE) < BROKEN:
            kind = f"broken: {draw.choice(BROKEN_KINDS)}"
            files = _broken(kind.removeprefix("broken: "), files)
        elif (share := share - BROKEN) < TEMPLATE:
            kind, files = "template", template
        elif (share := share - TEMPLATE) < RIGHT:
            kind, style = "right", draw.choice(styles)
            files |= _files_in(style)
        else:
            mistakes = draw.choice((1, 1, 1, 2, 2, 3))
            kind, files = f"mistakes: {mistakes}", _with_mistakes(draw, catalogue, mistakes)
        if kind != "template":
            files = {file: data + f"\n# {name}\n".encode() for file, data in files.items()}
        packed = {f"submission/{file}": data for file, data in files.items()}
        content = b"not a zip" if kind == "broken: no zip" else zip_bytes(packed)
        (folder / f"{name}.zip").write_bytes(content)
        kinds[name] = kind
    return kinds


def _py(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))


def _files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}


def _unsolved(text: str) -> str:
    """Return a file as students first see it, nearly."""
    raised = r'\1raise NotImplementedError("Question 1a is not written yet")\n'
    text = re.sub(r"^( +)### BEGIN.*?### END SOLUTION\n", raised, text, flags=re.DOTALL | re.M)
    return re.sub(r"^### BEGIN.*?^### END SOLUTION\n", "", text, flags=re.DOTALL | re.M)


def _broken(kind: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    if kind == "a file is missing":
        return {name: data for name, data in files.items() if name != "loss.py"}
    if kind == "a syntax error":
        return {**files, "model.py": b"def broken(:\n" + files["model.py"]}
    return {"notes.txt": b""} if kind == "nothing in it" else dict(files)


def _with_mistakes(draw: random.Random, catalogue: list[Any], count: int) -> dict[str, bytes]:
    """Return right files with some mistakes, which may be in one question or in several files."""
    files = {f"{file}.py": right().source(file) for file in right().pipeline.files}
    chosen: dict[str, Any] = {}
    for mistake in draw.sample(catalogue, 4 * count):
        composed = getattr(mistake, "composition", mistake)
        file = composed.pipeline.file if isinstance(composed, Composition) else composed.file
        before = chosen.get(file)
        if before is None:
            chosen[file] = composed
        elif _fit(before, composed):
            chosen[file] = Composition(before.pipeline, before.choices | composed.choices)
        else:
            continue
        count -= 1
        if not count:
            break
    files |= {f"{file}.py": composed.source(file) for file, composed in chosen.items()}
    return {file: text.encode() for file, text in files.items()}


def _fit(one: Any, other: Any) -> bool:
    """Return whether two mistakes can be made in one question: in different parts of it."""
    if not (isinstance(one, Composition) and isinstance(other, Composition)):
        return False
    parts, others = ({choice.part for _, choice in each.choices} for each in (one, other))
    apart = not parts & others and WHOLE not in parts | others
    return one.pipeline is other.pipeline and apart


def measure(uploads: Path, out: Path, *options: str, environment: Any = None) -> dict[str, float]:
    """Grade, and return wall seconds and the peak of memory in bytes."""
    command = [sys.executable, "-m", "grader.cohort", str(uploads), "--out", str(out), *options]
    log = out.with_suffix(".log")
    began, peak = time.perf_counter(), 0
    with log.open("w") as said:
        process = psutil.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environment)
        while process.poll() is None:
            peak = max(peak, tree_memory(process))
            time.sleep(SAMPLE_SECONDS)
    if process.returncode not in (0, 1):
        sys.exit(f"the grading ended with {process.returncode}: {log.read_text()[-2000:]}")
    return {"seconds": time.perf_counter() - began, "peak bytes": float(peak)}


def by_kind(out: Path, kinds: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return how long the submissions of each kind took, by the clock, while others were graded."""
    seconds: dict[str, list[float]] = {}
    for record in read_records(out):
        kind = kinds[record["submission"]].split(":")
        name = kind[0] if kind[0] == "hostile" else ":".join(kind)
        seconds.setdefault(name, []).append(record["seconds"])
    return {
        kind: {"count": len(all_), "mean": statistics.mean(all_), "longest": max(all_)}
        for kind, all_ in sorted(seconds.items())
    }


def points(out: Path) -> dict[str, str]:
    """Return the points of everybody, with the status of those without."""
    with (out / "points.csv").open() as file:
        return {row["submission"]: row["points"] or row["status"] for row in csv.DictReader(file)}


@dataclass
class Cluster:
    """A scheduler and workers on this machine, with TLS: its address, and the clients' environment.

    ``killed`` are the workers that were.
    """

    folder: Path
    environment: dict[str, str]
    address: str = ""
    processes: list[subprocess.Popen] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)

    def start(self, *arguments: str) -> None:
        """Start a part of the cluster."""
        command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
        with (self.folder / "dask.log").open("a") as log:
            started = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        self.processes.append(started)

    def start_worker(self) -> None:
        options = ["--nthreads", "1", "--no-nanny", "--memory-limit", "0"]
        place = str(self.folder / "workers")
        self.start("worker", self.address, *options, "--local-directory", place)

    def kill_a_worker(self) -> None:
        """Kill the oldest worker as the kernel does when memory is full, and start another one."""
        victim = self.processes.pop(1)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.killed.append(victim.pid)
        self.start_worker()


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a scheduler and two workers."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=grading", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    environment = {**os.environ, f"{tls}CA_FILE": str(certificate)}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        environment |= {f"{tls}{role}__CERT": str(certificate), f"{tls}{role}__KEY": str(key)}
    place = folder / "scheduler.json"
    started = Cluster(folder, environment)
    where = ["--protocol", "tls", "--host", "127.0.0.1", "--port", "0"]
    try:
        started.start("scheduler", *where, "--scheduler-file", str(place))
        while not started.address:
            time.sleep(0.1)
            with contextlib.suppress(OSError, ValueError):
                started.address = json.loads(place.read_text())["address"]
        started.start_worker()
        started.start_worker()
        yield started
    finally:
        for process in started.processes:
            process.kill()
            process.wait()


@contextlib.contextmanager
def kills(started: Cluster, every: float) -> Iterator[None]:
    """Kill a worker every so many seconds."""
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(every):
            started.kill_a_worker()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench cohort",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("count", type=int, help="submissions")
    parser.add_argument("--jobs", type=int, help="gradings at once")
    parser.add_argument("--scheduler-kills", type=float, metavar="SECONDS")
    parser.add_argument("--keep", type=Path, help="where uploads and grades are to stay")
    parser.add_argument("--out", type=Path, help="default results/bench-cohort-COUNT.json")
    asked = parser.parse_args(arguments)
    out = asked.out or Path(f"results/bench-cohort-{asked.count}.json")
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="cohort-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        kinds = write_cohort(folder / "uploads", asked.count)
        jobs = [f"--jobs={asked.jobs}"] if asked.jobs else []
        figures: dict[str, Any] = measure(folder / "uploads", folder / "grades", *jobs)
        again = measure(folder / "uploads", folder / "grades", *jobs)
        codes = len(list((folder / "grades" / "staff" / "code").iterdir()))
        figures |= {
            "submissions": asked.count,
            "codes": codes,
            "seconds a submission": figures["seconds"] / asked.count,
            "seconds of a run with nothing new": again["seconds"],
            "kinds": by_kind(folder / "grades", kinds),
        }
        if asked.scheduler_kills:
            figures["dask"] = _on_a_cluster(folder, asked.scheduler_kills, figures)
        write_atomic(out, json.dumps(figures, indent=2) + "\n")
        print(json.dumps(figures, indent=2))
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _on_a_cluster(folder: Path, kill_every: float, local: Mapping[str, Any]) -> dict[str, Any]:
    with cluster(folder) as started, kills(started, kill_every):
        options = ("--scheduler", started.address)
        environment = started.environment
        found = measure(folder / "uploads", folder / "by-dask", *options, environment=environment)
    said = (folder / "by-dask.log").read_text()
    one, other = points(folder / "grades"), points(folder / "by-dask")
    return {
        **found,
        "workers killed": len(started.killed),
        "other points": {
            name: (one[name], other[name]) for name in one if one[name] != other[name]
        },
        "graded": sum(line.split("  ")[0].count("/") == 1 for line in said.splitlines()),
        "seconds of those done locally": local["seconds"],
    }
