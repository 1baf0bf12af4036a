"""Course data for the handout: ``assignment.toml`` as LaTeX definitions."""

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: rf"\{character}" for character in "&%$#_{}"},
}


def read_assignment(path: Path) -> dict[str, Any]:
    """Return what ``assignment.toml`` says.

    Raises
    ------
    ValueError
        If it is not TOML; the message says where.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is not TOML: {error}") from error


def escape(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return "".join(SPECIAL.get(character, character) for character in text)


def due_date(due: datetime) -> str:
    """Return the due date in words: ``Friday, December 11, 2026, 11:59 pm (UTC-8)``.

    Raises
    ------
    ValueError
        If it is a date without a time, or a text.
    """
    if not isinstance(due, datetime):
        raise ValueError(
            "assignment.toml: due under [course] should be a date and a time without quotes, as "
            f"2027-04-16T23:59:00-07:00; it is {due}"
        )
    text = f"{due:%A, %B} {due.day}, {due.year}, {due.hour % 12 or 12}:{due:%M}"
    text += " am" if due.hour < 12 else " pm"
    offset = due.utcoffset()
    if offset is not None:
        hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
        sign = "--" if offset.total_seconds() < 0 else "+"
        text += f" (UTC{sign}{hours}" + (f":{minutes:02})" if minutes else ")")
    return text


def course_macros(assignment: Mapping[str, Any]) -> str:
    r"""Return the definitions of the course's data, of each question, and of the points' table.

    ``\coursedata`` and ``\questiondata`` are commands of ``pset.cls``.
    """
    course, questions = assignment["course"], assignment["questions"]
    data = {
        **{key: escape(str(course[key])) for key in ("name", "short", "term", "title", "number")},
        "assignment": escape(course["assignment"]),
        "due": due_date(course["due"]),
        "upload": escape(assignment.get("upload", {}).get("where", "as your course says")),
        "points": str(sum(question["points"] for question in questions)),
    }
    lines = ["% Written by `python -m handout` from assignment.toml: change it there."]
    lines += [rf"\coursedata{{{key}}}{{{value}}}" for key, value in data.items()]
    for question in questions:
        fields = (question["id"], escape(question["title"]), escape(question["file"]))
        fields += (str(question["points"]), question["kind"])
        lines.append(r"\questiondata" + "".join(f"{{{field}}}" for field in fields))
    for kind in ("coding", "written"):
        ids = [question["id"] for question in questions if question["kind"] == kind]
        rows = "".join(rf"\pointsrow{{{id}}}" for id in ids)
        lines.append(rf"\newcommand{{\{kind}rows}}{{{rows}}}")
    return "\n".join(lines) + "\n"
