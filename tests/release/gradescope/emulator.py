"""A machine of Gradescope's, after its public specification, for tests.

An autograder's zip is unpacked to ``/autograder/source``, ``run_autograder`` copied to
``/autograder``, ``setup.sh`` run. For each submission the files are in ``/autograder/submission``
and what is known of it in ``/autograder/submission_metadata.json``; ``/autograder/run_autograder``
runs as root, with ``/autograder`` as its working directory, for a limited time; its output goes to
``/autograder/results/stdout``, and ``/autograder/results/results.json`` is what counts.
(https://gradescope-autograders.readthedocs.io/en/latest/specs/)

The machine is this one in namespaces of its own: an overlay of its files, whose changes are in
memory, and ``/autograder``, which is a folder of the test's. Processes end with it, and nothing
is left.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import psutil

from tests.release.gradescope.results_schema import SCHEMA

MACHINE = Path(__file__).parent / "machine.sh"
PROJECT = Path(__file__).parents[3]
METADATA = {
    "id": 123456,
    "created_at": "2026-12-10T14:22:32.365935-08:00",
    "assignment": {
        "due_date": "2026-12-11T23:59:00.000000-08:00",
        "group_size": None,
        "group_submission": False,
        "id": 25828,
        "course_id": 1234,
        "late_due_date": None,
        "release_date": "2026-11-20T00:00:00.000000-08:00",
        "title": "Problem Set 1",
        "total_points": "20.0",
    },
    "submission_method": "upload",
    "users": [{"email": "ada@example.com", "id": 1234, "name": "Ada"}],
    "previous_submissions": [],
}


class RefusedError(Exception):
    """Gradescope would not take this: an autograder, or the results of one."""


@dataclass(frozen=True)
class Graded:
    """What Gradescope has after a submission.

    ``results`` is None where the autograder "failed to execute correctly", or gave no score:
    nobody has points then. ``written`` is what it left, all the same.
    """

    results: dict[str, Any] | None
    written: str
    stdout: str
    seconds: float
    in_time: bool


class Gradescope:
    """A context manager: one machine with one autograder, for one submission after another.

    Parameters
    ----------
    folder : Path
        Becomes ``/autograder``; removed at the end.
    archive : bytes
        The autograder's zip.
    environment : Path, optional
        A virtual environment that takes the place of the one that ``setup.sh`` would make.

    Raises
    ------
    RefusedError
        If the zip does not follow the specification.
    OSError
        If this machine does not let us have namespaces; says what it would take.
    """

    def __init__(self, folder: Path, archive: bytes, environment: Path | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        (folder / "system").mkdir()
        self.autograder = folder / "autograder"
        try:
            self._unpack(archive)
            self._machine, self._inside = self._start(environment)
        except BaseException:
            shutil.rmtree(folder)
            raise

    def __enter__(self) -> "Gradescope":
        return self

    def __exit__(self, *exception: object) -> None:
        self._machine.kill()
        self._machine.wait()
        self._machine.stdout.close()
        shutil.rmtree(self.folder)

    def build(self, variables: Mapping[str, str] | None = None) -> str:
        """Run ``setup.sh``, with these additions to the environment; return what it said.

        Raises
        ------
        RefusedError
            If it fails; the text is all that it said.
        """
        done = subprocess.run(
            self._command("bash", "/autograder/source/setup.sh"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env={**_environment(), **(variables or {})},
            check=False,
        )
        if done.returncode != 0:
            raise RefusedError(done.stdout)
        return done.stdout

    def submit(
        self,
        upload: Path,
        seconds: float = 600,
        variables: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Graded:
        """Grade one upload.

        Parameters
        ----------
        upload : Path
            A folder with what was uploaded, or a zip, which Gradescope unpacks.
        seconds : float
            The time limit of the assignment's settings.
        variables : mapping, optional
            Added to the environment, to insist on one kind of isolation.
        through : sequence of str
            A command that starts the autograder, to take privileges from it.
        metadata : mapping, optional
            What else Gradescope knows of the upload.
        """
        start = time.monotonic()
        with self.grading(upload, variables, through, metadata) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            in_time = process.poll() is not None
        return Graded(
            self.results(),
            (self.autograder / "results/results.json").read_text(),
            (self.autograder / "results/stdout").read_text(errors="replace"),
            time.monotonic() - start,
            in_time,
        )

    @contextlib.contextmanager
    def grading(
        self,
        upload: Path,
        variables: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Iterator[psutil.Popen]:
        """Start grading an upload; what is still running at the end is killed."""
        results, submission = self.autograder / "results", self.autograder / "submission"
        for folder in (results, submission):
            shutil.rmtree(folder, ignore_errors=True)
        results.mkdir()
        if upload.is_dir():
            shutil.copytree(upload, submission, symlinks=True)
        else:
            with zipfile.ZipFile(upload) as archive:
                archive.extractall(submission)
        known = json.dumps({**METADATA, **(metadata or {})})
        (self.autograder / "submission_metadata.json").write_text(known)
        with (results / "stdout").open("wb") as stdout:
            process = psutil.Popen(
                self._command(*through, "/autograder/run_autograder"),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**_environment(), **(variables or {})},
            )
        try:
            yield process
        finally:
            for each in reversed([process, *_children(process)]):
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            process.wait()

    def results(self) -> dict[str, Any] | None:
        """Return the results, if Gradescope would take them."""
        try:
            return read_results((self.autograder / "results/results.json").read_text())
        except (OSError, RefusedError):
            return None

    def _unpack(self, archive: bytes) -> None:
        source = self.autograder / "source"
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            names = opened.namelist()
            for name in ("setup.sh", "run_autograder"):
                if name not in names:
                    raise RefusedError(f"there is no {name} at the root of the zip")
                if b"\r\n" in opened.read(name):
                    raise RefusedError(f"{name} has Windows line endings")
            if not opened.getinfo("run_autograder").external_attr >> 16 & 0o100:
                raise RefusedError("run_autograder is not executable")
            opened.extractall(source)
        shutil.copyfile(source / "run_autograder", self.autograder / "run_autograder")
        (self.autograder / "run_autograder").chmod(0o755)
        self.autograder.chmod(0o755)

    def _start(self, environment: Path | None) -> tuple[psutil.Popen, int]:
        if not shutil.which("unshare") or not shutil.which("nsenter"):
            raise OSError("no machine can be started: it takes Linux, with util-linux installed")
        namespaces = ["--mount", "--pid", "--fork", "--kill-child"]
        if os.geteuid() != 0:
            namespaces += ["--user", "--map-root-user"]
        arguments = [str(self.folder), str(environment or ""), sys.base_prefix, str(PROJECT)]
        machine = psutil.Popen(
            ["unshare", *namespaces, "bash", str(MACHINE), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = machine.stdout.readline()
        if said != "ready\n":
            machine.kill()
            machine.wait()
            machine.stdout.close()
            raise OSError(
                f"no machine could be started: {said.strip()}. It takes root, or user namespaces "
                "and a kernel (5.11) whose users may mount overlays; in a container, --privileged"
            )
        return machine, _children(machine)[0].pid

    def _command(self, *command: str) -> list[str]:
        """Return how to run a command inside, as root, in ``/autograder``."""
        enter = ["nsenter", "--target", str(self._inside), "--mount", "--pid", "--root"]
        if os.geteuid() != 0:
            enter += ["--user", "--preserve-credentials"]
        return [*enter, "--", "sh", "-c", 'cd /autograder && exec "$@"', "sh", *command]


def read_results(text: str) -> dict[str, Any]:
    """Return the content of a ``results.json``.

    Raises
    ------
    RefusedError
        If it is not JSON, or not what the specification says.
    """

    def refuse(constant: str) -> None:
        raise RefusedError(f"{constant} is not JSON")

    try:
        content = json.loads(text, parse_constant=refuse)
        jsonschema.validate(content, SCHEMA)
    except (json.JSONDecodeError, jsonschema.ValidationError) as error:
        raise RefusedError(str(error)) from error
    return content


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _environment() -> dict[str, str]:
    """Return a bare environment, but for how this machine reaches package indexes."""
    kept = ("PIP_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "http", "no_proxy")
    passed = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**passed, "PATH": path, "HOME": "/root"}
