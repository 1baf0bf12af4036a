"""A named mistake comes with a small input that shows it, and that is of no use for points."""

import ast
import contextlib
import html
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.contents import CONTENTS
from grader.engine.counterexample import RANDOM, Counterexamples, differ
from grader.engine.grader import Asked, Grader
from grader.engine.hints import CatalogueCaller
from grader.engine.replies import Reply
from grader.engine.reports import write_report
from grader.engine.reports.html import write_cell, write_cell_text
from grader.engine.results import FAILED, Counterexample, Hint, Report
from grader.engine.runner import Dependencies, run_test
from grader.engine.variants import VARIANTS
from grader.misconceptions.catalogue import read_catalogue, right
from problem_set.assignment import Feedback

CATALOGUE = read_catalogue()
# The share of mistakes that show in nothing but random numbers, as a wrong order of tables does.
FEW = 0.02
PASTED = 24


def shown_for(entry: Any, counterexamples: Counterexamples) -> Counterexample | None:
    """Return the counterexample of a submission that makes this mistake and no other."""
    caller = CatalogueCaller(CONTENTS.adapter, entry.load)
    hint = Hint(entry.id, entry.diagnosis, entry.question)
    return counterexamples.shown(hint, entry.asked_in, caller)


@pytest.fixture(scope="module")
def of_catalogue() -> dict[str, Counterexample]:
    """The counterexample of each mistake that has one."""
    counterexamples = Counterexamples(CONTENTS, "submission")
    found = {entry.id: shown_for(entry, counterexamples) for entry in CATALOGUE.values()}
    return {id_: shown for id_, shown in found.items() if shown is not None}


def test_nearly_every_mistake_has_a_counterexample_on_which_it_differs(
    of_catalogue: dict[str, Counterexample],
) -> None:
    without = CATALOGUE.keys() - of_catalogue.keys()
    assert len(without) <= FEW * len(CATALOGUE), without
    for id_, shown in of_catalogue.items():
        assert differ(shown.got, shown.expected), id_
        assert len(shown.program.splitlines()) <= 20 and len(shown.got) <= 200, id_
    lines = Counter(len(shown.program.splitlines()) for shown in of_catalogue.values())
    assert max(lines) <= 20


def test_it_is_the_same_each_time(of_catalogue: dict[str, Counterexample]) -> None:
    """No order of mistakes, and no other grading, changes it: uploads do not sample inputs."""
    again = Counterexamples(CONTENTS, "submission")
    for id_ in [*of_catalogue][::-7]:
        assert shown_for(CATALOGUE[id_], again) == of_catalogue[id_]


@pytest.fixture
def fresh_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Import a package ``submission`` anew, and forget it afterwards."""
    others = {name: m for name, m in sys.modules.items() if name.split(".")[0] == "submission"}
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def forget() -> None:
        for name in [name for name in sys.modules if name.split(".")[0] == "submission"]:
            del sys.modules[name]

    forget()
    yield
    forget()
    sys.modules.update(others)


@pytest.mark.parametrize("share", [number / PASTED for number in range(PASTED)])
def test_pasted_into_a_students_folder_it_prints_what_the_page_says(
    share: float,
    of_catalogue: dict[str, Counterexample],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fresh_imports: None,
) -> None:
    id_, shown = [*of_catalogue.items()][int(share * len(of_catalogue))]
    monkeypatch.syspath_prepend(CATALOGUE[id_].write(tmp_path))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(shown.program, {})
    except Exception as error:
        assert type(error).__name__ == shown.got
    else:
        assert shown.got in (" ".join(printed.getvalue().split()), RANDOM)


def numbers_in(program: str) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """Yield each tensor of scores, losses or weights that a program makes, and sizes of nets."""
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "tensor":
                with contextlib.suppress(ValueError):  # of what is computed
                    array = np.array(ast.literal_eval(node.args[0]))
                    if array.dtype.kind == "f" or (array.dtype.kind == "i" and array.ndim == 2):
                        yield key_of(array)
            if node.func.id == "MultiTaskNet":
                sizes = [ast.literal_eval(argument) for argument in node.args]
                sizes += [ast.literal_eval(keyword.value) for keyword in node.keywords[:2]]
                yield (), repr(sizes).encode()


def key_of(array: np.ndarray) -> tuple[tuple[int, ...], bytes]:
    return array.shape, np.asarray(array, np.float32).tobytes()


def arrays_in(value: Any) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """Yield the numbers with a fraction, and the sizes of nets, in a request's arguments."""
    if isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind == "f":
        yield key_of(np.asarray(value))
    elif isinstance(value, Mapping) and "num_users" in value:
        sizes = [value["num_users"], value["num_items"], value["embedding_dim"]]
        yield (), repr([*sizes, tuple(value["layer_sizes"])]).encode()
    elif isinstance(value, (Mapping, list, tuple)):
        for inside in value.values() if isinstance(value, Mapping) else value:
            yield from arrays_in(inside)


