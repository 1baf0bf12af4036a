"""Measure the grader: ``python tests/grader/benchmark.py [what]...``, where what is

cold        one submission in a fresh process, start to report
batch       submissions after the first in one process, right and wrong ones in turn
many        200 submissions in one process: seconds and memory as they go
same        one submission 20 times, beside two busy processes: are the reports the same?
catalogue   every misconception handed in and graded through the sandbox
variants    every misconception and every right submission with every variant of the hidden inputs
hints       how long it takes to find the hints of random three mistakes in each question, and to
            grade functions that compute nothing, or something odd; nothing is remembered
"""

import ast
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from grader.contents import CONTENTS  # noqa: E402
from grader.engine.composition import Composition, Pipeline  # noqa: E402
from grader.engine.grader import Asked, Grader  # noqa: E402
from grader.engine.hints import Explainer  # noqa: E402
from grader.engine.variants import VARIANTS  # noqa: E402
from grader.misconceptions.catalogue import read_catalogue  # noqa: E402
from problem_set.assignment import read_assignment  # noqa: E402

CATALOGUE = read_catalogue()
QUESTION_OF = {test.id: test.question for test in read_assignment(None).tests}


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


def variants() -> None:
    """Try what the tests try with some variants; print what another variant changes."""
    from right import STYLES
    from test_catalogue import same_as_ever
    from test_variants import all_pass

    def tried(what: str, check: Callable[..., None], *given: Any) -> None:
        try:
            check(*given)
        except AssertionError as error:
            print(f"variants, {what}: {error}")

    with Grader(CONTENTS) as grader:
        for id_, entry in CATALOGUE.items():
            for variant in range(1, VARIANTS):
                tried(f"{id_}, {variant}", same_as_ever, [entry], grader.explainer, variant)
    for style in STYLES:
        with tempfile.TemporaryDirectory() as place:
            tried(style, all_pass, style, Path(place), range(VARIANTS))
    print(f"variants: {len(CATALOGUE)} misconceptions and {len(STYLES)} right submissions tried")


def hints(count: int = 20) -> None:
    """Time the search for what explains a question, and print the slowest of each kind."""
    for pipeline in {entry.asked_in: entry.pipeline for entry in CATALOGUE.values()}.values():
        tests = [id_ for id_ in CONTENTS.tests() if QUESTION_OF[id_] == pipeline.question]
        for place, compositions in three_mistakes(pipeline, count).items():
            times = []
            for composition in compositions:
                made = Explainer(CONTENTS, QUESTION_OF)
                outcomes = [made.predict(composition, id_, 0) for id_ in tests]
                explainer = Explainer(CONTENTS, QUESTION_OF)
                start = time.process_time(), time.perf_counter()
                explainer.hints(outcomes)
                used = time.process_time() - start[0], time.perf_counter() - start[1]
                times.append((*used, ", ".join(sorted(composition.mistakes))))
            seconds, clock, mistakes = max(times)
            mean = sum(each[0] for each in times) / len(times)
            print(
                f"hints, {pipeline.question}, {place}: {seconds:.2f} s of processor time "
                f"({clock:.2f} s) at most, of {mistakes}; {mean:.2f} s on average",
                flush=True,
            )
    with Grader(CONTENTS) as grader, tempfile.TemporaryDirectory() as scratch:
        grader.grade(REPOSITORY)
        for kind, sources in unfinished().items():
            grader.explainer = Explainer(CONTENTS, QUESTION_OF)
            folder = Path(scratch) / kind / "submission"
            folder.mkdir(parents=True)
            for name, text in sources.items():
                (folder / name).write_text(text)
            start = time.process_time(), time.perf_counter()
            report = grader.grade(folder.parent)
            used = time.process_time() - start[0], time.perf_counter() - start[1]
            named = {hint.id for test in report.tests for hint in test.hints}
            print(
                f"hints, {kind} in each function: {used[0]:.2f} s of processor time "
                f"({used[1]:.2f} s), {report.score:g} points, told {', '.join(named) or 'nothing'}",
                flush=True,
            )


def three_mistakes(pipeline: Pipeline, count: int) -> dict[str, list[Composition]]:
    """Return submissions with three mistakes each, the same ones each time, by where they are."""
    draw = random.Random(pipeline.question)
    found: dict[str, list[Composition]] = {}
    for topic, output in pipeline.outputs.items():
        sets = [
            frozenset((topic, choice) for choice in chosen.values() if choice.mistake)
            for chosen in pipeline.sets(output, 3)
        ]
        some = draw.sample(sets, min(count, len(sets)))
        if some:
            found[topic or "in one output"] = [Composition(pipeline, choices) for choices in some]
    if len(found) > 1:
        single = pipeline.single_choices()
        several = (draw.sample(single, 3) for _ in range(2 * count))
        apart = [each for each in several if len({(t, c.part) for t, c in each}) == 3]
        found["across outputs"] = [Composition(pipeline, frozenset(each)) for each in apart[:count]]
    return found


def unfinished() -> dict[str, dict[str, str]]:
    """Return submissions whose functions compute nothing, or something odd, by what they do."""
    files = {p.name: p.read_text() for p in (REPOSITORY / "submission").glob("[!_]*.py")}

    def replaced(body: str) -> dict[str, str]:
        sources = {}
        for name, text in files.items():
            lines = text.splitlines()
            for node in reversed(list(ast.walk(ast.parse(text)))):
                given = ("__init__", "forward", "reset_parameters")
                if isinstance(node, ast.FunctionDef) and node.name not in given:
                    indent = " " * node.body[0].col_offset
                    lines[node.body[0].lineno - 1 : node.end_lineno] = [indent + body]
            sources[name] = "\n".join(lines)
        return sources

    def odd() -> dict[str, str]:
        wrapper = (
            "\n\ndef _odd(function):\n    def changed(value):\n"
            "        several = isinstance(value, tuple)\n"
            "        return tuple(map(changed, value)) if several else 1.37 * value + 0.2\n"
            "    return lambda *given, **named: changed(function(*given, **named))\n\n"
        )
        names = {
            "model.py": (
                "MultiTaskNet.forward_with_embedding_sharing",
                "MultiTaskNet.forward_without_embedding_sharing",
                "MultiTaskNet.score_all_items",
            ),
            "loss.py": ("bpr_loss", "regression_loss", "joint_loss"),
            "mrr.py": ("reciprocal_ranks", "mrr_score"),
        }
        return {
            file: text + wrapper + "".join(f"{name} = _odd({name})\n" for name in names[file])
            for file, text in files.items()
        }

    bodies = ("pass", "return None", "return torch.zeros(())", "raise NotImplementedError")
    return {body: replaced(body) for body in bodies} | {"1.37 times the result and 0.2": odd()}


if __name__ == "__main__":
    for name in sys.argv[1:] or ("cold", "batch", "same"):
        {
            "cold": cold,
            "batch": batch,
            "many": many,
            "same": same,
            "catalogue": catalogue,
            "variants": variants,
            "hints": hints,
        }[name]()
