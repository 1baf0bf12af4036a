"""Sends a datagram to a socket that has a name in the file system, as the system's log has."""

import socket

pair = socket.socketpair(type=socket.SOCK_DGRAM)
pair[0].sendto(b"breach", "@LETTERBOX@")