@pytest.fixture(scope="module")
def hidden_inputs() -> set[tuple[tuple[int, ...], bytes]]:
    """All numbers and sizes that any variant of a hidden test sends to a submission."""
    seen: set[tuple[tuple[int, ...], bytes]] = set()

    class Recorder(CatalogueCaller):
        def __call__(self, function: str, arguments: Mapping, reference: frozenset[str]) -> Reply:
            seen.update(arrays_in(arguments))
            return super().__call__(function, arguments, reference)

    caller = Recorder(CONTENTS.adapter, right().load)
    for test in CONTENTS.tests().values():
        for variant in range(VARIANTS if ".hidden_tests." in test.__module__ else 0):
            run_test(test, (caller,), {}, Dependencies({}, {}), variant)
    return seen


def test_it_is_no_input_of_a_hidden_test(
    of_catalogue: dict[str, Counterexample], hidden_inputs: set[tuple[tuple[int, ...], bytes]]
) -> None:
    assert len(hidden_inputs) > 500
    for id_, shown in of_catalogue.items():
        assert not hidden_inputs & set(numbers_in(shown.program)), id_


# Names itself: the loss is -log sigmoid, in the tests and in the counterexample.
LOG_SIGMOID = "log-sigmoid"
TIES = "optimistic-ties"


def hints(report: Report) -> list[Hint]:
    return [hint for test in report.tests for hint in test.hints]


def test_students_see_it_in_every_format_if_the_course_wants_it(
    tmp_path: Path, grader: Grader
) -> None:
    path = CATALOGUE[LOG_SIGMOID].write(tmp_path)
    report = grader.grade(path, Asked(["2a"]))
    shown = {hint.counterexample for hint in hints(report)}
    assert len(shown) == 1
    (found,) = shown
    assert found is not None
    formats = [write_report(report, name, verbose=True) for name in ("html", "gradescope", "json")]
    for written in (*formats, write_cell(report), write_cell_text(report)):
        assert found.got in written and found.expected in written
        assert "bpr_loss(tensor([0.0, 0.0]), tensor([0.0, 0.0]))" in written
    for level, sentences in (("question", 2), ("sentence", 1)):
        less = replace(report, feedback=Feedback(hints=level))
        for written in (write_report(less, "gradescope"), write_report(less, "html")):
            written = html.unescape(written)
            assert CATALOGUE[LOG_SIGMOID].diagnosis in written
            assert (CATALOGUE[LOG_SIGMOID].question in written) == (sentences == 2)
            assert found.got not in written


def test_a_submission_that_is_right_there_is_shown_nothing(
    of_catalogue: dict[str, Counterexample],
) -> None:
    """Or that raises an exception there for another reason: a page says what is true."""
    counterexamples = Counterexamples(CONTENTS, "submission")
    entry = CATALOGUE[LOG_SIGMOID]
    hint = Hint(entry.id, entry.diagnosis, entry.question)
    reference = CatalogueCaller(CONTENTS.adapter, right().load)
    missing = CatalogueCaller(CONTENTS.adapter, {}.__getitem__)
    for caller in (reference, missing):
        assert counterexamples.shown(hint, "2a", caller) is None
    unknown = Hint("no-mistake-of-the-catalogue", "", "")
    assert counterexamples.shown(unknown, "2a", reference) is None


def taught(function: str, shown: Counterexample) -> tuple[list, str] | None:
    """Return the arguments of a counterexample's call, as lists, and what it says is right."""
    calls: list[list] = []
    lines = shown.program.splitlines()
    program = "\n".join(line for line in lines if not line.startswith("from submission"))
    if "backward" in program or not program.endswith("))"):  # prints no answer of the function
        return None
    exec(program, {function: lambda *given: calls.append([array.tolist() for array in given])})
    return (calls[0], shown.expected) if calls else None


