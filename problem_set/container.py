"""The cores and the memory that there are, within what a container's control groups allow."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")


def processor_cores() -> int:
    """Return the physical cores that this process may use; a container's limit counts."""
    cores = psutil.cpu_count(logical=False) or 1
    if hasattr(psutil.Process, "cpu_affinity"):  # macOS has none
        cores = min(cores, len(psutil.Process().cpu_affinity()))
    return max(1, math.ceil(min(cores, core_limit())))


def free_memory() -> float:
    """Return the bytes that may still be used; a container's limit counts."""
    return min(psutil.virtual_memory().available, memory_limit())


def core_limit() -> float:
    """Return how many cores' time this process may use; infinity where nothing limits it."""
    quotas = [*_numbers("cpu.max"), *_numbers("cpu.cfs_quota_us", "cpu.cfs_period_us")]
    return min((quota / period for quota, period in quotas if quota > 0), default=math.inf)


def memory_limit() -> float:
    """Return the bytes that this process may use; infinity where nothing limits it."""
    limits = [*_numbers("memory.max"), *_numbers("memory.limit_in_bytes")]
    return min((limit for (limit,) in limits), default=math.inf)


def _numbers(*files: str) -> Iterator[tuple[int, ...]]:
    """Yield what these files hold in each group of this process, and in each group around it."""
    try:
        groups = OWN_GROUPS.read_text().splitlines()
    except OSError:  # only Linux has them
        return
    for line in groups:
        _, controllers, group = line.split(":", 2)  # version 2 has no controllers there
        root = CGROUPS / controllers
        innermost = root / group.lstrip("/")
        for folder in (innermost, *innermost.parents):
            if folder.is_relative_to(root):
                # A file may be missing, or say "max".
                with contextlib.suppress(OSError, ValueError):
                    text = " ".join((folder / name).read_text() for name in files)
                    yield tuple(map(int, text.split()))
