"""Landlock: files that this process may read or write, by the kernel, without being root.

See https://docs.kernel.org/userspace-api/landlock.html; the numbers are those of its header.
"""

import ctypes
import functools
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from . import kernel

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
TRUNCATE = 1 << 14
RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
READ = READ_FILE | READ_DIR
FILE_RIGHTS = WRITE_FILE | READ_FILE | TRUNCATE
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
TCP = 0b11
SCOPE = 0b11


@functools.cache
def version() -> int:
    """Return the version of Landlock that the kernel has, 0 for none."""
    try:
        return kernel.system_call(CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def restrict(readable: Iterable[Path | str], writable: Iterable[Path | str], known: int) -> None:
    """Allow this process, for good, only to read and to write below these paths.

    Executing files, connecting by TCP, and where the kernel can also signalling processes
    outside are forbidden altogether. Paths that do not exist are left out. ``known`` is what
    ``version`` returned.
    """
    handled = (1 << RIGHTS_BY_VERSION.get(known, 16)) - 1
    attributes = struct.pack("=QQQ", handled, TCP, SCOPE)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = kernel.system_call(CREATE_RULESET, ctypes.c_char_p(attributes[:size]), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, READ & handled)
        for path in writable:
            _allow(ruleset, path, WRITE & handled)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.system_call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path | str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FILE_RIGHTS
        rule = ctypes.c_char_p(struct.pack("=Qi", rights, descriptor))
        kernel.system_call(ADD_RULE, ruleset, 1, rule, 0)
    finally:
        os.close(descriptor)
