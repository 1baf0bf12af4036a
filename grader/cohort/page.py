"""``cohort.html``: what a course has understood, on one page that is complete in itself."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from jinja2 import Environment
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from grader.cohort.statistics import Cohort, Item
from grader.engine.reports.wording import points
from problem_set.project import find_project
from problem_set.templates import templates

ASKED = re.compile(r"\s*# Question (\w+): ")
LONGEST_EXAMPLE = 40  # lines
INK = "#010203"  # stands for the colour of the page's text, which is light on a dark screen

Examples = Callable[[str, str], str]


def write_cohort_page(cohort: Cohort, examples: Examples) -> str:
    """Return the page; all text is escaped, and names stand only in what has to be unfolded.

    Parameters
    ----------
    examples : callable
        Is given a row's name and a question, and returns what to show of that row's code.
    """
    template = environment().get_template("cohort.html.jinja")
    suspicious = [item for item in (*cohort.questions, *cohort.tests) if item.problem]
    return template.render(
        cohort=cohort,
        histogram=histogram(cohort),
        histogram_words=histogram_words(cohort),
        late_words=_late_words(cohort),
        suspicious=suspicious,
        diagnoses={mistake.id: mistake.diagnosis for mistake in cohort.mistakes},
        of_question=_by_question(cohort),
        titles={question.id: question.title for question in cohort.questions},
        examples=cache(examples),  # the lecture's come again among all
        seconds=_quantiles(cohort.seconds),
        memory=_quantiles(cohort.memory),
    )


def histogram(cohort: Cohort) -> str:
    """Return the histogram of points as SVG that is part of a page, in the page's colours."""
    style: dict[Any, Any] = {
        **{"svg.hashsalt": "cohort", "svg.fonttype": "none", "font.size": 11},
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), INK),
        **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(5.4, 2.6), layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.subplots()
        axes.patch.set_visible(False)
        counts, edges = np.histogram(cohort.points, bins=_bins(cohort))
        middle, width = (edges[:-1] + edges[1:]) / 2, 0.92 * np.diff(edges)
        bars = axes.bar(middle, counts, width, color="#5b8fd6")
        axes.bar_label(bars, [f"{count:.0f}" if count else "" for count in counts])
        axes.margins(y=0.12)
        axes.set_xlim(0, max(cohort.max_points, 1))
        axes.set_xlabel("points of the tests")
        axes.set_ylabel("people")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        text = StringIO()
        figure.savefig(
            text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    label = escape(histogram_words(cohort), quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def histogram_words(cohort: Cohort) -> str:
    """Return what the histogram shows, for who does not see it."""
    if not cohort.points:
        return "Nobody has been graded."
    low, middle, high = np.quantile(cohort.points, [0.25, 0.5, 0.75]).round(1).tolist()
    full = sum(number >= cohort.max_points - 1e-6 for number in cohort.points)
    return (
        f"Half of {len(cohort.points)} people have {points(low)} to {points(high)} of "
        f"{points(cohort.max_points)} points; the median is {points(middle)}, and {full} have all."
    )


def _late_words(cohort: Cohort) -> str:
    """Return what the late policy has taken off; nothing if it has not."""
    lost = sum(after < before for before, after in zip(cohort.points, cohort.final))
    if not lost:
        return ""
    middle = points(round(float(np.median(cohort.final)), 1))
    return f"The late policy takes points off the work of {_people(lost)}: the median is {middle}."


def anonymous_code(files: Mapping[str, bytes], question: str) -> str:
    """Return the code that answers a question, without comments, docstrings and texts.

    That is the functions that the question asks for, and what the student has written for them to
    use. What the reference solution's functions are called is read from their comments in
    ``submission/``, ``# Question 2b: ...``.
    """
    asked, others = _functions().get(question, frozenset()), set(_given())
    others.update(*(names for id_, names in _functions().items() if id_ != question))
    defined = [(node.name, node) for content in files.values() for node in _definitions(content)]
    used = [node for name, node in defined if name in asked]
    for node in used:  # grows
        names = {_name(part) for part in ast.walk(node)} - others
        used += [other for name, other in defined if name in names and other not in used]
    blocks = (ast.unparse(_Nameless().visit(node)) for node in used)
    lines = "\n\n".join(dict.fromkeys(blocks)).splitlines()
    rest = ["..."] if len(lines) > LONGEST_EXAMPLE else []
    return "\n".join([*lines[:LONGEST_EXAMPLE], *rest])


def _definitions(content: bytes) -> list[ast.FunctionDef | ast.ClassDef]:
    """Return the functions and classes of a file, and the methods of these classes."""
    try:
        body = ast.parse(content).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    found = [*body, *(method for node in classes for method in node.body)]
    return [node for node in found if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


class _Nameless(ast.NodeTransformer):
    """Takes out of code what may tell whose it is: docstrings and other texts."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        is_text = isinstance(node.value, (str, bytes))
        return ast.copy_location(ast.Constant("..."), node) if is_text else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node


@cache
def _functions() -> Mapping[str, frozenset[str]]:
    """Return by question the names of the functions that it asks for."""
    names: dict[str, set[str]] = {}
    for path in sorted((find_project() / "submission").glob("*.py")):
        content = path.read_bytes()
        lines = content.decode("utf-8").splitlines()
        for node in _definitions(content):
            if isinstance(node, ast.FunctionDef):
                for line in lines[node.lineno - 1 : node.end_lineno]:
                    if asked := ASKED.match(line):
                        names.setdefault(asked[1], set()).add(node.name)
    return {question: frozenset(found) for question, found in names.items()}


@cache
def _given() -> frozenset[str]:
    """Return the names of what students are given, which no question asks for."""
    files = sorted((find_project() / "submission").glob("*.py"))
    names = {node.name for path in files for node in _definitions(path.read_bytes())}
    return frozenset(names.difference(*_functions().values()))


def _bins(cohort: Cohort) -> list[float]:
    """Return bins of one point, or of a twentieth of all points where these are many."""
    most = max(cohort.max_points, 1)
    return np.linspace(0, most, min(20, max(1, round(most))) + 1).tolist()


def _by_question(cohort: Cohort) -> list[tuple[Item, list]]:
    """Return the questions in which mistakes were named, with these."""
    found = [(q, [m for m in cohort.mistakes if m.question == q.id]) for q in cohort.questions]
    return [(question, mistakes) for question, mistakes in found if mistakes]


def _quantiles(values: Sequence[float]) -> tuple[float, float, float] | None:
    if not values:
        return None
    middle, high, most = np.quantile(values, [0.5, 0.95, 1])
    return float(middle), float(high), float(most)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"


def _interval(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f"{100 * bounds[0]:.0f} to {100 * bounds[1]:.0f} %"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


@cache
def environment() -> Environment:
    """Return what renders the pages of this folder."""
    return templates(
        Path(__file__).parent,
        points=points,
        percent=_percent,
        people=_people,
        interval=_interval,
        signed=_signed,
    )