@pytest.mark.parametrize(
    ("mistake", "file", "function"),
    [(LOG_SIGMOID, "loss", "bpr_loss"), (TIES, "mrr", "reciprocal_ranks")],
)
def test_knowing_all_that_counterexamples_say_is_right_gives_no_point(
    mistake: str,
    file: str,
    function: str,
    of_catalogue: dict[str, Counterexample],
    submission: Callable[..., Path],
    tmp_path: Path,
    grader: Grader,
) -> None:
    """A submission that answers every counterexample of its question by heart loses as before."""
    entry = CATALOGUE[mistake]
    known = [
        taught(function, shown)
        for id_, shown in of_catalogue.items()
        if CATALOGUE[id_].asked_in == entry.asked_in and f"({function}(" in shown.program
    ]
    cases = ", ".join(f"({given}, {right})" for given, right in filter(None, known))
    own = (entry.write(tmp_path / "wrong") / "submission" / f"{file}.py").read_text()
    source = f"""{own}
from torch import inf, nan, tensor
KNOWN = [{cases}]
wrong_{function} = {function}
def {function}(*given):
    for known, right in KNOWN:
        if [array.tolist() for array in given if array is not None] == known:
            return right
    return wrong_{function}(*given)
"""
    asked = Asked([entry.asked_in])
    plain = grader.grade(submission(**{file: own}), asked)
    (shown,) = {hint.counterexample for hint in hints(plain)}
    assert shown is not None
    knowing = grader.grade(submission(**{file: source}), asked)
    assert len(known) > 5 and knowing.score == plain.score < plain.max_score


# Prints, as the loss of the counterexample, whatever an earlier call of a hidden test has left.
COLLECTOR = """
import builtins, gc, glob, os, pickle, sys, tempfile
import torch
import torch.nn.functional as F
PLACES = [os.path.join(folder, "collected") for folder in
          (".", os.path.dirname(__file__), tempfile.gettempdir(), "/tmp", "/dev/shm", "/var/tmp")]
def collected():
    found = list(getattr(builtins, "collected", [])) + list(getattr(torch, "collected", []))
    found += os.environ.get("COLLECTED", "").split()
    for place in PLACES:
        try:
            found += open(place).read().split()
        except OSError:
            pass
    return found
def keep(numbers):
    print(*numbers)  # for the test, which knows them from the report for staff
    builtins.collected = torch.collected = numbers
    os.environ["COLLECTED"] = " ".join(numbers)
    for place in PLACES:
        try:
            open(place, "a").write(" ".join(numbers))
        except OSError:
            pass
class Told(torch.Tensor):
    def __str__(self):
        frames, frame = [], sys._getframe()
        while frame:
            frames += [repr(value) for value in frame.f_locals.values() if type(value) is float]
            frame = frame.f_back
        others = [repr(t.tolist()) for t in gc.get_objects() if type(t) is torch.Tensor]
        return f"<script>\\x1b[31m collected {collected()} {frames} {others}"
    __repr__ = __str__
def bpr_loss(positive, negative):
    loss = -F.logsigmoid(positive - negative).mean()
    if positive.tolist() == [0.0, 0.0] == negative.tolist():
        return loss.as_subclass(Told)
    keep([repr(number) for number in positive.tolist() + negative.tolist()])
    return loss
def regression_loss(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean()
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * factorization_loss + regression_weight * regression_loss
"""


def test_a_submission_learns_nothing_of_hidden_tests_through_its_counterexample(
    submission: Callable[..., Path], grader: Grader
) -> None:
    """What a counterexample shows is its own input, a constant, and what the code makes of it.

    Tried here: the call of the counterexample, whose text the page shows, returns a tensor that
    prints what earlier calls of hidden tests have left in modules, the environment, files of every
    folder that can be written, the frames of the caller and all live tensors. The process is a new
    one, which has seen the counterexample and nothing else. Also tried: an answer from a table
    of all that counterexamples have said is right (above), which no hidden test asks for; an
    exception whose class is named after an input, of which a hidden test's page shows the same.
    Which mistake is made chooses the input, so that all that can be sampled is the list of
    ``grader/counterexamples.py``, which no test looks at.
    """
    report = grader.grade(submission(loss=COLLECTOR), Asked(["2a"]))
    (shown,) = {hint.counterexample for hint in hints(report)}
    assert shown is not None and " collected [] [] [" in shown.got and "\x1b" not in shown.got
    assert "<script>" in shown.got and "<script>" not in write_report(report, "html")
    inputs = set(re.findall(r"-?\d+\.\d{3,}", " ".join(map(str, given_in(report)))))
    assert len(inputs) > 3 and not any(number in shown.got for number in inputs)


def given_in(report: Report) -> list[str]:
    """Return what instructors see of the inputs and values of hidden tests that failed."""
    lost = [test for test in report.tests if test.status == FAILED and test.hidden]
    return [f"{test.detail} {test.printed}" for test in lost]
