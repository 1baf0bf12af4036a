"""What a grading depends on, question by question, so that a change grades again what it touches.

- A *question* depends on its tests, on what else stands in their files (a helper that two questions
  use is part of both), on the questions whose mistakes its tests take the reference's parts for,
  and on all that runs any test: engine, adapter, right answers, time limits, the options of the
  command. Which tests are in it is in ``assignment.toml``; how many points they have is not part of
  it, since points are counted anew from what passed.
- *Hints* depend on the catalogue, too. If only that has changed, the questions in which a test
  failed are graded again.
- A submission that reached the time limit is graded again under another one, and no other is.
- The pages, the words around points, and everything in ``grader/cohort/`` depend on no test, and no
  test on them.

Inputs of hidden tests differ from submission to submission, by a choice that depends on the folder
of hidden tests; a question that is not graded again keeps the results with its former inputs.
"""

import ast
from collections.abc import Collection, Mapping

from grader.engine.contents import Contents
from grader.engine.digests import PACKAGE, digest_of
from grader.engine.runner import Dependencies
from problem_set.assignment import Assignment

HINTS, PAGE, LIMIT = "hints", "page", "time limit"
_TESTS = ("public_tests/test_", "hidden_tests/test_")
_CATALOGUE = "misconceptions/"
_FOR_PAGES = "engine/reports/"
# Of the grader's files, those that no outcome of a test depends on.
_APART = (
    *(_CATALOGUE, _FOR_PAGES, "cohort/", "batch.py", "notebook.py", "__main__.py"),
    *("engine/cli.py", "engine/pytest_checks.py", "engine/visibility.py", "engine/from_json.py"),
)


class Fingerprints:
    """The digests of the grader that is here.

    Parameters
    ----------
    options : str
        What else all gradings depend on.
    time_limit : float
        What gradings depend on that reached it.
    """

    def __init__(
        self, contents: Contents, assignment: Assignment, options: str, time_limit: float
    ) -> None:
        files = _files_of_grader()
        apart = (*_APART, *_TESTS)
        shared = {name: data for name, data in files.items() if not name.startswith(apart)}
        shared["options"] = f"{options} {assignment.grading.timeout}".encode()
        whole = {name: data for name, data in files.items() if name.startswith(_TESTS)}
        pieces: dict[str, dict[str, bytes]] = {}
        for name, data in whole.items():
            _add_tests(pieces, name, data.decode())
        question_of = {test.id: test.question for test in assignment.tests}
        dependencies = Dependencies(contents.parts, question_of)
        marks = {id_: test.mark for id_, test in contents.tests().items()}
        self._needed: dict[str, set[str]] = {}
        own: dict[str, bytes] = {}
        for question in assignment.coding:
            tests = [id_ for id_ in (*question.public, *question.hidden) if id_ in marks]
            before = {name for id_ in tests for name in dependencies.of(marks[id_])}
            self._needed[question.id] = {question_of[name] for name in before} - {question.id}
            found = {id_: pieces.get(id_, whole) for id_ in tests}
            parts = {f"{id_}: {n}": data for id_ in tests for n, data in found[id_].items()}
            parts |= {f"{id_} is hidden": b"" for id_ in question.hidden}
            own[question.id] = digest_of(parts)
        everything = digest_of(shared)
        self.now = {
            id_: digest_of(
                {"shared": everything, **{name: own[name] for name in (id_, *self.before(id_))}}
            ).hex()
            for id_ in own
        }
        self.now[HINTS] = _digest_of_part(files, _CATALOGUE)
        self.now[LIMIT] = f"{time_limit:g}"
        self.now[PAGE] = _digest_of_part(files, _FOR_PAGES)

    def before(self, question: str) -> set[str]:
        """Return the questions whose results decide how a question is judged."""
        found: set[str] = set()
        waiting = [question]
        while waiting:
            for name in self._needed[waiting.pop()] - found:
                found.add(name)
                waiting.append(name)
        return found - {question}

    def changed(self, made_by: Mapping[str, str], failed: Collection[str]) -> tuple[str, ...]:
        """Return the questions that are to be graded again, in the assignment's order.

        Parameters
        ----------
        made_by : mapping
            The digests when they were graded.
        failed : collection of str
            The questions in which a test failed, which may have hints.
        """
        stale = {id_ for id_ in self._needed if made_by.get(id_) != self.now[id_]}
        if made_by.get(HINTS) != self.now[HINTS]:
            stale |= set(failed) & self._needed.keys()
        again = stale.union(*(self.before(id_) for id_ in stale))
        return tuple(id_ for id_ in self._needed if id_ in again)

    @property
    def questions(self) -> tuple[str, ...]:
        return tuple(self._needed)


def _files_of_grader() -> dict[str, bytes]:
    return {
        path.relative_to(PACKAGE).as_posix(): path.read_bytes()
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def _digest_of_part(files: Mapping[str, bytes], start: str) -> str:
    return digest_of({name: data for name, data in files.items() if name.startswith(start)}).hex()


def _add_tests(pieces: dict[str, dict[str, bytes]], name: str, text: str) -> None:
    """Add, by test id, a test's own text and the text of its file without any test."""
    lines = text.splitlines(keepends=True)
    tests: dict[str, str] = {}
    rest = list(lines)
    for node in ast.parse(text).body:
        id_ = _id_of(node)
        if id_ and isinstance(node, ast.FunctionDef):
            first = min(node.lineno, *(one.lineno for one in node.decorator_list)) - 1
            tests[id_] = "".join(lines[first : node.end_lineno])
            rest[first : node.end_lineno] = [""] * ((node.end_lineno or first) - first)
    others = "".join(line for line in rest if line.strip()).encode()
    for id_, source in tests.items():
        pieces[id_] = {f"{name} test": source.encode(), f"{name} rest": others}


def _id_of(node: ast.stmt) -> str:
    """Return a test's id, as the mark ``@check("2b-0", ...)`` gives it; else nothing."""
    for decorator in getattr(node, "decorator_list", []):
        if (
            isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Name)
            and decorator.func.id == "check"
            and decorator.args
            and isinstance(decorator.args[0], ast.Constant)
        ):
            return str(decorator.args[0].value)
    return ""
