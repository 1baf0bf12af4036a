"""Returns an array of Python objects."""

import numpy as np


def bpr_loss(positive, negative):
    return np.array([object(), np], dtype=object)
