"""Raises an exception whose text raises SystemExit."""


class Evil(Exception):
    def __str__(self):
        raise SystemExit(0)


def bpr_loss(positive, negative):
    raise Evil
