"""Copies memory of the trusted process with process_vm_readv."""

import ctypes


class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


buffer = ctypes.create_string_buffer(4096)
libc = ctypes.CDLL(None, use_errno=True)
local = Vector(ctypes.addressof(buffer), 4096)
for page in range(0x400000, 0x500000, 4096):
    remote = Vector(page, 4096)
    if (
        libc.process_vm_readv(int("@PARENT@"), ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
        > 0
    ):
        open("/proc/@PARENT@/note", "w").write("stolen")
