"""What is left of hostile cells, looked at through the renderer of nbgrader's own pages."""

import base64
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from release.nbgrader.nbgrader_course.harmless import (
    MAX_CELLS,
    MAX_TEXT,
    harmless_cells,
    harmless_text,
)

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"picture").decode()
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- comment --><svg/onload=alert(1)>",
    "[text](javascript:alert(1))",
    "[text](JaVaScRiPt:alert(1) 'title\" onclick=\"alert(1)')",
    "[text][ref]\n\n[ref]: javascript:alert(1)",
    "[ref]\n\n[ref]:\njavascript:alert(1)",
    "<javascript:alert(1)>",
    "![text](https://example.com/seen.png)",
    "![text](attachment:missing.png)",
    '![a" onerror="alert(1)](attachment:plot.png)',
    "[![a](attachment:plot.png)](javascript:alert(1))",
    "```mermaid\n&lt;img src=x onerror=alert(1)&gt;\nclick A call alert()\n```",
    "~~~~  &#109;ermaid\ngraph\n~~~~",
    "> ``` mermaid\n> graph\n",
    "- ```\\mermaid\n  graph",
    "`code` <b onmouseover='alert(1)'>x</b> $a$<i>",
    "$$x<script>alert(1)</script>$$",
    r"\begin{<img}\href{javascript:alert(1)}{x}\end{<img}",
    "# heading <a name=x href=javascript:alert(1)>",
    "| a |\n| - |\n| <iframe src=//example.com> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<<b>script>alert(1)<</b>/script>",
    "<\nscript>alert(1)</script>",
    "Term\n: <details ontoggle=alert(1) open>",
    "\\![a](attachment:plot.png)",
    "see https://example.com/page",
    "[x](java&#115;cript:alert(1))",
    # MathJax, in the browser, makes links and styles of these.
    r"$\href{javascript:alert(1)}{x}$",
    r"$$\url{javascript:alert(1)}$$",
    r"$\mmlToken{mi}[href='javascript:alert(1)']{x}$",
    r"&#36;&#92;href{javascript:alert(1)}{x}&#36;",
    r"&dollar;&bsol;href{javascript:alert(1)}{x}&dollar;",
    r"&#92;begin{equation}&#x5c;href{javascript:alert(1)}{x}&#92;end{equation}",
    r"$\let\x=\href \x{javascript:alert(1)}{x}$",
    r"$\newcommand{\x}{\href}\x{javascript:alert(1)}{x}$",
    r"$\def\x#1{\h#1}\x{ref}{javascript:alert(1)}{x}$",
    r"$\require{HTML}\class{a}{\cssId{b}{\style{position:fixed}{x}}}$",
    r"$\bbox[position:fixed;top:0;background:red]{x}$",
    "$\\text{$\\href%\n{javascript:alert(1)}{x}$}$",
    r"\\(\href{javascript:alert(1)}{x}\\)",
]
# Those that were tried in a browser, with MathJax as nbgrader loads it but for its option "Safe".
TEX = re.compile(
    r"\\(href|url|mmlToken|class|cssId|style|bbox|unicode|require|def|let|(re)?newcommand)"
    r"(?![A-Za-z])"
)
ALLOWED = {
    "class": lambda value: True,
    "id": lambda value: True,
    "style": lambda value: value.startswith("text-align:"),
    "href": lambda value: value.startswith("#"),
    "src": lambda value: value == f"data:image/png;base64,{PNG}",
    "alt": lambda value: True,
    "title": lambda value: True,
    "start": lambda value: value.isdigit(),
    "type": lambda value: value == "checkbox",
    "checked": lambda value: True,
    "disabled": lambda value: True,
}
TAGS = {
    *("a", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "hr", "img", "input"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "span", "strong", "ul"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}


class Seen(HTMLParser):
    """Collects what a browser would take for more than text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.pictures = 0
        self.text = ""
        self.code = 0
        self.feed(page)
        self.close()
        self.wrong += [found[0] for found in TEX.finditer(self.text)]

    def handle_starttag(self, tag, attributes):
        self.pictures += tag == "img"
        self.code += tag in ("pre", "code")
        self.text += "\n"
        if tag not in TAGS or (tag == "pre" and ("class", "mermaid") in attributes):
            self.wrong.append(tag)
        for name, value in attributes:
            if name not in ALLOWED or not ALLOWED[name](value or ""):
                self.wrong.append(f"{name}={value}")

    def handle_endtag(self, tag):
        self.code -= tag in ("pre", "code")
        self.text += "\n"

    def handle_data(self, data):
        self.text += "" if self.code else data  # MathJax leaves code alone

    def handle_comment(self, data):
        self.wrong.append(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


def rendered(source: str) -> Seen:
    """Return what nbconvert makes of a student's cell that carries one picture."""
    cell = new_markdown_cell(source)
    cell["attachments"] = {"plot.png": {"image/png": PNG}, "x.svg": {"image/svg+xml": "<svg/>"}}
    (clean,) = harmless_cells([cell], [])
    renderer = IPythonRenderer(escape=False, attachments=clean.get("attachments", {}))
    return Seen(MarkdownWithMath(renderer=renderer).render(clean.source))


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_but_text_is_left(source):
    assert rendered(source).wrong == []


@given(st.lists(st.sampled_from([*HOSTILE, *"<>[]()!`~:\\\"'&\n $-#|x", "  ", "](", "]:", "```"])))
@settings(max_examples=150)
def test_nothing_but_text_is_left_of_any_mixture(parts):
    assert rendered("".join(parts)).wrong == []


def test_the_renderer_would_have_shown_it():
    """The checks above can fail."""
    renderer = IPythonRenderer(escape=False, attachments={"plot.png": {"image/png": PNG}})
    seen = [
        Seen(MarkdownWithMath(renderer=renderer).render(source)).wrong
        for source in HOSTILE
        if "attachment:missing" not in source
    ]
    assert sum(map(bool, seen)) > len(seen) / 2


@pytest.mark.parametrize(
    "text",
    [
        "No: $L_F$ ends at $0.25 < 0.43$, and **a < b**.\n\n- one\n- two\n",
        "| run | MRR |\n| --- | --- |\n| shared | 0.05 |",
        "```python\nx = a[0]\n```\n\n```\nplain\n```",
        "$$\\frac{a}{b} \\le \\lambda_F$$",
        "$$\\begin{aligned} a &= b \\\\ &\\le \\text{MRR} & c \\end{aligned}$$",
        "From the data: R & D, at 3:45, `a & b`",
    ],
)
def test_what_an_answer_needs_stays_as_it_is(text):
    assert harmless_text(text) == text


def test_pictures_that_the_notebook_carries_are_shown():
    assert rendered("See ![my plot](attachment:plot.png) here").pictures == 1


def test_of_outputs_only_plain_text_and_png_are_left():
    outputs = [
        new_output("display_data", {"text/html": "<script>", "text/plain": "a table"}),
        new_output("display_data", {"image/png": PNG}, metadata={"image/png": {"width": '1"x="'}}),
        new_output("display_data", {"image/png": base64.b64encode(b"<svg>").decode()}),
        new_output("display_data", {"image/svg+xml": "<svg onload='alert(1)'>"}),
        new_output("display_data", {"application/javascript": "alert(1)"}),
        new_output("stream", name="stderr", text="warned\x1b[31m"),
        new_output("error", ename="ValueError", evalue="wrong", traceback=["..."]),
    ]
    cell = new_code_cell("plot()", outputs=outputs, metadata={"magics_language": "<b>"})
    (clean,) = harmless_cells([cell], [])
    assert clean.metadata == {}
    assert [(o.output_type, o.get("text") or o.data) for o in clean.outputs] == [
        ("stream", "a table\n"),
        ("display_data", {"image/png": PNG}),
        ("stream", "warned[31m\n"),
        ("stream", "ValueError: wrong\n"),
    ]
    assert all(not output.get("metadata") for output in clean.outputs)


def test_cells_that_students_were_given_keep_their_links():
    text = "[Harper and Konstan](https://doi.org/10.1145/2827872)"
    (clean,) = harmless_cells([new_markdown_cell(text)], [new_markdown_cell(text)])
    assert clean.source == text


def test_raw_cells_become_text_and_sizes_are_bounded():
    raw = from_dict({"cell_type": "raw", "metadata": {}, "source": "<script>", "id": "raw"})
    long = new_code_cell("x" * (MAX_TEXT + 5))
    clean = harmless_cells([raw, long, *[new_markdown_cell("x")] * MAX_CELLS], [])
    assert (clean[0].cell_type, clean[0].source) == ("markdown", "< script>")
    assert clean[1].source == "x" * MAX_TEXT + "\n[...]"
    assert len(clean) == MAX_CELLS + 1 and "left out" in clean[-1].source


def test_no_notebook_has_more_markdown_than_can_be_rendered_in_a_minute():
    clean = harmless_cells([new_markdown_cell("y" * 90_000)] * 9, [])
    assert sum(len(cell.source) for cell in clean) < 61_000
