"""Never ends, in C, where no signal handler of Python runs."""

import itertools


def bpr_loss(positive, negative):
    return sum(itertools.repeat(0))
