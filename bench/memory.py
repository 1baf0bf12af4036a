"""How much memory a command takes."""

import psutil


def tree_memory(process: psutil.Process) -> int:
    """Return the bytes that a process and its descendants hold, pages that they share once."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            memory = one.memory_full_info()
            total += getattr(memory, "pss", memory.uss)
    except psutil.Error:
        pass  # a process ended while we looked
    return total
