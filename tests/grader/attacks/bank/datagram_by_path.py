"""Sends a datagram to a socket that has a name in the file system, as the system's log has."""

import socket

ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
ours.sendto(b"breach", "@LETTERBOX@")
