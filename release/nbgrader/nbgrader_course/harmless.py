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
from collections.abc import Collection, Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

MAX_TEXT = 100_000  # characters of one cell or one output
MAX_MARKDOWN = 20_000  # characters of one text cell; nbconvert takes seconds for some of that size
MAX_MARKDOWNS = 60_000  # characters of all text cells of a notebook
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
# A space makes text of what would start a tag, an address that becomes a link by itself, an entity
# (by which all of these can be written, too), or one of those TeX commands; it does not change
# other mathematics. The last one takes the language off a block of code unless it is Python: as
# "mermaid", the block would be passed through as a diagram.
BREAKS = (
    (re.compile(r"<(?=[A-Za-z/!?])"), "< "),
    (re.compile(r":(?=//)"), ": "),
    (re.compile(r"&(?=[A-Za-z#])"), "& "),
    (re.compile(rf"\\(?=(?:{TEX_COMMANDS})(?![A-Za-z]))"), r"\\ "),
    (
        re.compile(r"(?:(?<!`)`{3,}(?!`)|(?<!~)~{3,}(?!~))[ \t]*(?!(?:python)?$|\s)", re.M),
        r"\g<0>\n",
    ),
)
# A picture that the notebook carries, or what else would be a link or the definition of one.
LINK = re.compile(
    r"(?<!\\)!\[[\w .,:;-]*\]\(attachment:([\w.-]+)\)|\](?=[(\[:])",
    re.ASCII,
)


def harmless_cells(
    cells: Sequence[NotebookNode], given: Sequence[NotebookNode]
) -> list[NotebookNode]:
    """Return a notebook's cells without their metadata, and without what could do harm.

    Parameters
    ----------
    cells : sequence of NotebookNode
        Valid by the format's schema; nothing else is known of them.
    given : sequence of NotebookNode
        The cells that students were given; one that says the same stays as it was.
    """
    known = {cell.source for cell in given if cell.cell_type == "markdown"}
    left = MAX_MARKDOWNS
    cleaned = []
    for cell in cells[:MAX_CELLS]:
        if cell.cell_type == "code":
            outputs = harmless_outputs(cell.outputs)
            clean = new_code_cell(bounded_text(cell.source), outputs=outputs)
        elif cell.cell_type == "markdown" and cell.source in known:
            clean = new_markdown_cell(cell.source)
        else:
            clean = harmless_markdown(cell, min(MAX_MARKDOWN, left))
            left = max(0, left - len(clean.source))
        cleaned.append(clean)
    if len(cells) > MAX_CELLS:
        cleaned.append(new_markdown_cell(f"*Cells after the {MAX_CELLS}th are left out.*"))
    for number, cell in enumerate(cleaned):
        cell.id = f"cell-{number}"  # not by chance, as nbformat's own
    return cleaned


def harmless_markdown(cell: NotebookNode, limit: int = MAX_MARKDOWN) -> NotebookNode:
    """Return a Markdown cell that renders to nothing but text, mathematics and own pictures."""
    pictures = {
        name: {kind: data}
        for name, bundle in cell.get("attachments", {}).items()
        for kind in SIGNATURES
        if (data := picture(kind, bundle.get(kind)))
    }
    clean = new_markdown_cell(harmless_text(bounded_text(cell.source, limit), pictures))
    if pictures:
        clean.attachments = pictures
    return clean


def harmless_text(text: str, pictures: Collection[str] = ()) -> str:
    """Return Markdown in which no HTML, link, diagram or picture but these is left."""
    text = LINK.sub(lambda m: m[0] if m[1] in pictures else m[0].replace("]", "] "), text)
    for pattern, replacement in BREAKS:
        text = pattern.sub(replacement, text)
    return text


def harmless_outputs(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Return PNG pictures and plain text of a cell's outputs, and nothing else."""
    cleaned = []
    for output in outputs[:MAX_OUTPUTS]:
        data = output.get("data", {})
        text = output.get("text", data.get("text/plain"))
        if output.output_type == "error":
            text = f"{output.ename}: {output.evalue}"
        if png := picture("image/png", data.get("image/png")):
            cleaned.append(new_output("display_data", {"image/png": png}))
        elif text := bounded_text(text):
            cleaned.append(new_output("stream", name="stdout", text=text.rstrip("\n") + "\n"))
    return cleaned


def picture(kind: str, data: object) -> str | None:
    """Return a picture as base64, or None if it is none."""
    try:
        decoded = base64.b64decode("".join(str(data).split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(decoded).decode() if decoded.startswith(SIGNATURES[kind]) else None


def bounded_text(text: object, limit: int = MAX_TEXT) -> str:
    """Return printable text of bounded length that can be written as UTF-8."""
    if not isinstance(text, str):
        return ""
    cut = text[:limit] + ("\n[...]" if len(text) > limit else "")
    printable = "".join(c for c in cut if c in "\n\t" or c.isprintable())
    return printable.encode("utf-8", errors="replace").decode("utf-8")
