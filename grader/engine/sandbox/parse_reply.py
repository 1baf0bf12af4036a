"""From the bytes of an answer, which anybody may have written, to a :class:`Reply`."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.engine.cleaning import InvalidReplyJson, clean_json, clean_line, clean_text
from grader.engine.replies import Reply, StudentError, TracebackLine, place_of
from grader.engine.sandbox.limits import NEARLY, Limits, RawReply
from grader.engine.sandbox.worker.framing import FramingError, decode

MAX_LINES = 12
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
STATUS_OF = {"output": "killed", "disk": "killed", "threads": "killed", "oversized": "malformed"}


def parse_reply(raw: RawReply, nonce: str, limits: Limits, files: Mapping[str, bytes]) -> Reply:
    """Return what the submission claims, or how its worker ended.

    ``files`` are those handed in, by their names as in a traceback.

    An answer counts only if it is exactly one message that carries the nonce of this request and
    came within the limits. What its worker did afterwards does not matter: it has been killed.
    """
    status = raw.ended
    claims: dict[str, Any] = {}
    if not status and not raw.data:
        status = "exited"
    if not status:
        try:
            status, claims = _claims(raw, nonce, limits, files)
        except (FramingError, InvalidReplyJson):
            status = "malformed"
    reply = Reply(
        status=STATUS_OF.get(status, status),
        output=clean_text(raw.output.decode(errors="replace")),
        seconds=raw.seconds,
        cpu=raw.cpu,
        **claims,
    )
    return replace(reply, sentence=_sentence(status, raw.signal, reply, limits))


def _claims(
    raw: RawReply, nonce: str, limits: Limits, files: Mapping[str, bytes]
) -> tuple[str, dict[str, Any]]:
    """Return the status that an answer claims, and what else of a reply it brings."""
    content, arrays = decode(raw.data, limits.reply)
    content = clean_json(content)
    if set(content) != {"nonce", "status", "result"} or not isinstance(content["result"], dict):
        return "malformed", {}
    if not hmac.compare_digest(str(content["nonce"]).encode(), nonce.encode()):
        return "malformed", {}
    result = content["result"]
    match content["status"]:
        case "ok":
            return "ok", {"result": result, "arrays": arrays}
        case "memory":
            return "memory", {}
        case "raised":
            return "raised", {"error": _student_error(result, files)}
        case "time":
            stopped_at = {"stopped_at": _lines(result.get("frames"), files)}
            if raw.cpu >= NEARLY * limits.cpu:
                return "cpu", stopped_at
            if raw.seconds >= NEARLY * limits.wall:
                return "timeout", stopped_at
    return "malformed", {}


def _sentence(status: str, signal: int, reply: Reply, limits: Limits) -> str:
    """Return in one line, fit for a student, what happened."""
    sentences = {
        "ok": "",
        "timeout": f"The program did not finish within {limits.wall:g} seconds.",
        "cpu": f"The program used more than {limits.cpu:g} seconds of processor time.",
        "memory": f"The program needed more than {limits.memory >> 20:,} MiB of memory.",
        "killed": f"The program was ended by {SIGNALS.get(signal, f'signal {signal}')}.",
        "exited": "The program ended before it answered.",
        "output": f"The program printed more than {limits.output:,} bytes.",
        "disk": f"The program wrote more than {limits.file:,} bytes to disk.",
        "threads": f"The program started more than {limits.processes} threads.",
        "malformed": "The program's answer could not be read.",
        "oversized": f"The program's answer is larger than {limits.reply:,} bytes.",
    }
    if reply.error is None:
        place = place_of(reply.stopped_at)
        return sentences[status] + (f" It was at {place}." if place else "")
    error = reply.error
    text = clean_line(f"{error.type}: {error.message}" if error.message else error.type, 300)
    return ": ".join(part for part in (place_of(error.frames), text) if part)


def _student_error(described: Mapping[str, Any], files: Mapping[str, bytes]) -> StudentError:
    """Rebuild an exception from its claimed description."""
    return StudentError(
        type=clean_line(str(described.get("type", "Exception")), 100) or "Exception",
        message=clean_text(str(described.get("message", "")), 2000),
        frames=_lines(described.get("frames"), files),
    )


def _lines(frames: object, files: Mapping[str, bytes]) -> tuple[TracebackLine, ...]:
    """Return the claimed lines that lie in files which were handed in, sources from our copy."""
    lines = []
    for frame in frames[:MAX_LINES] if isinstance(frames, list) else []:
        match frame:
            case [str(file), int(line), str(function)]:
                data = files.get(file)
                if data is not None:
                    text = data.decode(errors="replace").splitlines()
                    source = text[line - 1].strip() if 0 < line <= len(text) else ""
                    lines.append(
                        TracebackLine(
                            clean_line(file, 200),
                            line,
                            clean_line(function, 80),
                            clean_line(source, 200),
                        )
                    )
    return tuple(lines)
