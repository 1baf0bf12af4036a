"""How much memory a command takes."""

import psutil


def memory_of(process: psutil.Process) -> int:
    """Return the bytes that a process holds, shared ones by its share of them; 0 once it ended."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0  # it ended while we looked
    return getattr(memory, "pss", memory.uss)


def tree_memory(process: psutil.Process) -> int:
    """Return the bytes that a process and its descendants hold, pages that they share once."""
    try:
        tree = (process, *process.children(recursive=True))
    except psutil.Error:
        return 0
    return sum(map(memory_of, tree))
