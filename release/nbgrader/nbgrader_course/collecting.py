"""``nbgrader collect``, for an exchange folder that its students can write to.

nbgrader copies what is there, with the instructor's rights: a symbolic link to the gradebook
becomes the gradebook, one oversized or odd submission ends the collecting of all, and one without
its secret ends the release of everyone's feedback.
"""

import secrets
import tempfile
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from grader.engine.plain_files import NotPlainError, read_plain_file

from .copying import copy_plain_files


class CollectPlainFiles(ExchangeCollect):
    """Collect a submission's plain files, within the limits, and say what was left out."""

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        limits = self.coursedir.max_file_size * 1000, self.coursedir.max_dir_size * 1000
        with tempfile.TemporaryDirectory(prefix="collect-") as scratch:
            plain = Path(scratch, "submission")
            for sentence in copy_plain_files(Path(src), plain, self.coursedir.ignore, *limits):
                self.log.warning("Left out of %s: %s", dest, sentence)
            self._write_own_files(plain, Path(src))
            super().do_copy(str(plain), dest)

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
