"""From the bytes of an answer, which anybody may have written, to a :class:`Reply`."""

import hmac
from collections.abc import Mapping
from typing import Any

from grader.engine.cleaning import UnfitError, clean_json, clean_line, clean_text
from grader.engine.replies import Frame, Reply, StudentError
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.raw_reply import Outcome
from grader.engine.sandbox.worker.framing import FramingError, decode

MAX_FRAMES = 12
UNREADABLE = "The program's answer could not be read."
SIGNALS = {
    4: "an illegal instruction",
    6: "an abort",
    7: "a bus error",
    8: "a floating point exception",
    9: "a kill signal",
    11: "a segmentation fault",
    15: "a termination signal",
    31: "a system call that the sandbox forbids",
}


def reply_from(outcome: Outcome, ticket: str, limits: Limits, files: Mapping[str, bytes]) -> Reply:
    """Return what the submission claims, or how its worker ended.

    An answer counts only if it is exactly one frame that carries the ticket of this request and
    came within the limits. What its worker did afterwards does not matter: it has been killed.
    """
    told = {
        "output": clean_text(outcome.output.decode(errors="replace")),
        "seconds": outcome.seconds,
    }
    if outcome.ended:
        return Reply(status=_status(outcome), sentence=_ending(outcome, limits), **told)
    if not outcome.data:
        return Reply(status="exited", sentence="The program ended before it answered.", **told)
    try:
        content, arrays = decode(outcome.data, limits.reply)
        content = clean_json(content)
    except (FramingError, UnfitError):
        return _malformed(told)
    if set(content) != {"ticket", "status", "result"} or not isinstance(content["result"], dict):
        return _malformed(told)
    if not hmac.compare_digest(str(content["ticket"]).encode(), ticket.encode()):
        return _malformed(told)
    if content["status"] == "ok":
        return Reply(status="ok", result=content["result"], arrays=arrays, **told)
    if content["status"] == "memory":
        return Reply(status="memory", sentence=_memory(limits), **told)
    if content["status"] == "raised":
        error = _student_error(content["result"], files)
        return Reply(status="raised", error=error, sentence=_raised(error), **told)
    return _malformed(told)


def _malformed(told: Mapping[str, Any]) -> Reply:
    return Reply(status="malformed", sentence=UNREADABLE, **told)


def _status(outcome: Outcome) -> str:
    if outcome.ended in ("output", "disk", "threads"):
        return "killed"
    return "malformed" if outcome.ended == "oversized" else outcome.ended


def _ending(outcome: Outcome, limits: Limits) -> str:
    signal = SIGNALS.get(outcome.signal, f"signal {outcome.signal}")
    return {
        "timeout": f"The program did not finish within {limits.wall:g} seconds.",
        "cpu": f"The program used more than {limits.cpu} seconds of processor time.",
        "killed": f"The program was ended by {signal}.",
        "exited": "The program ended before it answered.",
        "output": f"The program printed more than {limits.output:,} bytes.",
        "disk": f"The program wrote more than {limits.file:,} bytes to disk.",
        "threads": f"The program started more than {limits.processes} threads.",
        "malformed": UNREADABLE,
        "oversized": f"The program's answer is larger than {limits.reply:,} bytes.",
    }[outcome.ended]


def _memory(limits: Limits) -> str:
    return f"The program needed more than {limits.memory >> 20:,} MiB of memory."


def _raised(error: StudentError) -> str:
    text = f"{error.type}: {error.message}" if error.message else error.type
    line = clean_line(text, 300)
    if not error.frames:
        return line
    frame = error.frames[-1]
    place = f" in {frame.function}" if frame.function not in ("", "<module>") else ""
    return f"{frame.file}, line {frame.line}{place}: {line}"


def _student_error(told: Mapping[str, Any], files: Mapping[str, bytes]) -> StudentError:
    """Rebuild an exception from its claimed description, source lines from our own copy."""
    frames = told.get("frames")
    believed = []
    for frame in frames[:MAX_FRAMES] if isinstance(frames, list) else []:
        match frame:
            case [str(file), int(line), str(function)]:
                believed += _frame(file, line, function, files)
    return StudentError(
        type=clean_line(str(told.get("type", "Exception")), 100) or "Exception",
        message=clean_text(str(told.get("message", "")), 2000),
        frames=tuple(believed),
    )


def _frame(file: str, line: int, function: str, files: Mapping[str, bytes]) -> list[Frame]:
    """Return the frame if it lies in a file that was handed in, else nothing."""
    data = files.get(file.removeprefix("submission/"))
    if data is None:
        return []
    lines = data.decode(errors="replace").splitlines()
    source = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return [Frame(clean_line(file, 200), line, clean_line(function, 80), clean_line(source, 200))]
