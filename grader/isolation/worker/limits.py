"""Bounds that the kernel keeps for the process that applies them to itself."""

from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None


def apply_to_self(limits: dict[str, Any], *, whole_process: bool) -> None:
    """Set resource limits that cannot be raised again.

    ``whole_process`` says that this process serves one request, so that bounds on its
    processor time and on the number of processes make sense.
    """
    if resource is None:
        return
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, limits["file"])
    _set(resource.RLIMIT_NOFILE, 256)
    held = _address_space()
    if held is not None:
        _set(resource.RLIMIT_AS, held + limits["memory"])
    if whole_process:
        _set(resource.RLIMIT_CPU, limits["cpu"], grace=1)
        _set(resource.RLIMIT_NPROC, limits["processes"])
        for name in ("RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO"):
            if hasattr(resource, name):
                _set(getattr(resource, name), 0)


def _set(which: int, amount: int, grace: int = 0) -> None:
    """Lower one limit, never above a hard limit that is already there."""
    hard = resource.getrlimit(which)[1]
    most = amount + grace
    if hard != resource.RLIM_INFINITY:
        amount, most = min(amount, hard), min(most, hard)
    try:
        resource.setrlimit(which, (amount, most))
    except (ValueError, OSError):  # macOS refuses some of them
        return


def _address_space() -> int | None:
    """Bytes of address space that this process has mapped, where the system tells."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return None
    return int(pages) * resource.getpagesize()
