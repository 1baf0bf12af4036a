"""Returns a class, a module and a function."""

import torch


def bpr_loss(positive, negative):
    return [torch, type, print, ...]
