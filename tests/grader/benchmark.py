"""Measure the grader: ``python tests/grader/benchmark.py [cold|batch|many|same|catalogue|hints]...``.

cold        one submission in a fresh process, start to report
batch       submissions after the first in one process, right and wrong ones in turn
many        200 submissions in one process: seconds and memory as they go
same        one submission 20 times, beside two busy processes: are the reports the same?
catalogue   every misconception handed in and graded through the sandbox
hints       to find the hints of three mistakes, in one output and in several, and of unfinished
            and odd functions, in each question; nothing of other submissions is remembered
"""

import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from grader.contents import CONTENTS  # noqa: E402
from grader.engine.composition import Choice, Composition, Pipeline  # noqa: E402
from grader.engine.grader import Asked, Grader  # noqa: E402
from grader.engine.hints import Explainer  # noqa: E402
from grader.engine.results import FAILED  # noqa: E402
from grader.engine.runner import TestOutcome  # noqa: E402
from grader.misconceptions.catalogue import read_catalogue  # noqa: E402
from problem_set.assignment import read_assignment  # noqa: E402

CATALOGUE = read_catalogue()
QUESTION_OF = {test.id: test.question for test in read_assignment(None).tests}
PIPELINES = {entry.asked_in: entry.pipeline for entry in CATALOGUE.values()}


def cold() -> None:
    """Time the command on the reference, and on a submission with three mistakes."""
    with tempfile.TemporaryDirectory() as place:
        wrong = CATALOGUE["product-missing"].write(Path(place))
        for name, path in (("right", REPOSITORY), ("wrong", wrong)):
            for _ in range(3):
                start = time.perf_counter()
                command = [sys.executable, "-m", "grader", str(path)]
                subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True)
                print(f"cold, {name}: {time.perf_counter() - start:.2f} s")


