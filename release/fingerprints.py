"""Recognize a secret in whatever is left of it: text, syntax trees, compiled code, names.

Four kinds, because each survives what the others do not:

- passages: every run of letters and digits of a length, without anything between them. They stay
  the same in another indentation, line breaking, quoting or encoding, as a comment, and as text
  in a PDF; they are looked for backwards and in rot13, too;
- shapes of statements and expressions (``release/trees.py``). They stay the same when names,
  comments and layout change;
- code: a function's bytecode and the names that it looks up, as in a ``.pyc`` file;
- names: what the secrets define, for lists of them, and for compiled files of another Python.
"""

import ast
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import CodeType

from release.secrets import Secret
from release.trees import Shape, parse, shapes, sources

# Letters and digits in a row. Solutions and answers are short, and few; the other secrets are long
# and many, and share their vocabulary with what students get.
FINE, COARSE = 32, 40
# Sizes of shapes, likewise.
SMALL_STATEMENT, SMALL_EXPRESSION, LARGE_STATEMENT = 9, 9, 22
SHORTEST_CODE = 40  # bytes of a function's bytecode
SHORTEST_NAME = 10
NAMES_IN_A_LIST = 4
SHOWN = 60
NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
# Ways to write a passage letter by letter, each of which undoes itself.
WRITTEN: dict[str, Callable[[str], str]] = {
    "": lambda text: text,
    "backwards ": lambda text: text[::-1],
    "in rot13 ": lambda text: codecs.encode(text, "rot13"),
}


@dataclass(frozen=True)
class Match:
    """A secret that was recognized.

    Attributes
    ----------
    secret : Secret
    how : str
        To complete the sentence "holds the solution of 1c ...".
    """

    secret: Secret
    how: str


def squeeze(text: str) -> str:
    """Return the letters and digits of a text, in lower case, with nothing between them."""
    return NOT_A_LETTER.sub("", unicodedata.normalize("NFKC", text).lower())


def passages(squeezed: str, length: int) -> Iterator[str]:
    """Yield every run of ``length`` characters."""
    for start in range(len(squeezed) - length + 1):
        yield squeezed[start : start + length]


