"""Becomes root, or any other user, and gets capabilities back."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
header, everything = (ctypes.c_uint * 2)(0x20080522, 0), (ctypes.c_uint * 6)(*[0xFFFFFFFF] * 6)
libc.capset(header, everything)
for user in (0, 1, 1000, 65534):
    try:
        os.setresuid(user, user, user)
    except OSError:
        pass
print(open("/etc/shadow").read(), open("@HIDDEN@").read())
