"""``points.csv``: a row for everybody, that any spreadsheet opens and none computes."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from grader.engine.cleaning import clean_line
from grader.engine.from_json import report_from
from grader.engine.reports.wording import absent_line
from problem_set.assignment import Feedback

GRADED, NOT_GRADED, GRADER_FAILED = "graded", "not graded", "grader failed"
NOTHING = "nothing handed in"
NOTHING_CAME = "Nothing was handed in."
NOT_REACHED = "Not reached: the grading was ended before. Give the same command again."
LONGEST_CELL = 1000  # characters

# What a spreadsheet takes for a formula: at a cell's start, or at the start of what it takes for
# one, since which character separates cells is a matter of the country.
_FORMULA = re.compile(r"""(^|[,;|\t])(["'\s\ufffd]*)(?=[=+@\u2212-])""")


def points_table(records: Iterable[Mapping[str, Any]]) -> str:
    """Return the table of records as :mod:`grader.cohort.records` describes them."""
    records = list(records)
    ids = list(dict.fromkeys(q["id"] for record in records for q in record["questions"]))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(
        [
            *("submission", "id", "name", "email", "status", *ids, "points", "of", "days late"),
            *("final points", "submitted", "upload", "problem", "notes"),
        ]
    )
    for record in records:
        of_question = {question["id"]: question["points"] for question in record["questions"]}
        final = record["final"] or {}
        numbers = [*(of_question.get(id_, 0) for id_ in ids), record["score"], record["max_score"]]
        graded = record["status"] == GRADED
        days = final.get("days_late")
        notes = [*record["matching"], *notes_of(record)]
        table.writerow(
            [
                cell(record["submission"]),
                *(cell(record["person"][key]) for key in ("id", "name", "email")),
                record["status"],
                *(f"{number:g}" if graded else "" for number in numbers),
                "" if days is None else f"{days:g}",
                f"{record['final_points']:g}" if graded else "",
                cell(record["submitted_at"]),
                cell(record["upload"]),
                cell(problem_of(record)),
                cell(" ".join(notes).strip()),
            ]
        )
    return text.getvalue()


def problem_of(record: Mapping[str, Any]) -> str:
    """Return a record's problem as staff read it, with the reason if the grader failed."""
    reason = record["fault"].strip().splitlines()[-1:] if record["status"] == GRADER_FAILED else []
    return clean_line(" ".join([record["problem"], *reason]), 1000)


def notes_of(record: Mapping[str, Any]) -> list[str]:
    """Return what a person's page says beside the points: on lateness, a regrade, the upload."""
    late, regrade = (record[key] or {} for key in ("final", "before"))
    missing = absent_line(report_from({**record, "questions": ()}, Feedback()))
    said = [late.get("sentence"), regrade.get("sentence"), *record["notes"], missing]
    return [sentence for sentence in said if sentence]


def cell(text: str, longest: int = LONGEST_CELL) -> str:
    """Return text on one line that no spreadsheet takes for a formula, wherever it cuts it."""
    return _FORMULA.sub(r"\1\2'", clean_line(unicodedata.normalize("NFKC", text), longest))
