"""The pages about the course as a whole, and their numbers: what it understood, who is alike."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.cohort.page import anonymous_code, write_cohort_page
from grader.cohort.records import code_of, read_record
from grader.cohort.similarity import (
    Similarity,
    Work,
    handed_out_files,
    pairs_table,
    similarity_of,
)
from grader.cohort.similarity_page import write_similarity_page
from grader.cohort.statistics import (
    items_table,
    mistakes_table,
    statistics_of,
    unexplained_table,
)
from grader.engine.tree import IntakeError
from problem_set.io import write_atomic
from problem_set.project import find_project

MANY = 300  # submissions, whose comparison takes more than a second or two


@dataclass(frozen=True)
class CoursePages:
    """Writes the pages from the records of everybody.

    Attributes
    ----------
    out : Path
        Where the records are, and the pages go.
    files : tuple of str
        The names of the files that the assignment asks for.
    say : callable
        Is given sentences for who waits.
    """

    out: Path
    files: tuple[str, ...]
    say: Callable[[str], None]

    def write_cohort(self, everybody: list[dict[str, Any]]) -> None:
        """Write what the course as a whole has understood."""
        kept = (read_record(self.out, record["submission"]) for record in everybody)
        cohort = statistics_of(record for record in kept if record)
        tables = {
            "cohort.html": write_cohort_page(cohort, self._example),
            "statistics/items.csv": items_table(cohort),
            "statistics/mistakes.csv": mistakes_table(cohort),
            "statistics/unexplained.csv": unexplained_table(cohort),
        }
        for name, table in tables.items():
            write_atomic(self.out / name, table)

    def _example(self, name: str, question: str) -> str:
        return anonymous_code(self._code(name), question)

    def write_similarity(self, records: list[dict[str, Any]]) -> None:
        """Write which submissions are alike, and say so if some are."""
        found, out = self._similarity(records), self.out
        write_atomic(out / "similarity.html", self._similarity_page(found))
        write_atomic(out / "statistics" / "similarity.csv", pairs_table(found))
        if found.pairs or found.identical:
            self.say(f"{_pairs_to_read(found)}: {out / 'similarity.html'}")

    def _similarity(self, records: list[dict[str, Any]]) -> Similarity:
        """Compare everybody's code with everybody's."""
        of_code: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            if record["code"]:
                of_code.setdefault(record["code"], []).append(record)
        if len(of_code) >= MANY:
            self.say(f"Comparing {len(of_code)} submissions with each other")

        def works() -> Iterator[Work]:
            for same in of_code.values():
                names = tuple(record["submission"] for record in same)
                ids = same[0]["misconceptions"].values()
                together = len({(record["folder"], record["upload"]) for record in same}) == 1
                yield Work(names, self._code(names[0]), frozenset().union(*ids), together)

        return similarity_of(works(), handed_out_files(find_project()))

    def _similarity_page(self, similarity: Similarity) -> str:
        def person(name: str) -> str:
            record = read_record(self.out, name)
            known = record["person"]["name"] if record else ""
            return f"{known} ({name})" if known not in ("", name) else name

        def diagnosis(name: str, id_: str) -> str:
            record = read_record(self.out, name) or {"questions": ()}
            tests = (test for question in record["questions"] for test in question["tests"])
            hints = (hint for test in tests for hint in test["hints"])
            return next((hint["diagnosis"] for hint in hints if hint["id"] == id_), id_)

        return write_similarity_page(
            similarity, handed_out_files(find_project()), self._code, person, diagnosis
        )

    def _code(self, name: str) -> Mapping[str, bytes]:
        """Return the files that were graded under a name; none if what was kept is damaged."""
        record = read_record(self.out, name)
        try:
            return code_of(self.out, record, self.files) if record else {}
        except IntakeError:
            return {}


def _pairs_to_read(similarity: Similarity) -> str:
    count = len(similarity.pairs)
    said = [f"{count} pair{'s' if count > 1 else ''} to look at"] if count else []
    if same := len(similarity.identical):
        said.append(f"the same files {'from several' if same == 1 else f'{same} times'}")
    text = ", ".join(said)
    return text[0].upper() + text[1:]
