"""The usual slips are found where they are, in the words of someone who can teach."""

import pytest

from handout.slips import find_slips
from tests.handout.conftest import PROJECT, QUESTIONS

FOUND = [
    # text, line, column, kind
    ("The loss is 50% lower.\n", 1, 14, "percent"),
    ("It is $0.2$% of it\n", 1, 11, "percent"),
    ("one\n\nlambda_F is large", 3, 6, "subscript"),
    ("10^-3", 1, 2, "subscript"),
    ("The weight $x is large.\n\nNext $y$.", 1, 11, "dollar"),
    ("Shared & separate", 1, 7, "ampersand"),
    ("Run #2", 1, 4, "hash"),
    ("caf\N{REPLACEMENT CHARACTER}", 1, 3, "encoding"),
    ("\\textbf{bold\n\nmore", 1, 7, "unclosed"),
    ("bold} more", 1, 4, "unopened"),
    ("\\begin{itemize}\n\\item one\n", 1, 0, "environment"),
    ("one\n\\end{itemize}", 2, 0, "end"),
    ("so \\[ x \n\n \\]", 1, 3, "display"),
]
RIGHT = [
    "The loss is 50\\% lower, for \\$5, in run \\#2, by R\\&D, for x\\_y.",
    "$\\lambda_F = 0.99$ and \\(x^2\\) and \\[ y_i \\]",
    "% a comment with 50% and _ and $\nText % and a comment after it",
    "\\verb|a_b % & #| and \\url{http://a.b/c_d#e%20f} and \\ref{figure:a_b}",
    "\\begin{tabular}{ll}a & b\\\\\\end{tabular}",
    "\\begin{align*}a_1 &= b^2\\end{align*}",
    "\\begin{verbatim}\n50% & $ _ #\n\\end{verbatim}\nafter",
    "$\\result{separate-0.99}{mrr}$ in \\texttt{\\{a\\}}",
    "",
]


@pytest.mark.parametrize(("text", "line", "column", "kind"), FOUND)
def test_a_slip_is_found_where_it_is(text: str, line: int, column: int, kind: str) -> None:
    slips = find_slips(text)
    assert [(slip.line, slip.column, slip.kind) for slip in slips] == [(line, column, kind)]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert find_slips(text) == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_our_own_answers_have_none(question: str) -> None:
    text = (PROJECT / "handout" / "answers" / f"{question}.tex").read_text(encoding="utf-8")
    assert find_slips(text) == []


def test_the_percent_sign_that_hides_a_brace_is_the_cause() -> None:
    kinds = [slip.kind for slip in find_slips("It is \\textbf{50% lower} than it was.")]
    assert kinds == ["percent"]


def test_hints_show_what_to_write() -> None:
    hints = {slip.kind: slip.hint for text, *_ in FOUND for slip in find_slips(text)}
    assert r"\%" in hints["percent"]
    assert r"$\lambda_F$" in hints["subscript"]
    assert r"\$" in hints["dollar"]
    assert r"\&" in hints["ampersand"]
    assert r"\#" in hints["hash"]
    assert r"\end{itemize}" in hints["environment"]
    assert not any("{{" in hint for hint in hints.values())
