"""A report read back from the JSON that was kept of it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from grader.engine.results import Report
from problem_set.assignment import Feedback


def report_from(record: Mapping[str, Any], feedback: Feedback) -> Report:
    """Return the report that ``Report.to_dict`` made a record of.

    Parameters
    ----------
    record : mapping
        May hold more than the report.
    feedback : Feedback
        What students are told now, whatever was in force when the record was made.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the record is none of a report.
    """
    return _made(Report, {**record, "feedback": feedback})


@cache
def _types(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields by name."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _made(kind: Any, value: Any) -> Any:
    """Return a value of JSON as the type that it was before."""
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        types = _types(kind)
        given = {key: _made(types[key], value[key]) for key in types.keys() & value.keys()}
        return kind(**given)
    if get_origin(kind) is tuple:
        return tuple(_made(get_args(kind)[0], each) for each in value)
    if get_origin(kind) is UnionType and value is not None:
        (only,) = (each for each in get_args(kind) if each is not NoneType)
        return _made(only, value)
    return value
