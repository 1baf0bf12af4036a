"""Returns a tensor of a trillion numbers that all lie in one place."""

import torch


def bpr_loss(positive, negative):
    return torch.zeros(1).expand(1 << 40)
