"""Course data for the handout: ``assignment.toml`` as LaTeX definitions."""

from problem_set.assignment import Assignment
from problem_set.due import due_date
from problem_set.late import rule_in_words

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: rf"\{character}" for character in "&%$#_{}"},
}


def escape(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return "".join(SPECIAL.get(character, character) for character in text)


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
            ("Late work", assignment.policies.late or rule_in_words(assignment.late)),
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
