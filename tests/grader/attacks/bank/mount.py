"""Mounts, unmounts, and changes the root."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("here", exist_ok=True)
done = [
    libc.mount(b"/", b"here", None, 4096, None),
    libc.mount(b"proc", b"here", b"proc", 0, None),
    libc.umount2(b"/tmp", 2),
    libc.umount2(os.getcwd().encode(), 2),
    libc.chroot(b"here"),
    libc.syscall(428, -100, b"/", 1),
    libc.syscall(430, b"tmpfs", 0),
]
if any(result >= 0 for result in done):
    print("breach-mounted", done)
