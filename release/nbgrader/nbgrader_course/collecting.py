"""``nbgrader collect``, for an exchange folder that its students can write to.

nbgrader copies what is there, with the instructor's rights: a symbolic link to the gradebook
becomes the gradebook, one oversized or odd submission ends the collecting of all, and one without
its secret ends the release of all feedback.
"""

import fnmatch
import os
import secrets
import stat
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from grader.engine.plain_files import NotPlainError, read_plain_file
from problem_set.assignment import read_assignment

MAX_DEPTH = 12
MAX_ENTRIES = 5_000  # files and folders; what students get is some two hundred


class CollectPlainFiles(ExchangeCollect):
    """Collect a submission's plain files, within the limits, and say what was left out."""

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        limits = self.coursedir.max_file_size * 1000, self.coursedir.max_dir_size * 1000
        with tempfile.TemporaryDirectory(prefix="collect-") as scratch:
            plain = Path(scratch, "submission")
            ignored = self.coursedir.ignore
            for sentence in copy_plain_files(Path(src), plain, ignored, *limits, self._given()):
                self.log.warning("Left out of %s: %s", dest, sentence)
            self._write_own_files(plain, Path(src))
            super().do_copy(str(plain), dest)

    def _given(self) -> set[str]:
        """Return the folders that every student was given and nobody writes into."""
        asked = {PurePath(question.file).parts[0] for question in read_assignment().coding}
        names = self.coursedir.assignment_id
        source = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", names))
        folders = source.iterdir() if source.is_dir() else ()
        return {path.name for path in folders if path.is_dir()} - asked

    def _write_own_files(self, plain: Path, source: Path) -> None:
        """Write the two files that nbgrader relies on: the time, and the feedback's secret."""
        timestamp = source.name.rsplit("+", 3)[2]
        (plain / "timestamp.txt").write_text(timestamp, encoding="utf-8")
        secret = plain / "submission_secret.txt"
        try:
            usable = len(read_plain_file(secret, 4096).decode("ascii")) >= 32
        except (NotPlainError, UnicodeDecodeError):
            usable = False
        if not usable:
            secret.write_text(secrets.token_hex(64), encoding="ascii")


def copy_plain_files(
    source: Path,
    destination: Path,
    ignored: Sequence[str],
    file_limit: int,
    total_limit: int,
    given: Collection[str] = (),
) -> list[str]:
    """Copy the plain files of a folder that someone else may still be changing.

    Parameters
    ----------
    ignored : sequence of str
        Patterns of names that are left out without a word.
    file_limit, total_limit : int
        Bytes of one file, and of all together.
    given : collection of str
        Folders of the outermost level that are left out without a word: they come from the course.

    Returns
    -------
    list of str
        A sentence for each thing that was left out.
    """
    left_out: list[str] = []
    left, entries = total_limit, 0

    def kept(names: list[str]) -> list[str]:
        return [n for n in sorted(names) if not any(fnmatch.fnmatch(n, p) for p in ignored)]

    for root, folders, files, descriptor in os.fwalk(source, follow_symlinks=False):
        place = Path(root).relative_to(source)
        if not place.parts:
            folders[:] = [name for name in folders if name not in given]
        entries += len(folders) + len(files)
        if entries > MAX_ENTRIES:
            what = f"More than {MAX_ENTRIES:,} files and folders were handed in."
            return [*left_out, f"{_shown(place)} and what comes after it: {what}"]
        wrong = [n for n in kept(folders) if _no_folder(n, descriptor) or n.endswith(".ipynb")]
        left_out += [f"{_shown(place / name)}: This is no ordinary folder." for name in wrong]
        deep = len(place.parts) >= MAX_DEPTH
        folders[:] = [] if deep else [name for name in kept(folders) if name not in wrong]
        (destination / place).mkdir(parents=True, exist_ok=True)
        for name in kept(files):
            try:
                content = read_plain_file(name, min(file_limit, left), descriptor)
            except NotPlainError as error:
                left_out.append(f"{_shown(place / name)}: This {error}.")
            else:
                (destination / place / name).write_bytes(content)
                left -= len(content)
    return left_out


def _no_folder(name: str, folder: int) -> bool:
    """Return whether a folder's name has become a link, or is gone."""
    try:
        return not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return True


def _shown(path: Path) -> str:
    """Return a name that can be written to any log."""
    return ascii(path.as_posix())[1:-1][:200]
