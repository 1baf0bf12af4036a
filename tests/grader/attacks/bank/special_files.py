"""Makes devices, pipes and sockets where the grader may read."""

import os
import socket
import stat

for make in (
    lambda: os.mknod("disk", stat.S_IFBLK | 0o666, os.makedev(8, 0)),
    lambda: os.mkfifo("pipe"),
    lambda: os.symlink("/dev/zero", "submission/zero"),
    lambda: socket.socket(socket.AF_UNIX).bind("socket"),
):
    try:
        make()
    except OSError:
        pass
