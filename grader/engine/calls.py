"""One call of an adapter's function as data: its arguments, and a description of what it returned.

The worker loads this file beside the adapter, so it imports nothing of the project. A *request* is
``{"function": name, "arguments": {...}, "reference": [part, ...]}``; arrays travel beside it under
names of their own. What comes back describes each value by its type, and sends the numbers of
tensors, arrays and plain numbers. Several requests travel as one, ``{"requests": [...]}``.
"""

import builtins
import contextlib
import difflib
import importlib
import io
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

#: A request and its arrays.
Request: TypeAlias = tuple[dict[str, Any], dict[str, np.ndarray]]
# A submission chooses what it returns, so that its size and depth are bounded.
MAX_ARRAYS, MAX_ITEMS, MAX_DEPTH, MAX_TEXT = 200, 64, 5, 200
MAX_PRINTED = 2000  # last characters of what one of several calls printed


@dataclass(frozen=True)
class Submission:
    """What an adapter's function is given of a submission.

    Attributes
    ----------
    load : callable
        From a file's name without ``.py`` to its module, imported when it is first asked for.
    reference : frozenset of str
        The parts to take from the reference, because the submission's own are wrong.
    """

    load: Callable[[str], ModuleType]
    reference: frozenset[str] = frozenset()


def execute(
    request: dict[str, Any], arrays: Mapping[str, np.ndarray], folder: Path
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Answer one request in a worker, where the adapter is the module ``adapter``."""

    def load(module: str) -> ModuleType:
        return importlib.import_module(f"{folder.name}.{module}")

    adapter = sys.modules["adapter"]
    if "requests" in request:
        return answer_all(adapter, request["requests"], arrays, load)
    return answer(adapter, request, arrays, load)


def answer_all(
    adapter: ModuleType,
    requests: Sequence[dict[str, Any]],
    arrays: Mapping[str, np.ndarray],
    load: Callable[[str], ModuleType],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Answer requests that came ``together``, each with what it printed.

    One that raises has no answer.
    """
    answers: dict[str, Any] = {}
    returned: dict[str, np.ndarray] = {}
    for place, (request, given) in enumerate(zip(requests, _by_place(arrays, len(requests)))):
        with contextlib.suppress(Exception), io.StringIO() as printed:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                value, own = answer(adapter, request, given, load)
            tail = printed.getvalue()[-MAX_PRINTED:]
            answers[str(place)] = {"value": value, "printed": tail}
            returned |= {f"{place}/{name}": array for name, array in own.items()}
    return answers, returned


def together(requests: Sequence[Request]) -> Request:
    """Return one request for several; ``apart`` tells their answers apart."""
    arrays = {
        f"{place}/{name}": array
        for place, (_, own) in enumerate(requests)
        for name, array in own.items()
    }
    return {"requests": [request for request, _ in requests]}, arrays


def apart(
    answers: Mapping[str, Any], arrays: Mapping[str, np.ndarray], count: int
) -> list[tuple[dict[str, Any], dict[str, np.ndarray], str] | None]:
    """Return each request's answer, its arrays and what it printed; None where there is none.

    The answers are a submission's claim, so that they may be anything.
    """
    found: list[tuple[dict[str, Any], dict[str, np.ndarray], str] | None] = []
    for place, own in enumerate(_by_place(arrays, count)):
        match answers.get(str(place)):
            case {"value": dict(value), "printed": str(printed)}:
                found.append((value, own, printed))
            case _:
                found.append(None)
    return found


def _by_place(arrays: Mapping[str, np.ndarray], count: int) -> list[dict[str, np.ndarray]]:
    """Return the arrays of each request by their own names."""
    split: list[dict[str, np.ndarray]] = [{} for _ in range(count)]
    for name, array in arrays.items():
        place, _, own = name.partition("/")
        if place.isdecimal() and int(place) < count:
            split[int(place)][own] = array
    return split


def answer(
    adapter: ModuleType,
    request: dict[str, Any],
    arrays: Mapping[str, np.ndarray],
    load: Callable[[str], ModuleType],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Call one function of an adapter, and describe what it returned."""
    submission = Submission(load, frozenset(request["reference"]))
    function = getattr(adapter, request["function"])
    try:
        value = function(submission, **unpack(request["arguments"], arrays))
    except (AttributeError, NameError) as error:
        suggest_name(error)
        raise
    returned: dict[str, np.ndarray] = {}
    return describe(value, returned), returned


def suggest_name(error: AttributeError | NameError) -> None:
    """Add to an exception's text the known name that is spelled nearly so, as Python does.

    The exception may be hostile: whatever it raises when looked at is swallowed.
    """
    with contextlib.suppress(Exception):
        name = str(error.name)
        known = _names_known_to(error)
        same = [other for other in known if other.lower().endswith(f".{name}".lower())]
        same += [other for other in known if other.lower() == name.lower()]
        close = same or difflib.get_close_matches(name, known, 1, 0.75)
        if close and not name.startswith("__"):
            error.args = (f"{error.args[0]}. Did you mean {close[0]!r}?",)


def _names_known_to(error: AttributeError | NameError) -> list[str]:
    """Return an object's attributes, or the names that are known where a name was looked up."""
    if isinstance(error, AttributeError):
        return dir(error.obj)
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    own = [f"self.{name}" for name in dir(frame.f_locals.get("self"))]
    return [*frame.f_locals, *frame.f_globals, *dir(builtins), *own]


def request(
    function: str, arguments: Mapping[str, Any], reference: frozenset[str] = frozenset()
) -> Request:
    """Return a request and its arrays; ``unpack`` gives the arguments back."""
    arrays: dict[str, np.ndarray] = {}
    packed = _pack(dict(arguments), arrays)
    return {"function": function, "arguments": packed, "reference": sorted(reference)}, arrays


def _pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        name = str(len(arrays))
        arrays[name] = np.asarray(value)
        return {"array": name}
    if isinstance(value, Mapping):
        return {"dict": {key: _pack(item, arrays) for key, item in value.items()}}
    if isinstance(value, (tuple, list)):
        return [_pack(item, arrays) for item in value]
    return value


def unpack(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return arguments with their arrays, each a copy; tuples have become lists."""
    if isinstance(value, dict) and "array" in value:
        return np.array(arrays[value["array"]])
    if isinstance(value, dict):
        return {key: unpack(item, arrays) for key, item in value["dict"].items()}
    if isinstance(value, list):
        return [unpack(item, arrays) for item in value]
    return value


def describe(value: Any, arrays: dict[str, np.ndarray], depth: int = 0) -> dict[str, Any]:
    """Say what a value is, and put its numbers into ``arrays``."""
    node: dict[str, Any] = {"type": type(value).__name__}
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach()
        node["dtype"] = str(value.dtype).removeprefix("torch.")
        if value.dtype in (torch.bfloat16, torch.float16):
            value = value.float()
        value = value.to_dense().cpu().numpy() if value.is_sparse else value.numpy()
        _send(value, node, arrays)
    elif isinstance(value, (np.ndarray, np.generic, bool, int, float)):
        array = np.asarray(value)
        node["dtype"] = str(array.dtype)
        _send(array, node, arrays)
    elif isinstance(value, str):
        node["text"] = value[:MAX_TEXT]
    elif isinstance(value, (tuple, list)):
        node["length"] = len(value)
        if depth < MAX_DEPTH:
            node["items"] = [describe(item, arrays, depth + 1) for item in value[:MAX_ITEMS]]
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        node["values"] = {
            str(key): describe(item, arrays, depth + 1)
            for key, item in list(value.items())[:MAX_ITEMS]
        }
    return node


def _send(array: np.ndarray, node: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    if len(arrays) < MAX_ARRAYS:
        node["array"] = str(len(arrays))
        arrays[node["array"]] = array
