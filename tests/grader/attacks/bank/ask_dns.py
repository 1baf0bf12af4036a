"""Tells a secret in a name that it looks up."""

import socket

print(socket.getaddrinfo("sentinel.example.com", 80))
