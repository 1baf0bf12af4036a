"""nbgrader's commands, each in a process of its own, forked from one that has imported nbgrader.

The import takes longer than most of the commands do.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path


class Commands:
    """A context manager: a process from which each command is forked."""

    def __enter__(self) -> "Commands":
        self._scratch = tempfile.TemporaryDirectory(prefix="nbgrader-")
        # By its path: of this project, a command sees the course's own grading/ alone.
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.communicate()
        self._scratch.cleanup()

    def run(
        self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """Return the exit code of ``nbgrader ARGUMENTS``, given in a folder, and what it said."""
        output = Path(self._scratch.name) / "said"
        asked = (arguments, str(folder), dict(environment), str(output))
        assert self._server.stdin and self._server.stdout
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        said = output.read_text()
        output.unlink()
        return code, said


def serve() -> None:
    """Run the commands that standard input asks for, and print the exit code of each."""
    from nbgrader.apps.nbgraderapp import main

    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(*json.loads(line))
            main()
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    """Make of this process what ``python -m nbgrader ARGUMENTS >OUTPUT`` starts."""
    said = os.open(output, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[0] = folder
    sys.argv = ["nbgrader", *arguments]


if __name__ == "__main__":
    serve()
