"""Answers with a header of a million parts, and arrays that are empty and huge."""

import json
import os
import socket
import stat
import struct

PARTS = json.dumps({"content": {"x": [[]] * 1_000_000}, "arrays": []}).encode()
SHAPES = json.dumps({"content": {}, "arrays": [["x", "<f8", [0, 1 << 40, 1 << 40]]]}).encode()
for descriptor in range(3, 256):
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            continue
    except OSError:
        continue
    channel = socket.socket(fileno=descriptor)
    for header in (PARTS, SHAPES):
        channel.sendall(struct.pack("<4sIQ", b"GRD1", len(header), 0) + header)
