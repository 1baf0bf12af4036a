"""Reads where nothing is."""

import ctypes


def bpr_loss(positive, negative):
    return ctypes.string_at(0)
