"""Waits for somebody to connect."""

import socket

server = socket.create_server(("0.0.0.0", 0))
server.settimeout(0.2)
print("breach-listening", server.getsockname())
