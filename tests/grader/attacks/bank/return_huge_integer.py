"""Returns an integer of a hundred thousand digits."""


def bpr_loss(positive, negative):
    return 10**100_000
