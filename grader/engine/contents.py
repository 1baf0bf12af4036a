"""What the engine asks of an assignment; ``grader/contents.py`` answers.

The command line imports this for its help: what takes long to import is imported when needed.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from grader.engine.assignment import slip_in
from problem_set.assignment import AssignmentError

if TYPE_CHECKING:
    from grader.engine.check import Check, Mark
    from grader.engine.composition import Composition


class Test(Protocol):
    """A test, marked by ``check``; its docstring is the sentence that a student reads."""

    mark: "Mark"

    def __call__(self, check: "Check") -> None: ...


@dataclass(frozen=True)
class Contents:
    """An assignment: where its tests are, and the facts that general code asks for.

    Attributes
    ----------
    package : str
        The package whose folders ``public_tests``, ``hidden_tests`` and ``misconceptions`` hold
        them, with ``adapter.py`` beside them.
    folder : Path
        That package's folder.
    parts : mapping
        From a part that ``adapter.py`` can take from the reference to the questions or tests that
        find it wrong.
    preload : tuple of str
        Modules that a worker imports before any submission.
    assignment : Path, optional
        The ``assignment.toml``; default that of the problem set.
    preload_if_named : mapping
        From a word to modules that are imported before a submission that has it in a file.
    """

    package: str
    folder: Path
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    preload: tuple[str, ...] = ()
    assignment: Path | None = None
    preload_if_named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def adapter(self) -> ModuleType:
        return importlib.import_module(f"{self.package}.adapter")

    @property
    def hidden_tests(self) -> Path:
        return self.folder / "hidden_tests"

    @property
    def has_hidden_tests(self) -> bool:
        return any(self.hidden_tests.glob("test_*.py"))

    def tests(self) -> dict[str, Test]:
        """Import every test file that is here; return the tests by id, public ones first.

        Raises
        ------
        AssignmentError
            If a file cannot be imported, or an id comes twice.
        """
        from grader.engine.check import Mark

        found: dict[str, Test] = {}
        for folder in ("public_tests", "hidden_tests"):
            for path in sorted((self.folder / folder).glob("test_*.py")):
                try:
                    module = importlib.import_module(f"{self.package}.{folder}.{path.stem}")
                except Exception as error:
                    raise slip_in(path, error) from error
                for value in vars(module).values():
                    if isinstance(getattr(value, "mark", None), Mark):
                        id_ = value.mark.id
                        if found.setdefault(id_, value) is not value:
                            raise AssignmentError(
                                f"{folder}/{path.name}: {id_} is the id of two tests."
                            )
        return found

    def examples(self) -> Mapping[str, Any]:
        """Return each question's small inputs, the smallest first; none in a copy without them."""
        if not (self.folder / "counterexamples.py").is_file():
            return {}
        return importlib.import_module(f"{self.package}.counterexamples").EXAMPLES

    def right(self) -> "Composition":
        """Return the right submission that the catalogue's mistakes vary."""
        return importlib.import_module(f"{self.package}.misconceptions.catalogue").right()

    def catalogue(self) -> Mapping[str, Any]:
        """Return the misconceptions by id; none in a copy that comes without them."""
        if not (self.folder / "misconceptions").is_dir():
            return {}
        return importlib.import_module(f"{self.package}.misconceptions.catalogue").read_catalogue()
