"""Says that the answer has ended before it began, and lives on."""

import socket
import time

for number in range(3, 64):
    try:
        socket.socket(fileno=number).shutdown(socket.SHUT_WR)
    except OSError:
        pass
time.sleep(60)