class Fingerprints:
    """The fingerprints of secrets, without those of what students are given.

    Parameters
    ----------
    secrets : list of Secret
    given : list of str
        Python files that students get with the solutions taken out: right and wrong submissions
        repeat what is given there. Solutions and answers are recognized all the same.
    allowed : list of str
        Passages that may stand in a release although a secret has them too.
    """

    def __init__(self, secrets: list[Secret], given: list[str], allowed: list[str]) -> None:
        self._passages: dict[int, dict[str, Secret]] = {FINE: {}, COARSE: {}}
        self._shapes: dict[str, Secret] = {}
        self._code: dict[tuple, Secret] = {}
        self._names: dict[str, Secret] = {}
        # A secret that others repeat is known by the name of the answer that it is.
        for secret in sorted(secrets, key=lambda secret: not secret.is_answer):
            self._learn(secret)
        answers = {secret for secret in secrets if secret.is_answer}
        for text in given:
            _forget(self._passages[COARSE], passages(squeeze(text), COARSE))
            _forget(self._names, re.findall(r"\w+", text))
            _forget(self._code, map(signature, code_objects(text)))
            _forget(self._shapes, [shape.text for shape in shapes(text)], answers)
        for line in allowed:
            _forget(self._shapes, [shape.text for shape in shapes(line)])
        self._allowed = [squeeze(line) for line in allowed]

    def _learn(self, secret: Secret) -> None:
        length = FINE if secret.is_answer else COARSE
        for text in secret.texts:
            for passage in passages(squeeze(text), length):
                self._passages[length].setdefault(passage, secret)
        if not secret.file.endswith(".py"):
            return
        for shape in shapes(secret.text, expressions=secret.is_answer):
            if _is_telling(shape, secret.is_answer):
                self._shapes.setdefault(shape.text, secret)
        for code in code_objects(secret.whole):
            if len(code.co_code) >= SHORTEST_CODE and (
                not secret.is_answer or _holds(code, secret)
            ):
                self._code.setdefault(signature(code), secret)
        for name in _defined(secret.text):
            self._names.setdefault(name, secret)

    def in_text(self, text: str) -> list[Match]:
        """Return the secrets that a text repeats a passage of, or lists names of."""
        found: dict[Secret, str] = {}
        squeezed = squeeze(text)
        for passage in self._allowed:
            squeezed = squeezed.replace(passage, "|")
        for way, write in WRITTEN.items():
            written = write(squeezed)
            for length, known in self._passages.items():
                for passage in passages(written, length):
                    if (secret := known.get(passage)) and secret not in found:
                        found[secret] = f"{way}({_original(text, write(passage))!r})"
        names = set(re.findall(rf"[A-Za-z_]\w{{{SHORTEST_NAME - 1},}}", text.replace("-", "_")))
        listed: dict[Secret, list[str]] = {}
        for name in sorted(names & self._names.keys()):
            listed.setdefault(self._names[name], []).append(name)
        for secret, own in listed.items():
            if len(own) >= NAMES_IN_A_LIST:
                found.setdefault(secret, f"in its names ({', '.join(own[:4])})")
        return [Match(secret, how) for secret, how in found.items()]

    def in_python(self, text: str) -> list[Match]:
        """Return the secrets that a text holds as code, be it with other names."""
        found: dict[Secret, str] = {}
        for source in sources(text):
            for shape in shapes(source):
                if secret := self._shapes.get(shape.text):
                    line = source.splitlines()[shape.line - 1].strip()
                    found.setdefault(secret, f"in other words ({line[:SHOWN]!r})")
        return [Match(secret, how) for secret, how in found.items()]

    def in_code(self, code: CodeType) -> list[Match]:
        """Return the secrets that compiled code holds."""
        return [
            Match(secret, f"in compiled code ({part.co_name})")
            for part in _with_nested(code)
            if (secret := self._code.get(signature(part)))
        ]


def _forget(known: dict, keys: Iterable, but: Iterable[Secret] = ()) -> None:
    for key in keys:
        if key in known and known[key] not in but:
            del known[key]


def _is_telling(shape: Shape, is_answer: bool) -> bool:
    if not is_answer:
        return shape.is_statement and shape.size >= LARGE_STATEMENT
    if not re.search(r"Attribute|Op\(|Compare", shape.text):
        return False  # a call of something with something
    return shape.size >= (SMALL_STATEMENT if shape.is_statement else SMALL_EXPRESSION)


def _original(text: str, passage: str) -> str:
    """Return the text that a passage was squeezed out of."""
    found = re.search(r"[^a-zA-Z0-9]*".join(passage), text, re.IGNORECASE)
    return " ".join(found[0].split()) if found else passage


def code_objects(text: str) -> list[CodeType]:
    """Return the code of a Python file and of its functions; none if it is not Python."""
    tree = parse(text)
    return list(_with_nested(compile(tree, "", "exec"))) if tree else []


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of what has a name, which comprehensions have not."""
    if not code.co_name.startswith("<"):
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested(constant)


def signature(code: CodeType) -> tuple:
    """Return what stays of a function when its variables, texts and file are other ones."""
    constants = [c for c in code.co_consts if not isinstance(c, (str, bytes, CodeType))]
    return code.co_code, code.co_names, repr(constants)


def _holds(code: CodeType, secret: Secret) -> bool:
    """Whether a function is, or is all around, the secret's lines."""
    if code.co_name == "<module>":
        return False
    before = secret.whole[: secret.whole.index(secret.text)].count("\n") + 1
    first, last = before, before + secret.text.count("\n")
    lines = [line for _, _, line in code.co_lines() if line]
    return any(first <= line < last for line in lines)


def _defined(text: str) -> set[str]:
    """Return the longer names of the functions and classes of a Python file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = [
        node for node in ast.walk(parse(text) or ast.Module([], [])) if isinstance(node, kinds)
    ]
    return {node.name for node in nodes if len(node.name) >= SHORTEST_NAME}
