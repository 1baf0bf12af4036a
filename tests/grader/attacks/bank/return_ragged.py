"""Returns lists of unequal lengths."""


def bpr_loss(positive, negative):
    return [[1.0], [2.0, 3.0], "four", None]
