"""The engine has the name of nothing that a particular assignment is about."""

import re
import subprocess
import sys
from pathlib import Path

from grader.contents import CONTENTS
from grader.engine.grader import Grader
from grader.public_tests.example import SEPARATE, SHARED
from tests.course import ASSIGNMENT

PROJECT = Path(__file__).parents[2]
ENGINE = sorted((PROJECT / "grader" / "engine").rglob("*.py"))
ASKED_FOR = {PROJECT / question.file for question in ASSIGNMENT.coding}


def names() -> set[str]:
    """Return names that this assignment has, and that no other one needs to have."""
    source = "\n".join(path.read_text() for path in ASKED_FOR)
    functions = {name for name in re.findall(r"def ([a-z]\w+)", source) if "_" in name}
    quoted = {f'"{name}"' for name in (*SHARED, "A", "B", *CONTENTS.parts)}
    return {
        *(question.id for question in ASSIGNMENT.questions),
        *(question.title for question in ASSIGNMENT.questions),
        *(test.id for test in ASSIGNMENT.tests),
        *(path.name for path in ASKED_FOR),
        *re.findall(r"^class (\w+)", source, re.M),
        *functions - {"reset_parameters"},
        *quoted,
        *SEPARATE,
        *("mlp_layers", "embedding", "embedding_sharing", "embedding_dim"),
        *("movie", "movies", "rating", "ratings", "rank", "ranks", "loss"),
    }


def found_in(text: str) -> set[str]:
    return {n for n in names() if re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", text)}


def test_no_file_of_the_engine_has_a_name_of_this_assignment() -> None:
    found = {path.relative_to(PROJECT).as_posix(): found_in(path.read_text()) for path in ENGINE}
    assert {path: names for path, names in found.items() if names} == {}


def test_the_names_that_are_searched_for_stand_in_the_contents() -> None:
    contents = (PROJECT / "grader").glob("*.py"), (PROJECT / "grader").glob("*_tests/*.py")
    text = "\n".join(path.read_text() for paths in contents for path in paths)
    assert len(found_in(text)) > 0.7 * len(names())


def test_the_engine_uses_torch_only_where_it_is_imported_already() -> None:
    """As long as an assignment uses it."""
    for path in ENGINE:
        assert not re.search(r"^(from|import) torch", path.read_text(), re.M), path


def test_workers_import_what_the_contents_name(grader: Grader) -> None:
    assert grader.server._setup.preload == CONTENTS.preload


def test_a_process_that_leaves_the_calls_to_workers_imports_no_torch() -> None:
    program = (
        "import sys\n"
        "from grader.contents import CONTENTS\n"
        "from grader.engine.grader import Grader\n"
        "assert Grader(CONTENTS).tests and CONTENTS.adapter\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True)
