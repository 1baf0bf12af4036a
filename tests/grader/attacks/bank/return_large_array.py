"""Returns half a gigabyte."""

import torch


def bpr_loss(positive, negative):
    return torch.zeros(1 << 27)
