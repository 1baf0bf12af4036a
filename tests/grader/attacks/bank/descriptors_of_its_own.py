"""Gives each thread descriptors of its own, each as many as the limit allows."""

import ctypes
import os
import threading

libc = ctypes.CDLL(None, use_errno=True)
LAST, UNSHARE, CLOSE_RANGE = ctypes.c_uint(9999), ctypes.c_uint(2), 436
ready = threading.Barrier(3)


def open_many():
    libc.syscall(CLOSE_RANGE, LAST, LAST, UNSHARE)
    opened = []
    try:
        while True:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        counts.append(len(opened))
    ready.wait(0.1)


counts = []
threads = [threading.Thread(target=open_many) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if sum(counts) > 300:
    print("breach-" + "more descriptors than the limit")
