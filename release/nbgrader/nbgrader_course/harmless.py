"""A student's cells as something that an instructor's browser can show without harm.

The formgrader and the feedback pages are HTML, made with an instructor's rights of whatever an
autograded notebook holds. nbconvert passes HTML in Markdown through, and links of any kind
(``javascript:`` too); MathJax makes links and styles of TeX. So, of what a student wrote, nothing
is left that could become HTML, a link or a picture from elsewhere; it is shown as text.
Mathematics, tables, lists and code stay as they are, and so do PNG and JPEG pictures that the
notebook itself carries.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

MAX_TEXT = 100_000  # characters of one cell or one output
MAX_MARKDOWN = 20_000  # characters of one text cell; nbconvert takes seconds for some of that size
MAX_MARKDOWNS = 60_000  # characters of all text cells of a notebook
MAX_PICTURE = 4 << 20  # bytes of one picture
MAX_PICTURES = 16 << 20  # bytes of all pictures of a notebook
MAX_CELLS = 400
MAX_OUTPUTS = 50  # of one cell

SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
# TeX commands of which MathJax makes a link, an attribute or a style, which load an extension that
# does, or which define others (in MathJax, for all of the page that follows).
TEX_COMMANDS = "|".join(
    (
        *("href", "url", "require", "style", "cssId", "class", "unicode", "mmlToken", "bbox"),
        *("def", "let", "newcommand", "renewcommand", "newenvironment", "renewenvironment"),
        *("DeclareMathOperator", "Newextarrow", "includegraphics"),
    )
)
# A space makes text of what would start a tag, a link, the definition of a link, an address that
# becomes a link by itself, an entity (by which all of these can be written, too), or one of those
# TeX commands; it does not change other mathematics. The last one takes the language off a block
# of code unless it is Python: as "mermaid", the block would be passed through as a diagram.
BREAKS = (
    (re.compile(r"<(?=[A-Za-z/!?])"), "< "),
    (re.compile(r"\](?=[(\[:])"), "] "),
    (re.compile(r":(?=//)"), ": "),
    (re.compile(r"&(?=[A-Za-z#])"), "& "),
    (re.compile(rf"\\(?=(?:{TEX_COMMANDS})(?![A-Za-z]))"), r"\\ "),
    (
        re.compile(r"(?:(?<!`)`{3,}(?!`)|(?<!~)~{3,}(?!~))[ \t]*(?!(?:python)?$|\s)", re.M),
        r"\g<0>\n",
    ),
)
PICTURE = re.compile(r"(?<!\\)!\[([\w .,:;-]*)\]\(attachment:([\w.-]+)\)", re.ASCII)


def harmless_cells(
    cells: Iterable[NotebookNode], given: Iterable[NotebookNode]
) -> list[NotebookNode]:
    """Return a notebook's cells without their metadata, and without what could do harm.

    Parameters
    ----------
    cells : iterable of NotebookNode
        Valid by the format's schema; nothing else is known of them.
    given : iterable of NotebookNode
        The cells that students were given; one that says the same stays as it was.
    """
    known = {(cell.cell_type, cell.source) for cell in given}
    budget = Budget()
    cleaned = []
    for number, cell in enumerate(cells):
        if number == MAX_CELLS:
            text = f"*Cells after the {MAX_CELLS}th are left out.*"
            cleaned.append(new_markdown_cell(text, id="left-out"))
            break
        name = f"cell-{number}"
        source = bounded_text(cell.source)
        if cell.cell_type == "code":
            outputs = harmless_outputs(cell.outputs, budget)
            cleaned.append(new_code_cell(source, outputs=outputs, id=name))
        elif cell.cell_type == "markdown" and (cell.cell_type, cell.source) in known:
            cleaned.append(new_markdown_cell(source, id=name))
        else:
            cleaned.append(harmless_markdown(cell, budget, name))
    return cleaned


class Budget:
    """What a notebook may still have of pictures, in bytes, and of Markdown, in characters."""

    def __init__(self) -> None:
        self.pictures = MAX_PICTURES
        self.markdown = MAX_MARKDOWNS

    def text(self, source: object) -> str:
        """Return a text cell's source, cut where there is too much of it."""
        text = bounded_text(source, min(MAX_MARKDOWN, self.markdown))
        self.markdown = max(0, self.markdown - len(text))
        return text

    def picture(self, kind: str, data: object) -> str | None:
        """Return a picture as base64, or None if it is none, or too large."""
        if not isinstance(data, str) or len(data) > 2 * MAX_PICTURE:
            return None
        try:
            decoded = base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            return None
        fits = len(decoded) <= min(MAX_PICTURE, self.pictures)
        if not fits or not decoded.startswith(SIGNATURES[kind]):
            return None
        self.pictures -= len(decoded)
        return base64.b64encode(decoded).decode("ascii")


def harmless_markdown(cell: NotebookNode, budget: Budget, name: str) -> NotebookNode:
    """Return a Markdown cell that renders to nothing but text, mathematics and own pictures."""
    attachments = _pictures(cell.get("attachments", {}), budget)
    text = budget.text(cell.source)
    parts, end = [], 0
    for match in PICTURE.finditer(text):
        if match[2] in attachments:
            parts += [harmless_text(text[end : match.start()]), match[0]]
            end = match.end()
    cleaned = new_markdown_cell("".join([*parts, harmless_text(text[end:])]), id=name)
    if attachments:
        cleaned.attachments = attachments
    return cleaned


def harmless_text(text: str) -> str:
    """Return Markdown in which no HTML, link, picture or diagram is left."""
    for pattern, replacement in BREAKS:
        text = pattern.sub(replacement, text)
    return text


def _pictures(attachments: object, budget: Budget) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    if not isinstance(attachments, Mapping):
        return found
    for name, bundle in attachments.items():
        for kind in SIGNATURES:
            data = budget.picture(kind, bundle.get(kind)) if isinstance(bundle, Mapping) else None
            if data and name not in found:
                found[name] = {kind: data}
    return found


def harmless_outputs(outputs: Iterable[NotebookNode], budget: Budget) -> list[NotebookNode]:
    """Return PNG pictures and plain text of a cell's outputs, and nothing else."""
    cleaned = []
    for output in list(outputs)[:MAX_OUTPUTS]:
        data = output.get("data", {})
        picture = budget.picture("image/png", data.get("image/png"))
        if picture:
            cleaned.append(new_output("display_data", {"image/png": picture}))
        elif text := bounded_text(_text_of(output)):
            cleaned.append(new_output("stream", name="stdout", text=text.rstrip("\n") + "\n"))
    return cleaned


def _text_of(output: NotebookNode) -> object:
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return output.get("data", {}).get("text/plain", "")


def bounded_text(text: object, limit: int = MAX_TEXT) -> str:
    """Return printable text of bounded length that can be written as UTF-8."""
    if not isinstance(text, str):
        return ""
    cut = text[:limit] + ("\n[...]" if len(text) > limit else "")
    printable = "".join(c for c in cut if c in "\n\t" or c.isprintable())
    return printable.encode("utf-8", errors="replace").decode("utf-8")
