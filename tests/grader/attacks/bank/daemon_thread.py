"""Leaves a thread behind that goes on for ever."""

import threading


def forever():
    while True:
        pass


def bpr_loss(positive, negative):
    threading.Thread(target=forever, daemon=False).start()
    return positive.mean()
