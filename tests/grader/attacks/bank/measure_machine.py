"""Asks how much memory is free, how many processes there are and how full the disk is."""

import ctypes
import os

libc = ctypes.CDLL(None)
for ask in (
    lambda: libc.sysinfo(ctypes.create_string_buffer(256)) == 0,
    lambda: os.statvfs("/"),
    lambda: os.statvfs("."),
    lambda: os.getloadavg(),
):
    try:
        told = ask()
    except OSError:
        continue
    if told:
        raise RuntimeError("breach-" + "machine")
