"""Returns an array of text and an array of dates."""

import numpy as np


def bpr_loss(positive, negative):
    return [np.array(["sentinel\0"] * 9), np.array(["2026"], dtype="M8[Y]")]
