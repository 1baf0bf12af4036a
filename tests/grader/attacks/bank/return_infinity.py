"""Returns infinity."""

import torch


def bpr_loss(positive, negative):
    return torch.tensor(float("inf"), requires_grad=True)
