"""Hidden inputs differ from submission to submission; verdicts and hints do not."""

import gc
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from replies import BASE
from right import BANK, STYLES, THE_REFERENCE, write_right_submission

from grader import adapter
from grader.contents import CONTENTS
from grader.engine import calls
from grader.engine.check import Check
from grader.engine.grader import Asked, Grader
from grader.engine.hints import CatalogueCaller, Explainer
from grader.engine.replies import Reply
from grader.engine.results import FAILED, PASSED
from grader.engine.runner import Dependencies, attempt, run_tests
from grader.engine.sandbox.worker.preload import compile_nothing
from grader.engine.variants import VARIANTS, Variants, variants_for
from grader.misconceptions.catalogue import read_catalogue
from tests.conftest import CONTINUOUS_INTEGRATION
from tests.course import ASSIGNMENT

TESTS = CONTENTS.tests()
QUESTION_OF = {test.id: test.question for test in ASSIGNMENT.tests}
QUESTIONS = [question.id for question in ASSIGNMENT.coding]
HIDDEN = [test.id for test in ASSIGNMENT.tests if test.hidden]
FILES = {"loss.py": b"def bpr_loss(p, n):\n    return p\n"}
# Tests of a net as it is built: what differs there is the seed, if the start is judged at all.
OF_SIZES_ALONE = {"1b-2"}


def chosen(files: Mapping[str, bytes]) -> list[int]:
    return [variants(files).of(question) for question in QUESTIONS]


def variants(files: Mapping[str, bytes], tests: Path = CONTENTS.hidden_tests) -> Variants:
    return variants_for(files, tests)


def test_the_same_files_get_the_same_variants_and_any_other_byte_gets_others() -> None:
    assert chosen(FILES) == chosen(dict(FILES))
    with_comments = [{"loss.py": FILES["loss.py"] + b"# %d\n" % k} for k in range(200)]
    others = [chosen(files) for files in with_comments]
    for place in range(len(QUESTIONS)):
        assert {other[place] for other in others} == set(range(VARIANTS))
    assert len(set(map(tuple, others))) > 190
    assert chosen({"mrr.py": FILES["loss.py"]}) != chosen(FILES)


def test_files_whose_bytes_are_divided_otherwise_are_other_files() -> None:
    one, other = {"a.py": b"xb.py", "c.py": b""}, {"a.py": b"x", "b.py": b"c.py"}
    assert variants(one).digest != variants(other).digest


