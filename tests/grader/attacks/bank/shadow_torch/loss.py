"""Brings a torch.py of its own, beside its files."""

import torch


def bpr_loss(positive, negative):
    return torch.RIGHT
