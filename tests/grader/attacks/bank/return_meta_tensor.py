"""Returns a tensor that has a shape and no numbers."""

import torch


def bpr_loss(positive, negative):
    return torch.zeros(3, device="meta")
