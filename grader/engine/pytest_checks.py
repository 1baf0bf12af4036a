"""Public tests as plain pytest tests, in this process: print, -k and --pdb work.

A ``conftest.py`` beside the tests imports what is here::

    from grader.engine.pytest_checks import check, pytest_pyfunc_call, ...

and overrides the fixture ``contents``.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, cast

import pytest

from grader.engine import calls
from grader.engine.check import Check, Failure, Mark
from grader.engine.contents import Contents
from grader.engine.feedback import compared_sentence, not_written, raised_sentence
from grader.engine.local import CALL_SECONDS, LocalCaller, LocalSubmission, time_limit
from grader.engine.replies import Reply, StudentError
from grader.engine.runner import Dependencies, run_tests, sentence_of
from problem_set import find_project
from problem_set.assignment import read_assignment

# Functions of the frames of code that runs while a file is imported; a syntax error has none.
AT_IMPORT = ("", "<module>")
BROKEN_FILES = pytest.StashKey[set[str]]()


@dataclass
class DirectCaller:
    """Call a submission in this process, and let what it raises through."""

    contents: Contents
    submission: LocalSubmission

    def __call__(
        self, function: str, arguments: Mapping[str, Any], reference: frozenset[str]
    ) -> Reply:
        request, arrays = calls.request(function, arguments, reference)
        with time_limit(CALL_SECONDS):
            adapter, load = self.contents.adapter, self.submission.load
            result, returned = calls.answer(adapter, request, arrays, load)
        return Reply(status="ok", result=result, arrays=returned)

    def wrong_parts(self, mark: Any) -> frozenset[str]:
        """Return the parts, of those that a test is not about, that their own tests find wrong."""
        questions = {test.id: test.question for test in read_assignment().tests}
        dependencies = Dependencies(self.contents.parts, questions)
        tests = self.contents.tests()
        before = [id_ for id_ in questions if id_ in dependencies.of(mark) & tests.keys()]
        caller = LocalCaller(self.contents.adapter, self.submission.load, self.submission.frames)
        found = run_tests(tests, before, dependencies, lambda id_: (caller,))
        statuses = {id_: outcome.status for id_, outcome in found.items()}
        return dependencies.wrong(mark, statuses)[0]


@pytest.fixture(scope="session")
def submission() -> LocalSubmission:
    """The student's files."""
    return LocalSubmission(find_project() / "submission")


@pytest.fixture
def check(contents: Contents, submission: LocalSubmission) -> Check:
    """What a test asks of ``submission/``."""
    return Check(DirectCaller(contents, submission))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let ``-k`` select by a test's id, and so by its question, also where a file holds several."""
    mark = getattr(getattr(item, "obj", None), "mark", None)
    if isinstance(mark, Mark):
        item.extra_keyword_matches.add(mark.id)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Judge once more with the reference's parts where other questions are wrong; then fail."""
    check = pyfuncitem.funcargs.get("check")
    if not isinstance(check, Check):
        return (yield)
    caller = cast(DirectCaller, check._caller)
    error: Exception | None = None
    try:
        result = yield
    except Exception as raised:
        result, error = None, raised
    if error is None and not check.failures:
        return result
    parts = caller.wrong_parts(pyfuncitem.obj.mark)
    if parts:
        again = Check(caller, parts)
        try:
            pyfuncitem.obj(check=again)
        except Exception as raised:
            if type(raised) is type(error):
                error = raised
        else:
            check, error = again, None
    if error is not None:
        told = StudentError(type(error).__name__, str(error), caller.submission.frames(error))
        question = not_written(told)
        if question:
            where = told.frames[-1]
            _skip(f"{question} is open ({where.file}, line {where.line})")
        if told.frames and told.frames[0].function in AT_IMPORT:
            _fail_once(pyfuncitem, told)
        if not told.frames:  # a file or a shape that is not there
            said = f"{raised_sentence(told)}\n{told.type}: {told.message}"
            pytest.fail(said, pytrace=False)
        raise error
    if check.failures:
        claim = sentence_of(pyfuncitem.obj)
        pytest.fail(f"{claim}\n{_said(check.failures[0])}", pytrace=False)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take away a traceback's frames before the first of the student's own files."""
    check = getattr(item, "funcargs", {}).get("check")
    if call.excinfo is not None and isinstance(check, Check):
        error = call.excinfo.value
        step: TracebackType | None = call.excinfo.tb
        folder = cast(DirectCaller, check._caller).submission.folder
        while step and not Path(step.tb_frame.f_code.co_filename).is_relative_to(folder):
            step = step.tb_next
        if step:
            call.excinfo = pytest.ExceptionInfo.from_exc_info((type(error), error, step))
    return (yield)


def _skip(reason: str) -> NoReturn:
    raise pytest.skip.Exception(reason, _use_item_location=True)


def _fail_once(item: pytest.Item, told: StudentError) -> NoReturn:
    """Fail, as a file cannot be imported; skip where an earlier test said so."""
    where = told.frames[-1]
    place = f"{where.file}, line {where.line}"
    said = item.session.stash.setdefault(BROKEN_FILES, set())
    if place in said:
        _skip(f"{told.frames[0].file} cannot be imported ({place})")
    said.add(place)
    lines = [f"{told.frames[0].file} cannot be imported. {place}:", f"    {where.source}"]
    pytest.fail("\n".join([*lines, f"{told.type}: {told.message}"]), pytrace=False)


def _said(failure: Failure) -> str:
    lines = [compared_sentence(failure)]
    if failure.given:
        lines.append(f"  {failure.given}")
    lines += [f"  expected  {failure.expected}", f"  got       {failure.got}"]
    return "\n".join(lines)
