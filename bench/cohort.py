"""``python -m bench cohort N``: the grading of a course of N, made up, as a whole.

Right code in many styles, one to three mistakes of the catalogue, 3 % that is broken, 3 % that
computes nothing yet, 1 % that is hostile in each of its files, each with a comment of its own so
that no two are the same code; 2 % hand in the untouched template, and 1 % another one's files.
``--scheduler-kills SECONDS`` does it once more on a Dask cluster of this machine, with a worker
killed so often (0: none), and compares outcomes and processor time. A submission that takes longer
than a worker lives could never end there. So with kills both runs have half of those seconds as
their time limit, unless ``--time-limit`` says otherwise; what has reached it in both is counted,
and its tests are not compared, since what was judged until then depends on the clock. Without
kills, the processor time of both runs says what the cluster costs.
With ``--keep`` a local run that was stopped goes on.
"""

import argparse
import contextlib
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from bench.cluster import cluster, kills
from bench.memory import memory_of, tree_memory
from bench.processor import counted, processor_seconds
from grader.cohort.command import TIME_LIMIT
from grader.cohort.records import read_records
from grader.cohort.table import GRADER_FAILED
from grader.engine.composition import WHOLE, Composition
from grader.engine.grader import TIME_IS_UP
from grader.misconceptions.catalogue import read_catalogue, right
from problem_set.archive import zip_bytes
from problem_set.io import write_atomic
from problem_set.project import find_project

SAMPLE_SECONDS = 3.0  # to sum up the memory of all processes takes a tenth of a second
HOSTILE, BROKEN, TEMPLATE, EMPTY, COPY, RIGHT = 0.01, 0.03, 0.02, 0.03, 0.01, 0.3
BROKEN_KINDS = ("no zip", "a file is missing", "a syntax error", "nothing in it")
EMPTY_KINDS = ("every body is pass", "one file's bodies are pass", "one value everywhere")
SLOW_ATTACKS = ("deadlock", "loop", "sleep_at_import", "stop_self")  # half: the longest ones
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
    kinds: dict[str, str] = {}
    files: Mapping[str, bytes] = template
    for number in range(count):
        name = f"student-{number:05}"
        share = draw.random()
        before, files = files, dict(reference)
        if share < HOSTILE:
            slow = [path for path in attacks if path.stem in SLOW_ATTACKS]
            attack = draw.choice(slow if draw.random() < 0.5 else attacks)
            kind = f"hostile: {attack.stem}"
            files = {file: attack.read_bytes() + b"\n\n" + data for file, data in files.items()}
        elif (share := share - HOSTILE) < BROKEN:
            kind = f"broken: {draw.choice(BROKEN_KINDS)}"
            files = _broken(kind.removeprefix("broken: "), files)
        elif (share := share - BROKEN) < TEMPLATE:
            kind, files = "template", template
        elif (share := share - TEMPLATE) < EMPTY:
            kind = f"empty: {draw.choice(EMPTY_KINDS)}"
            files |= _empty(draw, kind.removeprefix("empty: "), template)
        elif (share := share - EMPTY) < COPY:
            kind, files = "copy", before
        elif (share := share - COPY) < RIGHT:
            kind, style = "right", draw.choice(styles)
            files |= _files_in(style)
        else:
            mistakes = draw.choice((1, 1, 1, 2, 2, 3))
            kind, files = f"mistakes: {mistakes}", _with_mistakes(draw, catalogue, mistakes)
        if kind not in ("template", "copy"):
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


