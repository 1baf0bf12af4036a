"""A Dask cluster on this machine, with TLS, whose workers can be killed now and then."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.processor import counted
from problem_set.project import find_project


@dataclass
class Cluster:
    """A scheduler and workers on this machine, with TLS: its address, and the clients' environment.

    ``processes`` run and count the scheduler and the workers; ``killed`` are the workers that were.
    """

    folder: Path
    environment: dict[str, str]
    address: str = ""
    processes: list[subprocess.Popen] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)

    def start(self, *arguments: str) -> None:
        """Start a part of the cluster."""
        command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
        with (self.folder / "dask.log").open("a") as log:
            started = subprocess.Popen(
                counted(self.used, command),
                cwd=find_project(),
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.processes.append(started)

    @property
    def used(self) -> Path:
        """Where the processor time of the scheduler and the workers stands, once they ended."""
        return self.folder / "cluster.processor"

    def start_worker(self) -> None:
        options = ["--nthreads", "1", "--no-nanny", "--memory-limit", "0"]
        place = str(self.folder / "workers")
        self.start("worker", self.address, *options, "--local-directory", place)

    def kill_a_worker(self) -> None:
        """Kill the oldest worker as the kernel does when memory is full, and start another one."""
        self.killed += self._kill(self.processes.pop(1))
        self.start_worker()

    def end(self) -> None:
        """Kill the scheduler and the workers, and wait for all that they started."""
        while self.processes:
            self._kill(self.processes.pop())

    def _kill(self, counting: subprocess.Popen) -> list[int]:
        """Kill what such a process runs, unless that has ended; return its id."""
        victims = psutil.Process(counting.pid).children() if counting.poll() is None else []
        for victim in victims:
            victim.kill()
        counting.wait()
        return [victim.pid for victim in victims]


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a scheduler and two workers."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=grading", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    environment = {**os.environ, f"{tls}CA_FILE": str(certificate)}
    environment["DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED"] = "False"
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        environment |= {f"{tls}{role}__CERT": str(certificate), f"{tls}{role}__KEY": str(key)}
    place = folder / "scheduler.json"
    started = Cluster(folder, environment)
    for old in (place, started.used):  # of a run whose folder was kept
        old.unlink(missing_ok=True)
    where = ["--protocol", "tls", "--host", "127.0.0.1", "--port", "0"]
    try:
        started.start("scheduler", *where, "--scheduler-file", str(place))
        while not started.address:
            if started.processes[0].poll() is not None:
                sys.exit(f"no scheduler: {(folder / 'dask.log').read_text()[-2000:]}")
            time.sleep(0.1)
            with contextlib.suppress(OSError, ValueError):
                started.address = json.loads(place.read_text())["address"]
        started.start_worker()
        started.start_worker()
        yield started
    finally:
        started.end()


@contextlib.contextmanager
def kills(started: Cluster, every: float) -> Iterator[None]:
    """Kill a worker every so many seconds."""
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(every):
            started.kill_a_worker()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
