"""The page that a student gets."""

import re
from datetime import datetime, timezone
from html import escape
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.engine.from_json import report_from
from grader.engine.visibility import Moment, withhold
from problem_set.assignment import read_assignment

from .autograding import KEPT, shown
from .late import extension_of, final_of, own_due_of
from .reading import count_copies


class ShowToStudent(NbGraderPreprocessor):
    """Leave out of each report what ``assignment.toml`` does not show to the student by now."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        assignment, names = read_assignment(), resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            submission = gradebook.find_submission(names["assignment"], names["student"])
            due = own_due_of(gradebook, submission, self)
            extension = extension_of(gradebook, submission, self)
            names["late"] = final_of(submission, submission.score, extension).sentence
        moment = Moment(due, datetime.now(timezone.utc))
        for cell in nb.cells:
            for output in cell.get("outputs", []):
                if kept := output.get("metadata", {}).pop(KEPT, None):
                    report = report_from(kept, assignment.feedback)
                    output.data = NotebookNode(shown(withhold(report, moment)))
        return nb, resources


class FeedbackExporter(HTMLExporter):
    """Names each question in the table of contents, where nbgrader says "Test cell"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        count_copies(self.log)

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict | None = None, **options: Any
    ) -> tuple[str, dict]:
        page, resources = super().from_notebook_node(nb, resources, **options)
        titles = {q.id: f"{q.id} {escape(q.title)}" for q in read_assignment().questions}

        def titled(link: re.Match) -> str:
            return f"{link[1]}{titles.get(link[2], link[2])}</a>"

        kinds = r'(<a href="#(\w+)">)(?:Test cell|Written response)</a>'
        page = re.sub(kinds, titled, page)
        if late := resources["nbgrader"].get("late"):
            page = page.replace('<div id="toc">', f'<p>{escape(late)}</p><div id="toc">', 1)
        return page, resources
