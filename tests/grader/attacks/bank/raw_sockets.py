"""Opens every kind of socket the kernel has."""

import socket

opened = []
for family in range(1, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            opened.append(socket.socket(family, kind))
        except OSError:
            pass
if opened:
    print("breach-sockets", opened)
