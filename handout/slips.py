r"""Find the usual slips of LaTeX in an answer: ``%``, ``_``, ``$``, ``&``, ``#`` and braces.

LaTeX reports many of them lines later, in another file, or (a ``%`` that hides the rest of a line)
not at all. This scan reads the answer as its author does and says where the slip is and what to
write instead. It knows enough of LaTeX to skip comments, ``\verb``, labels and URLs, and no more:
what it finds is shown when LaTeX fails, and only the hidden text otherwise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

HINTS = {
    "percent": "% starts a comment: LaTeX does not see the rest of this line, `{rest}`. "
    r"For the sign write \%.",
    "subscript": "{what} is for {use}, in math only. Put the formula between dollars, as in "
    r"$\lambda_F$ or $10^{{-3}}$; for the character itself write {character}.",
    "dollar": "Math starts at this $ and its paragraph ends before another $ closes it. Put a $ "
    r"on both sides of the formula; for the sign write \$.",
    "display": r"The formula from this \{name} on has a blank line in it, or is never closed. "
    "Take the blank line out, or write {closing} where the formula ends.",
    "ampersand": r"& separates the columns of a table. For the sign write \&.",
    "hash": r"# has a meaning of its own in LaTeX. For the sign write \#.",
    "encoding": "This character is not UTF-8. Save the file as UTF-8, or type the character anew.",
    "unclosed": "This {{ is never closed. Put the }} where the argument ends.",
    "unopened": "This }} closes nothing: no {{ is open here. Take it out, or add the {{ that it "
    "belongs to.",
    "environment": r"\begin{{{name}}} is never closed. Add \end{{{name}}} where it ends.",
    "end": r"\end{{{name}}} has no \begin{{{name}}} before it{instead}.",
}
MATH = {"equation", "align", "gather", "multline", "math", "displaymath", "eqnarray"}
TABLES = {"tabular", "tabularx", "array", "align", "aligned", "matrix", "pmatrix", "bmatrix"}
TABLES |= {"cases", "eqnarray", "longtable", "split"}
# Commands whose arguments are names, not text.
NAMES = {"ref", "eqref", "pageref", "label", "cite", "citet", "citep", "url", "href", "input"}
NAMES |= {"includegraphics", "result", "resultreach", "resultdata", "hyperref", "usepackage"}


@dataclass(frozen=True)
class Slip:
    """A slip at a line of an answer, from 1, and a column, from 0; ``hint`` teaches the fix."""

    line: int
    column: int
    kind: str
    hint: str
    breaks: bool = True  # whether LaTeX stops at it; a hidden half of a line can go unnoticed


def find_slips(text: str) -> list[Slip]:
    """Return the slips of an answer in the order of its lines."""
    scan = Scan(text)
    scan.run()
    hidden = {slip.line for slip in scan.slips if slip.kind == "percent" and slip.breaks}
    # What a % hides may be the brace or the dollar that is missing: name the cause only.
    slips = [s for s in scan.slips if s.line not in hidden or s.kind not in ("unclosed", "dollar")]
    return sorted(slips, key=lambda slip: (slip.line, slip.column))


class Scan:
    """One pass over an answer, with what is open at the place that it has come to."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.slips: list[Slip] = []
        self.braces: list[tuple[int, int]] = []
        self.environments: list[tuple[str, int, int]] = []
        self.dollar: tuple[int, int] | None = None  # where inline math was opened
        self.display: tuple[int, int, str] | None = None  # where \( or \[ was opened

    def run(self) -> None:
        for number, line in enumerate(self.lines, start=1):
            if not line.strip():
                self.close_paragraph()
            elif not line.lstrip().startswith("%"):
                self.scan_line(number, line)
        self.close_paragraph()
        for number, column in self.braces:
            self.add(number, column, "unclosed")
        for name, number, column in self.environments:
            self.add(number, column, "environment", name=name)

    def add(self, line: int, column: int, kind: str, **words: str) -> None:
        self.slips.append(Slip(line, column, kind, HINTS[kind].format(**words)))

    def close_paragraph(self) -> None:
        if self.dollar:
            self.add(*self.dollar, "dollar")
        if self.display:
            line, column, name = self.display
            self.add(line, column, "display", name=name, closing={"(": r"\)", "[": r"\]"}[name])
        self.dollar = self.display = None

    @property
    def in_math(self) -> bool:
        names = {name.rstrip("*") for name, _, _ in self.environments}
        return bool(self.dollar or self.display or names & MATH)

    def scan_line(self, number: int, line: str) -> None:
        column = 0
        while column < len(line):
            character = line[column]
            if self.environments and self.environments[-1][0] in ("verbatim", "lstlisting"):
                column = self.skip_verbatim(line, column)
            elif character == "\\":
                column = self.command(number, line, column)
            elif character == "%":
                self.percent(number, line, column)
                return
            else:
                self.character(number, column, character)
                column += 1

    def skip_verbatim(self, line: str, column: int) -> int:
        end = line.find(rf"\end{{{self.environments[-1][0]}}}", column)
        if end < 0:
            return len(line)
        self.environments.pop()
        return line.index("}", end) + 1

    def percent(self, number: int, line: str, column: int) -> None:
        before, rest = line[:column].rstrip(), line[column + 1 :].strip()
        # A number before it: a percentage. Anything else may be a comment that was meant.
        if re.search(r"[\d$}]$", before) and rest:
            breaks = rest.count("{") != rest.count("}") or rest.count("$") % 2 == 1
            hint = HINTS["percent"].format(rest=rest)
            self.slips.append(Slip(number, column, "percent", hint, breaks))

    def character(self, number: int, column: int, character: str) -> None:
        if character == "{":
            self.braces.append((number, column))
        elif character == "}":
            if self.braces:
                self.braces.pop()
            else:
                self.add(number, column, "unopened")
        elif character == "$":
            self.dollar = None if self.dollar else (number, column)
        elif character in "_^" and not self.in_math:
            use, sign = ("subscripts", r"\_") if character == "_" else ("powers", r"\^{}")
            self.add(number, column, "subscript", what=character, use=use, character=sign)
        elif character == "&" and not any(
            name.rstrip("*") in TABLES for name, _, _ in self.environments
        ):
            self.add(number, column, "ampersand")
        elif character == "#":
            self.add(number, column, "hash")
        elif character == "\N{REPLACEMENT CHARACTER}":
            self.add(number, column, "encoding")

    def command(self, number: int, line: str, column: int) -> int:
        """Scan the command at ``column`` and return the column after it."""
        match = re.compile(r"\\([A-Za-z]+\*?|.|$)").match(line, column)
        assert match, "a backslash is there"
        name, after = match.group(1), match.end()
        if name in ("(", "["):
            self.display = (number, column, name)
        elif name in (")", "]"):
            self.display = None
        elif name in ("verb", "verb*") and after < len(line):
            end = line.find(line[after], after + 1)
            return len(line) if end < 0 else end + 1
        elif name in ("begin", "end"):
            argument = re.compile(r"\s*\{([^}]*)\}").match(line, after)
            if argument:
                self.environment(name, argument.group(1), number, column)
                return argument.end()
        elif name.rstrip("*") in NAMES:
            return max((end for end in arguments(line, after)), default=after)
        elif name == "claim":
            return next(arguments(line, after), after)
        return after

    def environment(self, word: str, name: str, number: int, column: int) -> None:
        if word == "begin":
            self.environments.append((name, number, column))
        elif self.environments and self.environments[-1][0] == name:
            self.environments.pop()
        else:
            open_name = self.environments[-1][0] if self.environments else ""
            instead = rf"; \end{{{open_name}}} has to come first" if open_name else ""
            self.add(number, column, "end", name=name, instead=instead)


def arguments(line: str, start: int) -> Iterator[int]:
    """Yield the column after each of the arguments ``[...]`` and ``{...}`` that follow."""
    argument = re.compile(r"\[[^\]]*\]|\{[^{}]*\}")
    while match := argument.match(line, start):
        start = match.end()
        yield start
