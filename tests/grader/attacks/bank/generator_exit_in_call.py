"""Raises GeneratorExit when it is called."""


def bpr_loss(positive, negative):
    raise GeneratorExit
