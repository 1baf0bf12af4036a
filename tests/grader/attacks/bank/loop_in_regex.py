"""Matches a pattern for a thousand years."""

import re


def bpr_loss(positive, negative):
    return re.match("(a+)+$", "a" * 64 + "b")
