"""``cohort.html``: what a course has understood, on one page that is complete in itself."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from html import escape
from io import StringIO
from pathlib import Path

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

Examples = Callable[[str, str], Sequence[str]]


def write_cohort_page(cohort: Cohort, examples: Examples) -> str:
    """Return the page; all text is escaped, and nobody is named but who handed in nothing.

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
        suspicious=suspicious,
        diagnoses={mistake.id: mistake.diagnosis for mistake in cohort.mistakes},
        of_question=_by_question(cohort),
        examples=examples,
        seconds=_quantiles(cohort.seconds),
        none_named=_none_named(cohort),
    )


def histogram(cohort: Cohort) -> str:
    """Return the histogram of points as SVG that is part of a page."""
    with mpl.rc_context({"svg.hashsalt": "cohort", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7.5, 2.6), layout="constrained")
        axes = figure.subplots()
        axes.hist(cohort.points, bins=_bins(cohort), color="#3b6fb6", edgecolor="white")
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
    svg = svg[svg.index("<svg") :]
    label = escape(histogram_words(cohort), quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def histogram_words(cohort: Cohort) -> str:
    """Return what the histogram shows, for who does not see it."""
    if not cohort.points:
        return "Nobody has been graded."
    low, middle, high = np.quantile(cohort.points, [0.25, 0.5, 0.75])
    return (
        f"Half of {len(cohort.points)} people have {points(low)} to {points(high)} of "
        f"{points(cohort.max_points)} points; the median is {points(middle)}."
    )


def anonymous_code(files: Mapping[str, bytes], question: str) -> tuple[str, ...]:
    """Return the functions that answer a question, without comments, docstrings and texts.

    What the reference solution's functions are called is read from their comments in
    ``submission/``, ``# Question 2b: ...``.
    """
    wanted = _functions().get(question, frozenset())
    found = []
    for content in files.values():
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name in wanted:
                lines = ast.unparse(_Nameless().visit(node)).splitlines()
                rest = ["    ..."] if len(lines) > LONGEST_EXAMPLE else []
                found.append("\n".join([*lines[:LONGEST_EXAMPLE], *rest]))
    return tuple(found)


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
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                for line in lines[node.lineno - 1 : node.end_lineno]:
                    if asked := ASKED.match(line):
                        names.setdefault(asked[1], set()).add(node.name)
    return {question: frozenset(found) for question, found in names.items()}


def _bins(cohort: Cohort) -> list[float]:
    """Return bins of one point, or of a twentieth of all points where these are many."""
    most = max(cohort.max_points, 1)
    return np.linspace(0, most, min(20, max(1, round(most))) + 1).tolist()


def _by_question(cohort: Cohort) -> list[tuple[Item, list]]:
    """Return the questions in which mistakes were named, with these."""
    found = [(q, [m for m in cohort.mistakes if m.question == q.id]) for q in cohort.questions]
    return [(question, mistakes) for question, mistakes in found if mistakes]


def _none_named(cohort: Cohort) -> str:
    people = sum(group.people for group in cohort.unexplained)
    return "" if people else "Every failed test has a named mistake."


def _quantiles(seconds: Sequence[float]) -> tuple[float, float, float] | None:
    if not seconds:
        return None
    middle, high, most = np.quantile(seconds, [0.5, 0.95, 1])
    return float(middle), float(high), float(most)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _interval(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f"{100 * bounds[0]:.0f} to {100 * bounds[1]:.0f} %"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


@cache
def environment() -> Environment:
    """Return what renders the pages of this folder."""
    return templates(
        Path(__file__).parent, points=points, percent=_percent, interval=_interval, signed=_signed
    )