def _empty(draw: random.Random, kind: str, template: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return files whose functions do nothing, or return a value that depends on nothing."""
    if kind == "one value everywhere":
        constant = _files_in(find_project() / TESTS / "empty_work")
        return {file: constant[file] for file in template if file in constant}
    raised = re.compile(rb"raise NotImplementedError\([^)]*\)")
    empty = {file: raised.sub(b"pass", data) for file, data in template.items()}
    if kind == "every body is pass":
        return empty
    file = draw.choice([file for file in empty if empty[file] != template[file]])
    return {file: empty[file]}


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
    """Grade; return seconds by the clock and of the processor, and peaks of memory in bytes.

    The coordinator is the process that starts the others, which grade.
    """
    command = [sys.executable, "-m", "grader.cohort", str(uploads), "--out", str(out), *options]
    log, used = out.with_suffix(".log"), out.with_suffix(".processor")
    used.unlink(missing_ok=True)
    began, peaks = time.perf_counter(), [0, 0]
    with log.open("w") as said:
        process = psutil.Popen(
            counted(used, command), stdout=said, stderr=subprocess.STDOUT, env=environment
        )
        while process.poll() is None:
            with contextlib.suppress(psutil.Error, IndexError):
                coordinator = process.children()[0]
                own = memory_of(coordinator)
                others = tree_memory(coordinator) - own
                peaks = [max(pair) for pair in zip(peaks, (own, others))]
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(SAMPLE_SECONDS)
    if not (out / "points.csv").exists():
        sys.exit(f"the grading ended with {process.returncode}: {log.read_text()[-2000:]}")
    lines = log.read_text().splitlines()
    return {
        "exit code": process.returncode,
        "seconds": time.perf_counter() - began,
        "processor seconds": processor_seconds(used),
        "peak bytes of the coordinator": float(peaks[0]),
        "peak bytes of those that grade": float(peaks[1]),
        "graded": sum(bool(re.match(r"\d+/\d+  ", line)) for line in lines),
    }


def by_kind(out: Path, kinds: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return what the submissions of each kind took; of the same code, the first one counts.

    Seconds of the processor, and by the clock while others were graded; bytes of a submission's
    largest process.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    codes: set[str] = set()
    for record in read_records(out):
        kind = kinds[record["submission"]]
        if record["code"] and record["code"] not in codes:
            codes.add(record["code"])
            found.setdefault("hostile" if kind.startswith("hostile") else kind, []).append(record)
    return {
        kind: {
            "count": len(records),
            "processor, mean": statistics.mean(record["cpu"] for record in records),
            "processor, worst": max(record["cpu"] for record in records),
            "clock, mean": statistics.mean(record["seconds"] for record in records),
            "clock, worst": max(record["seconds"] for record in records),
            "memory, worst": max(record["memory"] for record in records),
        }
        for kind, records in sorted(found.items())
    }


def report_seconds(out: Path) -> dict[str, float]:
    """Return how long the pages about the whole course took to write, after the points."""
    names = ("points.csv", "cohort.html", "similarity.html")
    points, cohort, similarity = ((out / name).stat().st_mtime for name in names)
    return {"cohort.html": cohort - points, "similarity.html": similarity - cohort}


def seconds_by_third(out: Path) -> list[float]:
    """Return seconds a code while the first, second and last third of them were graded."""
    files = [out / "staff" / f"{record['submission']}.json" for record in read_records(out)]
    times = sorted(path.stat().st_mtime for path in files)
    third = (len(times) - 1) // 3
    starts = (0, third, 2 * third) if third else ()
    return [(times[start + third] - times[start]) / third for start in starts]


def outcomes(out: Path) -> dict[str, Any]:
    """Return by name everybody's status, and of each test the points and the mistakes named.

    Of those who reached the time limit, only that.
    """
    return {
        record["submission"]: record["problem"]
        if record["problem"] == TIME_IS_UP
        else (
            record["status"],
            [
                (test["id"], test["status"], test["points"], [hint["id"] for hint in test["hints"]])
                for question in record["questions"]
                for test in question["tests"]
            ],
        )
        for record in read_records(out)
    }


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench cohort",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("count", type=int, help="submissions")
    parser.add_argument("--jobs", type=int, help="gradings at once")
    parser.add_argument("--scheduler-kills", type=float, metavar="SECONDS")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="of a submission")
    parser.add_argument("--keep", type=Path, help="where uploads and grades are to stay")
    parser.add_argument("--out", type=Path, help="default results/bench-cohort-COUNT.json")
    asked = parser.parse_args(arguments)
    out = asked.out or Path(f"results/bench-cohort-{asked.count}.json")
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="cohort-"))
    folder.mkdir(parents=True, exist_ok=True)
    kill_every = asked.scheduler_kills
    limit = asked.time_limit or (min(TIME_LIMIT, kill_every / 2) if kill_every else TIME_LIMIT)
    try:
        figures = _locally(folder, asked.count, limit, asked.jobs)
        write_atomic(out, json.dumps(figures, indent=2) + "\n")
        if kill_every is not None:
            figures["dask"] = _on_a_cluster(folder, kill_every, limit, figures)
            write_atomic(out, json.dumps(figures, indent=2) + "\n")
        print(json.dumps(figures, indent=2))
        if others := figures.get("dask", {}).get("other outcomes"):
            sys.exit(f"Graded otherwise on the cluster: {', '.join(others)}")
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _locally(folder: Path, count: int, limit: float, jobs: int | None) -> dict[str, Any]:
    kinds = write_cohort(folder / "uploads", count)
    options = [f"--time-limit={limit}", *([f"--jobs={jobs}"] if jobs else [])]
    grades = folder / "grades"
    figures: dict[str, Any] = measure(folder / "uploads", grades, *options)
    figures |= {
        "submissions": count,
        "time limit of a submission": limit,
        "codes": len(list((grades / "staff" / "code").iterdir())),
        "seconds a submission": figures["seconds"] / max(1, figures["graded"]),
        "seconds a code, by third of the run": seconds_by_third(grades),
        "seconds of the report": report_seconds(grades),
        "kinds": by_kind(grades, kinds),
    }
    again = measure(folder / "uploads", grades, *options)
    return {**figures, "seconds of a run with nothing new": again["seconds"]}


def _on_a_cluster(
    folder: Path, kill_every: float, limit: float, local: Mapping[str, Any]
) -> dict[str, Any]:
    killing = kills if kill_every else lambda *_: contextlib.nullcontext()
    out = folder / "by-dask"
    shutil.rmtree(out, ignore_errors=True)
    with cluster(folder) as started, killing(started, kill_every):
        options = ("--scheduler", started.address, f"--time-limit={limit}")
        found = measure(folder / "uploads", out, *options, environment=started.environment)
    found["processor seconds"] += processor_seconds(started.used)
    del found["peak bytes of those that grade"]  # the workers are not the command's
    one, other = outcomes(folder / "grades"), outcomes(out)
    failed = [
        record["submission"] for record in read_records(out) if record["status"] == GRADER_FAILED
    ]
    return {
        **found,
        "workers killed": len(started.killed),
        "other outcomes": [name for name in one if one[name] != other.get(name)],
        "of these, could not end": failed,
        "reached the time limit in both runs": sum(
            one[name] == other.get(name) == TIME_IS_UP for name in one
        ),
        "seconds, of those done locally": found["seconds"] / local["seconds"],
        "processor seconds, of those done locally": found["processor seconds"]
        / local["processor seconds"],
    }
