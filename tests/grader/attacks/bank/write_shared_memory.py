"""Leaves files, segments, queues and semaphores in memory."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
print(
    libc.shmget(0x5E17, 4096, 0o1666), libc.msgget(0x5E17, 0o1666), libc.semget(0x5E17, 1, 0o1666)
)
print(libc.mq_open(b"/sentinel", 0o102, 0o666, None))
for folder in ("/dev/shm", "/run", "/var/tmp", "/var/lock"):
    try:
        open(f"{folder}/sentinel-left-behind", "w").write("x")
    except OSError:
        pass
