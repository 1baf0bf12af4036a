"""Returns a tensor with sixty dimensions."""

import torch


def bpr_loss(positive, negative):
    return torch.zeros([1] * 60)
