"""Course data for the handout: ``assignment.toml`` as LaTeX definitions."""

from datetime import datetime

from problem_set.assignment import Assignment

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: rf"\{character}" for character in "&%$#_{}"},
}


def escape(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return "".join(SPECIAL.get(character, character) for character in text)


def due_date(due: datetime) -> str:
    """Return the due date in words: ``Friday, December 11, 2026, 11:59 pm (UTC-8)``.

    A time without an offset from UTC is in words without one.
    """
    text = f"{due:%A, %B} {due.day}, {due.year}, {due.hour % 12 or 12}:{due:%M}"
    text += " am" if due.hour < 12 else " pm"
    offset = due.utcoffset()
    if offset is not None:
        hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
        sign = "-" if offset.total_seconds() < 0 else "+"
        text += f" (UTC{sign}{hours}" + (f":{minutes:02})" if minutes else ")")
    return text


def course_macros(assignment: Assignment) -> str:
    r"""Return the definitions of the course's data, of each question, and of the points' table.

    ``\coursedata`` and ``\questiondata`` are commands of ``pset.cls``.
    """
    course, questions = assignment.course, assignment.questions
    data = {
        **{
            key: escape(str(getattr(course, key)))
            for key in ("name", "short", "term", "title", "number", "assignment")
        },
        "due": due_date(course.due).replace("UTC-", "UTC--"),
        "upload": escape(assignment.upload.where or "as your course says"),
        "points": f"{sum(question.points for question in questions):g}",
    }
    policies = [
        rf"\paragraph{{{title}.}} {escape(text)}"
        for title, text in (
            ("Honor code", assignment.policies.honor_code),
            ("Late work", assignment.policies.late),
            ("AI tools", assignment.policies.ai),
        )
        if text
    ]
    lines = ["% Written by `python -m handout` from assignment.toml: change it there."]
    lines += [rf"\coursedata{{{key}}}{{{value}}}" for key, value in data.items()]
    lines.append(rf"\newcommand{{\policies}}{{{' '.join(policies)}}}")
    for question in questions:
        fields = [question.id, escape(question.title), escape(question.file)]
        fields += [f"{question.points:g}", question.kind]
        lines.append(r"\questiondata" + "".join(f"{{{field}}}" for field in fields))
    for kind, listed in (("coding", assignment.coding), ("written", assignment.written)):
        rows = "".join(rf"\pointsrow{{{question.id}}}" for question in listed)
        lines.append(rf"\newcommand{{\{kind}rows}}{{{rows}}}")
    return "\n".join(lines) + "\n"
