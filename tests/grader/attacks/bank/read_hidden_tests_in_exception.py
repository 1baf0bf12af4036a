"""Puts the hidden tests into the message of an exception."""


def bpr_loss(positive, negative):
    raise ValueError(open("@HIDDEN@").read())
