"""Raises SystemExit when it is called."""


def bpr_loss(positive, negative):
    raise SystemExit(0)
