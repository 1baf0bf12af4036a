"""Brings the worker's own modules."""

import requests_worker
import worker.framing


def bpr_loss(positive, negative):
    return requests_worker.RIGHT