def test_nobody_can_tell_the_variants_without_the_hidden_tests(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("EXPECTED = 1\n")
    digest = variants(FILES).digest
    assert variants(FILES, tmp_path).digest == digest
    keys = {variants(FILES).key, variants(FILES, tmp_path).key}
    (tmp_path / "own.txt").write_text("a course's own")
    keys.add(variants(FILES, tmp_path).key)
    assert len(keys) == 3
    choices = {tuple(Variants(key, digest).of(q) for q in QUESTIONS) for key in keys}
    assert len(choices) == 3


class Recording:
    """The base of the catalogue, which is right, and all that it was given."""

    def __init__(self) -> None:
        self.given: set[tuple] = set()
        self.asked: list[Any] = []

    def __call__(
        self, function: str, arguments: Mapping[str, Any], reference: frozenset[str]
    ) -> Reply:
        request, arrays = calls.request(function, arguments, reference)
        self.asked.append((request, {name: a.tobytes() for name, a in arrays.items()}))
        for array in arrays.values():
            if array.dtype.kind == "f" and np.unique(array).size > 2:
                self.given.add((array.shape, array.tobytes()))
        return BASE(function, arguments, reference)


@pytest.mark.parametrize("id_", HIDDEN)
def test_no_two_variants_have_an_input_in_common(id_: str) -> None:
    seen: dict[tuple, int] = {}
    asked: list[Any] = []
    for variant in range(VARIANTS):
        recording = Recording()
        check = attempt(TESTS[id_], Check(recording, variant=variant))
        assert isinstance(check, Check) and not check.failures
        assert not [given for given in recording.given if given in seen]
        seen |= dict.fromkeys(recording.given, variant)
        assert id_ in OF_SIZES_ALONE or recording.asked not in asked
        asked.append(recording.asked)


# Remembers in a file all that its functions were given, and notes what was known before.
CURIOUS = """
from pathlib import Path
import torch

PLACE = Path({place!r})


def learn(*arguments):
    given = repr([torch.as_tensor(argument).tolist() for argument in arguments])
    known = given in PLACE.joinpath("before").read_text().splitlines()
    with PLACE.joinpath("inputs").open("a") as file:
        file.write(given + "\\n")
    with PLACE.joinpath("known").open("a") as file:
        file.write(f"{{known}}\\n")


def bpr_loss(positive, negative):
    learn(positive, negative)
    return (1 - torch.sigmoid(positive - negative)).mean()


def regression_loss(observed, predicted):
    learn(observed, predicted)
    return ((observed - predicted) ** 2).mean()


def joint_loss(factorization, regression, first, second):
    learn(factorization, regression, first, second)
    return first * factorization + second * regression
"""


def test_inputs_that_one_submission_leaks_are_of_no_use_to_a_changed_one(tmp_path: Path) -> None:
    """Where nothing isolates them, so that any leak there may be is as wide as possible."""
    questions = ["2a", "2b", "2c"]
    place = tmp_path / "shared"
    place.mkdir()
    place.joinpath("inputs").write_text("")
    first = CURIOUS.format(place=str(place))

    def of(text: str) -> list[int]:
        return [variants({"loss.py": text.encode()}).of(question) for question in questions]

    changed = (f"{first}# {number}\n" for number in count())
    second = next(t for t in changed if all(x != y for x, y in zip(of(t), of(first))))

    asked = Asked(questions=questions, allow_unisolated_hidden=True)
    with Grader(CONTENTS, "none") as grader:

        def known(text: str) -> list[str]:
            folder = tmp_path / "handed_in"
            folder.mkdir(exist_ok=True)
            (folder / "loss.py").write_text(text)
            place.joinpath("known").write_text("")
            place.joinpath("before").write_text(place.joinpath("inputs").read_text())
            report = grader.grade(folder, asked)
            assert report.score == report.max_score
            return place.joinpath("known").read_text().split()

        assert "True" not in known(first)
        again = known(first)
        assert set(again) == {"True"} and len(again) > 15
        public = [t for t in ASSIGNMENT.tests if t.question in questions and not t.hidden]
        assert known(second).count("True") == len(public)


@pytest.mark.parametrize(
    ("id_", "test"),
    [
        ("cut-off-at-five", "2d-8"),
        ("forward-relu-before-the-last-layer-only", "1c-6"),
        ("forward-relu-before-the-last-layer-only", "1c-8"),
    ],
)
def test_a_mistake_that_needs_certain_inputs_is_found_with_every_variant(
    id_: str, test: str, explainer: Explainer
) -> None:
    composition = read_catalogue()[id_].composition
    verdicts = {explainer.predict(composition, test, variant).status for variant in range(VARIANTS)}
    assert verdicts == {FAILED}


def test_the_first_movie_for_all_in_one_branch_is_found_of_a_pair_alone(
    explainer: Explainer,
) -> None:
    whole = read_catalogue()["first-movie-for-all"].composition
    for topic in sorted({topic for topic, _ in whole.choices}):
        choices = frozenset(choice for choice in whole.choices if choice[0] == topic)
        branch = replace(whole, choices=choices)
        verdicts = {explainer.predict(branch, "1c-10", v).status for v in range(VARIANTS)}
        assert verdicts == {FAILED}, topic


@contextmanager
def imported(folder: Path) -> Iterator[CatalogueCaller]:
    """Import the submission in a folder, in place of the one that is here."""
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if is_submission(name)}
    compiler, torch.compile = torch.compile, compile_nothing
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        modules = {
            name: importlib.import_module(f"submission.{name}") for name in ("model", "loss", "mrr")
        }
        assert Path(modules["model"].__file__).is_relative_to(folder)
        yield CatalogueCaller(adapter, modules.__getitem__)
    finally:
        sys.path.remove(str(folder))
        torch.compile = compiler
        for name in [name for name in sys.modules if is_submission(name)]:
            del sys.modules[name]
        sys.modules.update(ours)


def is_submission(module: str) -> bool:
    return module.split(".")[0] == "submission"


def questions_of(style: str) -> set[str]:
    """Return the questions that a style's files answer; its other files are the reference's."""
    of = {"model.py": {"1a", "1b", "1c", "1d"}, "loss.py": {"2a", "2b", "2c"}, "mrr.py": {"2d"}}
    files = [path.name for path in (BANK / style).glob("*.py")]
    return set().union(*(of.get(name, set()) for name in files)) or set(QUESTIONS)


def all_pass(style: str, folder: Path, tried: range) -> None:
    write_right_submission(style, folder)
    asked = [id_ for id_, question in QUESTION_OF.items() if question in questions_of(style)]
    dependencies = Dependencies(CONTENTS.parts, QUESTION_OF)
    with imported(folder) as caller:
        for variant in tried:
            drawn = dict.fromkeys(QUESTIONS, variant)
            outcomes = run_tests(TESTS, asked, dependencies, lambda _: (caller,), drawn.__getitem__)
            assert sorted(outcomes) == sorted(asked)
            for id_, outcome in outcomes.items():
                assert outcome.status == PASSED, (id_, variant, outcome.failures)
    gc.collect()  # what a submission left open is complained of here, and not in another test


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.filterwarnings("ignore")  # a submission's own, and those of what it imports
def test_a_right_submission_passes_whatever_the_variant(style: str, tmp_path: Path) -> None:
    """The reference with all, another style with two of them; with one, where CI is not set.

    Together, the styles try each variant three times or more.
    """
    place = STYLES.index(style)
    some = range(VARIANTS) if style == THE_REFERENCE else range(place % 8, VARIANTS, 8)
    one = place // 8 % len(some)
    all_pass(style, tmp_path, some if CONTINUOUS_INTEGRATION else some[one : one + 1])


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(0, VARIANTS, 4))
def test_the_reference_gets_full_marks_with_other_variants_in_the_sandbox(
    first: int,
    submission: Callable[..., Path],
    grader: Grader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Together, the questions try every variant twice."""
    drawn = {question: first + place % 4 for place, question in enumerate(QUESTIONS)}
    monkeypatch.setattr(Variants, "of", lambda self, question: drawn[question])
    report = grader.grade(submission())
    assert (report.score, report.problem) == (report.max_score, "")
