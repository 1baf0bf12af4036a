"""Which variant of its inputs a hidden test uses for one submission.

A hidden input that one grading learned is of no use in the next one: the same files get the same
inputs, changed files others. The choice has to be secret, so that nobody can tune a file until it
gets inputs that are known. It is as secret as the hidden tests, which are its key.
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.engine.digests import digest_of

VARIANTS = 16


@dataclass(frozen=True)
class Variants:
    """The variants that one submission gets.

    Parameters
    ----------
    key : bytes
        What nobody but the course's staff knows.
    digest : bytes
        Of the submission.
    """

    key: bytes
    digest: bytes

    def of(self, question: str) -> int:
        """Return the variant of all tests of a question, from 0 to ``VARIANTS - 1``.

        Tests of one question share it: they ask for the same things, which then run once, and
        are explained together.
        """
        chosen = hmac.digest(self.key, self.digest + question.encode(), "sha256")
        return chosen[0] % VARIANTS


def variants_for(files: Mapping[str, bytes], tests: Path) -> Variants:
    """Return the variants for a submission's files.

    Every byte counts, comments too: a submission can read its own comments, so two submissions
    with other comments and the same inputs could hold what is known of these.
    """
    return Variants(digest_of(dict(_files_in(tests))), digest_of(files))


def _files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what stands in a folder, but for what Python and the system put there."""
    for path in folder.glob("[!.]*"):
        if path.is_file():
            yield path.name, path.read_bytes()
