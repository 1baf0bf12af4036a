"""Sleeps in C without letting go of the interpreter."""

import ctypes

ctypes.PyDLL(None).sleep(60)
