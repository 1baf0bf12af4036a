"""Bounds that the kernel keeps for the process that applies them to itself."""

from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None


def apply_to_self(
    limits: dict[str, Any], *, address_space: int, whole_process: bool, processes: bool
) -> None:
    """Set resource limits that cannot be raised again.

    Parameters
    ----------
    limits : dict
        The fields of :class:`grader.engine.sandbox.limits.Limits`.
    address_space : int
        Bytes that this process has mapped already; 0 for no limit on memory.
    whole_process : bool
        This process serves one request, so that a bound on its processor time makes sense.
    processes : bool
        This process's user has no others, so that a bound on their number makes sense.
    """
    if resource is None:
        return
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, limits["file"])
    _set(resource.RLIMIT_NOFILE, 256)
    if address_space:
        _set(resource.RLIMIT_AS, address_space + limits["memory"])
    if whole_process:
        _set(resource.RLIMIT_CPU, limits["cpu"])
        for name in ("MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO", "SIGPENDING"):
            if hasattr(resource, f"RLIMIT_{name}"):
                _set(getattr(resource, f"RLIMIT_{name}"), 0)
    if processes:
        _set(resource.RLIMIT_NPROC, limits["processes"])


def mapped_address_space() -> int:
    """Return the bytes that this process has mapped, to a page; 0 where it cannot be told.

    There is no ``/proc`` to read it from in the sandbox, so this asks the kernel how low the
    limit may be for one more page to fit.
    """
    import mmap

    if resource is None:
        return 0
    before = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 44
    try:
        while high - low > mmap.PAGESIZE:
            middle = (low + high) // 2
            resource.setrlimit(resource.RLIMIT_AS, (middle, before[1]))
            try:
                mmap.mmap(-1, mmap.PAGESIZE).close()
                high = middle
            except OSError:
                low = middle
    except (ValueError, OSError):
        return 0
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    return high if high < 1 << 44 else 0


def _set(which: int, amount: int) -> None:
    """Lower one limit, never above a hard limit that is already there."""
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        amount = min(amount, hard)
    try:
        resource.setrlimit(which, (amount, amount))
    except (ValueError, OSError):  # macOS refuses some of them
        return
