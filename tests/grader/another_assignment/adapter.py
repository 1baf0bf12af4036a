"""Every call into a submission: one line, one fit, and how far a fit is from the points."""

import numpy as np


def predict(submission, x, slope, intercept):
    """Return ``predict(x, slope, intercept)``."""
    return submission.load("line").predict(np.array(x, float), slope, intercept)


def fit(submission, x, y):
    """Return what ``fit`` returns, and what ``predict`` makes of it at ``x``."""
    line = submission.load("line")
    own = getattr(line, "predict", None)
    if "predict" in submission.reference:
        line.predict = lambda x, slope, intercept: np.full(len(x), np.nan)
    try:
        return line.fit(np.array(x, float), np.array(y, float))
    finally:
        line.predict = own
