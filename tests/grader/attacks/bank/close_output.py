"""Closes its output."""

import os
import sys

sys.stdout.close()
sys.stderr.close()
os.close(1)
os.close(2)


def bpr_loss(positive, negative):
    print("nobody hears this")
