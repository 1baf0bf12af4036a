"""User ids that belong to nobody, for workers of a grader that runs as root."""

import os
import random
import socket
import subprocess
from pathlib import Path

# Between the ids that systemd gives to home folders and those of its dynamic users
# (https://systemd.io/UIDS-GIDS), on which a signal to all processes of an id would act.
FIRST, LAST = 60_578, 61_183
WORKER_USERS = 8


class ReservedUsers:
    """Ids without an account and without a process, kept from every other grader until released.

    What one grader's workers have left is killed by their user, and a user's processes are
    counted together: two graders at once may not have the same.

    Attributes
    ----------
    ids : list of int

    Raises
    ------
    OSError
        If none can be found.
    """

    def __init__(self) -> None:
        import pwd

        taken = {account.pw_uid for account in pwd.getpwall()} | _running()
        starts = range(FIRST, LAST - WORKER_USERS + 2, WORKER_USERS)
        for start in random.SystemRandom().sample(starts, len(starts)):
            self.ids = list(range(start, start + WORKER_USERS))
            if taken.isdisjoint(self.ids) and self._claim(start):
                return
        raise OSError("there is no unused user id for the workers")

    def _claim(self, start: int) -> bool:
        """Take a name that one process at a time can have, and loses when it ends."""
        self._name = socket.socket(socket.AF_UNIX)
        try:
            self._name.bind(f"\0grader/users/{start}")
        except OSError:
            self._name.close()
            return False
        return True

    def release(self) -> None:
        """Leave the ids to others."""
        self._name.close()


def may_change_user() -> bool:
    """Return whether this process may start others as other users, by starting one.

    Root may not where a container has taken the capability from it.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    command = ["/bin/sh", "-c", ":"]
    try:
        done = subprocess.run(
            command, user=FIRST, group=FIRST, extra_groups=[], cwd="/", check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _running() -> set[int]:
    """Return the users of all processes."""
    users = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            users.add(process.stat().st_uid)
        except OSError:
            continue
    return users
