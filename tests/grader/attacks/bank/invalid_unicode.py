"""Raises and prints halves of characters and bytes that are not UTF-8."""

import sys

sys.stdout.buffer.write(b"\xff\xfe\x00\xc3\x28" * 100)
sys.stdout.flush()


def bpr_loss(positive, negative):
    raise ValueError("\udcff\ud800 \uffff")
