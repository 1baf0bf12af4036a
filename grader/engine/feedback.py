"""From what a test found to what a student reads."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from grader.engine.check import Failure
from grader.engine.exceptions import meaning_of
from grader.engine.replies import StudentError, TracebackLine
from grader.engine.results import (
    ERROR,
    FAILED,
    NOT_IMPORTED,
    NOT_RUN,
    NOT_WRITTEN,
    OPEN,
    PASSED,
    Detail,
    Hint,
    TestResult,
)
from grader.engine.runner import TestOutcome
from problem_set.assignment import GradedTest

# What the release puts in the place of a solution.
UNWRITTEN = re.compile(r"Question ([\w-]{1,20}) is not written yet")
NULL_BYTES = "source code string cannot contain null bytes"
AT_IMPORT = ("SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError")


def results_of(
    tests: Iterable[GradedTest],
    outcomes: Mapping[str, TestOutcome],
    hints: Mapping[str, tuple[Hint, ...]],
) -> list[TestResult]:
    """Return the tests' lines in the report; an exception is reported once in each question."""
    results: list[TestResult] = []
    told: dict[tuple, str] = {}
    for test in tests:
        result = result_of(test, outcomes[test.id], hints.get(test.id, ()))
        stumble = (test.question, result.raised.split(":")[0], result.where)
        if result.status == FAILED and result.where and stumble in told:
            message = f"Not run, fix {told[stumble]} first."
            result = replace(result, status=NOT_RUN, message=message, where=(), raised="")
        told.setdefault(stumble, test.id)
        for earlier in results:  # a test that waits for an open one is open
            if earlier.state == OPEN and result.message == f"Not run, fix {earlier.id} first.":
                result = replace(result, cause=NOT_WRITTEN)
                break
        results.append(result)
    return results


def result_of(test: GradedTest, outcome: TestOutcome, hints: tuple[Hint, ...]) -> TestResult:
    """Return a test's line in the report; ``for_student`` takes out what a student may not see."""
    failure = outcome.failures[0] if outcome.failures else None
    error = failure.error if failure else None
    status = outcome.status
    if status == FAILED and failure:
        message = raised_sentence(error) if error else compared_sentence(failure)
    elif status == ERROR:
        message = "The grader could not judge this test. That is its own fault, not yours."
    else:
        message = outcome.reason
    return TestResult(
        id=test.id,
        question=test.question,
        sentence=outcome.sentence,
        status=status,
        points=test.points if status == PASSED else 0.0,
        max_points=test.points,
        hidden=test.hidden,
        message=message,
        where=tuple(_line(frame) for frame in error.frames if frame.source) if error else (),
        raised=_raised_text(error) if error else _fault(outcome),
        detail=_detail(failure) if failure and not error else None,
        hints=hints,
        printed=outcome.printed,
        seconds=outcome.seconds,
        cause=_cause(error) if error else "",
    )


def not_written(error: StudentError) -> str:
    """Return the question that a function leaves open, as its placeholder says; else nothing.

    Of a placeholder without a text, the function's name.
    """
    if error.type != "NotImplementedError":
        return ""
    if found := UNWRITTEN.search(error.message):
        return found[1]
    last = error.frames[-1] if error.frames else None
    bare = last is not None and last.source.startswith("raise NotImplementedError")
    return last.function if last and bare and not error.message else ""


def _cause(error: StudentError) -> str:
    if not_written(error):
        return NOT_WRITTEN
    if error.frames:  # the outermost is the file itself while it is being imported
        return NOT_IMPORTED if error.frames[0].function in ("<module>", "") else ""
    return NOT_IMPORTED if error.type in AT_IMPORT else ""


def raised_sentence(error: StudentError) -> str:
    """Say what kind of exception it was and where, without its text."""
    last = next((frame for frame in reversed(error.frames) if frame.source), None)
    place = f" ({last.file}, line {last.line})" if last else ""
    question = not_written(error)
    if question:
        return f"{question} is not written yet{place}."
    if error.type == "ModuleNotFoundError" and not last:
        return f"{_missing_file(error)} is missing."
    if error.type == "Mismatch":
        return "The weights of the net do not have the shapes that the question asks for."
    if error.message == NULL_BYTES:  # of a SyntaxError; of a ValueError on older Pythons
        return "The file could not be imported: save it with the encoding UTF-8."
    if error.type in AT_IMPORT:
        return f"The file could not be imported: {error.type}{place}."
    if error.type == "BdbQuit":
        return (
            f"Your code calls a debugger{place}, which can stop only in pytest, and in a cell of "
            "your own in a notebook. Take the call out."
        )
    if error.type == "PermissionError":
        return f"Your code does something{place} that the grader's sandbox does not allow."
    return f"Your code raised {error.type}{place}. {meaning_of(error)}".rstrip()


def _raised_text(error: StudentError) -> str:
    if not_written(error):
        return ""
    return f"{error.type}: {error.message}" if error.message else error.type


def _missing_file(error: StudentError) -> str:
    found = re.search(r"'(submission\.\w+)'", error.message)
    return found[1].replace(".", "/") + ".py" if found else "A file that your code imports"


def compared_sentence(failure: Failure) -> str:
    if failure.no_answer:
        return failure.problem
    sentence = f"{failure.what} {failure.problem}."
    return sentence[0].upper() + sentence[1:] if sentence.startswith("the ") else sentence


def _detail(failure: Failure) -> Detail | None:
    if failure.no_answer:
        return Detail(failure.given, "an answer", failure.got) if failure.given else None
    return Detail(failure.given, failure.expected, failure.got)


def _line(frame: TracebackLine) -> str:
    return f"{frame.file}, line {frame.line}: {frame.source}"


def _fault(outcome: TestOutcome) -> str:
    return outcome.reason if outcome.status == ERROR else ""
