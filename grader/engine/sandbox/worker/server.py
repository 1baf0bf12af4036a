"""The fork server: imports packages once, then forks a worker for each request.

It never runs a student's line and never sees one: a request goes straight from the trusted
process to the worker that was forked for it, over a socket of its own, so that no worker can
answer for another. All that the server is asked is to fork, to end a worker, and to make sure that
nothing is left; all it reports is how each worker ended.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

MAX_COMMAND = 1 << 16
KILL_ROUNDS = 200


def main() -> None:
    """Serve until the control socket closes. ``argv``: the options as JSON."""
    options = json.loads(sys.argv[1])
    import_only_from(options["search_path"], options["moved"])
    from worker import kernel, seccomp
    from worker.answer import load_execute
    from worker.drop_privileges import Confinement
    from worker.preload import preload
    from worker.serve_request import serve_request

    control = socket.socket(fileno=options["control"])
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    preload(options["preload"])
    execute = load_execute(options["modules"])
    confinement = Confinement(**options["confinement"])
    if confinement.use_seccomp:  # so that no worker imports what its rules need
        seccomp.program(kernel.MACHINE, 1, not confinement.namespaces)
    Server(control, partial(serve_request, execute), confinement).serve()


def import_only_from(search_path: list[str], moved: dict[str, str]) -> None:
    """Import from these folders alone; ``moved`` is by which other path to reach a folder.

    The packages that Python has imported to start with were found at the old path.
    """
    sys.path[:] = search_path
    for module in list(sys.modules.values()):
        folders = getattr(module, "__path__", None)
        if not isinstance(folders, list):
            continue
        for old, new in moved.items():
            folders[:] = [
                new + f[len(old) :] if f == old or f.startswith(f"{old}/") else f for f in folders
            ]
    sys.path_importer_cache.clear()


def be_killed_first() -> None:
    """Let the kernel, short of memory, choose this process before the server and the grader."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:  # bubblewrap shows no /proc
        return


class Server:
    """The workers that are alive, and the one thing to do about each message."""

    def __init__(self, control: socket.socket, serve_one: Callable, confinement: Any) -> None:
        from worker.drop_privileges import mapped_address_space

        self.control = control
        self.serve_one = serve_one
        self.confinement = confinement
        self.address_space = mapped_address_space()
        self.requests: dict[int, int] = {}  # process id: request
        self.users: dict[int, int | None] = {}  # process id: user id
        self.counted = processor_seconds()
        self.largest = 0  # bytes that a worker held, since the last drain
        self.own_processes = os.pidfd_open(os.getpid()) if confinement.namespaces else -1

    def serve(self) -> None:
        """Answer commands and report ended workers until the control socket closes."""
        wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        gc.collect()
        gc.freeze()
        self.send({"ready": True})
        selector = selectors.DefaultSelector()
        selector.register(self.control, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is self.control and not self.handle_command():
                    return
                if key.fileobj == wake:
                    os.read(wake, 4096)
            self.reap()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message to the trusted process."""
        try:
            self.control.send(json.dumps(message).encode())
        except OSError:  # nobody is there any more; the next receive says so
            return

    def handle_command(self) -> bool:
        """Receive and carry out one command; return False when there will be no more."""
        from worker.drop_privileges import mapped_address_space
        from worker.preload import preload

        data, descriptors, _, _ = socket.recv_fds(
            self.control, MAX_COMMAND, 2, socket.MSG_CMSG_CLOEXEC
        )
        if not data:
            self.drain(keep=0)
            return False
        command = json.loads(data)
        match command["do"]:
            case "fork":
                self.fork(command["request"], command["user"], descriptors)
            case "kill":
                self.kill(command["request"])
            case "drain":
                self.drain(command["keep"])
                self.send({"drained": command["number"], **self.usage()})
            case "preload":
                preload(command["modules"], optional=True)
                self.address_space = mapped_address_space()
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def fork(self, request: int, user: int | None, descriptors: list[int]) -> None:
        """Start a worker that waits for its request."""
        from worker import kernel

        if self.confinement.namespaces:
            kernel.call("unshare", kernel.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            self.become_worker(request, user, *descriptors)
        if self.confinement.namespaces:
            kernel.call("setns", self.own_processes, kernel.CLONE_NEWPID)
        self.requests[pid] = request
        self.users[pid] = user

    def become_worker(self, request: int, user: int | None, channel: int, output: int) -> None:
        """Leave the server behind, and serve one request. Never returns."""
        from worker.preload import renew_threads

        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            be_killed_first()
            channel = leave_only(channel, output, self.confinement.kept)
            renew_threads()
            self.serve_one(channel, self.confinement, f"{request}", user, self.address_space)
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def kill(self, request: int) -> None:
        """Kill the worker of a request, if it is alive; its process id cannot be another's."""
        for pid, served in self.requests.items():
            if served == request:
                os.kill(pid, signal.SIGKILL)

    def drain(self, keep: int) -> None:
        """Kill every worker but one and all they started, and wait until they are gone."""
        going = {pid for pid, request in self.requests.items() if request != keep}
        for pid in going:
            os.kill(pid, signal.SIGKILL)
        while going & self.requests.keys():
            self.reap(wait=True)
        self.kill_orphans(None)

    def usage(self) -> dict[str, Any]:
        """Return what has been used since this was last asked; see ``limits.Usage``."""
        before, self.counted = self.counted, processor_seconds()
        largest, self.largest = self.largest, 0
        return {"cpu": self.counted - before, "memory": largest}

    def reap(self, wait: bool = False) -> None:
        """Collect children that have ended, one at least with ``wait``; report workers.

        Without process namespaces a worker's own children outlive it, and become the
        server's: they are killed with everything else that its user runs.
        """
        while True:
            try:
                pid, status, usage = os.wait4(-1, 0 if wait else os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            wait = False
            request, user = self.requests.pop(pid, None), self.users.pop(pid, None)
            if request is None:
                continue
            self.largest = max(self.largest, usage.ru_maxrss << 10)
            self.kill_orphans(user)
            self.send(
                {
                    "ended": request,
                    "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
                    "cpu": usage.ru_utime + usage.ru_stime,
                }
            )

    def kill_orphans(self, user: int | None) -> None:
        """Kill what a worker left running; with process namespaces the kernel has done it."""
        if self.confinement.namespaces:
            return
        for _ in range(KILL_ROUNDS):
            children = child_processes()
            orphans = (children or set()).difference(self.requests)
            if children is not None and not orphans:
                return
            if user is not None:
                kill_everything_of(user)
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            if children is None:
                return


def processor_seconds() -> float:
    """Return the processor time of this process, and of its children that have ended."""
    return sum(os.times()[:4])


def leave_only(channel: int, output: int, kept: list[int]) -> int:
    """Close every descriptor but these, put the output at 1 and 2, and return the channel's."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    kept = sorted({*kept, channel})
    start = 3
    for descriptor in kept:
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, 4096)
    return channel


def kill_everything_of(user: int) -> None:
    """Kill all processes of a user, from a process of that user: at once, so none escapes."""
    if user < 1000:
        raise ValueError(f"{user} may be somebody's user id")
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def child_processes() -> set[int] | None:
    """Return the ids of this process's children, None where the system does not list them."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return None
    return {int(pid) for pid in listed.split()}


if __name__ == "__main__":
    main()