def batch(count: int = 12) -> None:
    """Time gradings one after the other; the first wrong ones also run the catalogue."""
    with Grader(CONTENTS) as grader, tempfile.TemporaryDirectory() as place:
        entries = list(CATALOGUE.values())[:: len(CATALOGUE) // 6][:6]
        paths = [REPOSITORY, *(entry.write(Path(place) / entry.id) for entry in entries)]
        for index in range(count):
            path = paths[index % len(paths)]
            report = grader.grade(path)
            print(f"batch, {path.name}: {report.seconds:.2f} s, {report.score:g} points")


def many(count: int = 200) -> None:
    """Watch memory while 200 submissions are graded: ten wrong ones in turn, and the reference.

    What the catalogue returns is kept, so that memory grows until each of the ten has come once.
    """
    with Grader(CONTENTS) as grader, tempfile.TemporaryDirectory() as place:
        entries = list(CATALOGUE.values())[:: len(CATALOGUE) // 10][:10]
        start = time.perf_counter()
        for index in range(count):
            entry = entries[index // 2 % len(entries)]
            folder = entry.write(Path(place) / str(index))
            grader.grade(folder if index % 2 else REPOSITORY)
            if (index + 1) % 20 == 0:
                seconds = time.perf_counter() - start
                children = psutil.Process().children(recursive=True)
                own = psutil.Process().memory_info().rss >> 20
                below = sum(child.memory_info().rss for child in children) >> 20
                print(
                    f"many, {index + 1}: {seconds / (index + 1):.2f} s each, {own} MiB, "
                    f"{below} MiB in {len(children)} child processes"
                )


def same(count: int = 20) -> None:
    """Grade one submission again and again while the machine is busy."""
    busy = [multiprocessing.Process(target=_burn, daemon=True) for _ in range(2)]
    for process in busy:
        process.start()
    reports = set()
    with Grader(CONTENTS) as grader, tempfile.TemporaryDirectory() as place:
        path = CATALOGUE["movie-first"].write(Path(place))
        for _ in range(count):
            content = grader.grade(path).to_dict()
            content["seconds"] = 0
            for question in content["questions"]:
                for test in question["tests"]:
                    test["seconds"] = 0
            reports.add(json.dumps(content))
    for process in busy:
        process.kill()
    print(f"same: {count} gradings under load, {len(reports)} different reports")


def _burn() -> None:
    while True:
        sum(range(10_000))


def catalogue() -> None:
    """Hand in every entry; print those that keep all points or are not named."""
    lost = named = 0
    with Grader(CONTENTS) as grader, tempfile.TemporaryDirectory() as place:
        for entry in CATALOGUE.values():
            folder = entry.write(Path(place) / entry.id)
            report = grader.grade(folder, Asked(questions=[entry.asked_in]))
            hints = {
                tuple(hint.id for hint in test.hints)
                for test in report.tests
                if test.status == "failed"
            }
            lost += report.score < report.max_score
            named += hints == {(entry.id,)}
            if report.score == report.max_score or hints != {(entry.id,)}:
                print(f"catalogue, {entry.id}: {report.score:g} points, named {hints}")
    print(f"catalogue: {len(CATALOGUE)} entries, {lost} lose points, {named} named right")


def hints(count: int = 40) -> None:
    """Time the search for what explains a question, and print the slowest of each kind."""
    print("hints, processor seconds (clock): worst and mean of each kind")
    for question, pipeline in PIPELINES.items():
        tests = [id_ for id_ in CONTENTS.tests() if QUESTION_OF[id_] == question]
        for kind, submissions in kinds(pipeline, count).items():
            times = []
            for name, composition in submissions:
                outcomes = [Explainer(CONTENTS, QUESTION_OF).predict(composition, id_, 0) for id_ in tests]
                if not any(outcome.status == FAILED for outcome in outcomes):
                    continue
                explainer = Explainer(CONTENTS, QUESTION_OF)
                start = time.process_time(), time.perf_counter()
                told = explainer.hints(outcomes)
                used = time.process_time() - start[0], time.perf_counter() - start[1]
                ids = {hint.id for each in told.values() for hint in each}
                times.append((*used, name, sorted(ids)))
            if times:
                processor, clock, name, ids = max(times)
                mean = sum(each[0] for each in times) / len(times)
                print(
                    f"hints, {question} {kind} ({len(times)}): {processor:.2f} s ({clock:.2f}), "
                    f"mean {mean:.2f}; {name}, told {', '.join(ids) or 'nothing'}",
                    flush=True,
                )


def kinds(pipeline: Pipeline, count: int) -> dict[str, list[tuple[str, Composition]]]:
    """Return submissions by what is wrong with them."""
    draw = random.Random(pipeline.question)
    outputs = list(pipeline.outputs.values())
    single = [
        (topic, choice)
        for topic, output in pipeline.outputs.items()
        for chosen in pipeline.sets(output, 1)
        for choice in chosen.values()
        if choice.mistake
    ]

    def mixed() -> Composition:
        while True:
            several = draw.sample(single, 3)
            if len({(topic, choice.part) for topic, choice in several}) == 3:
                return Composition(pipeline, frozenset(several))

    found = {"across outputs": [mixed() for _ in range(count)]}
    for output in outputs:
        sets = [tuple(c for c in each.values() if c.mistake) for each in pipeline.sets(output, 3)]
        found[f"in {output.topic or 'the output'}"] = [
            Composition(pipeline, frozenset((output.topic, c) for c in each))
            for each in draw.sample(sets, min(count, len(sets)))
        ]
    named = {
        kind: [("+".join(sorted(each.mistakes)), each) for each in some]
        for kind, some in found.items()
    }
    return named


if __name__ == "__main__":
    for name in sys.argv[1:] or ("cold", "batch", "same"):
        {
            "cold": cold,
            "batch": batch,
            "many": many,
            "same": same,
            "catalogue": catalogue,
            "hints": hints,
        }[name]()
