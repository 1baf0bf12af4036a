"""Returns NaN."""

import torch


def bpr_loss(positive, negative):
    return torch.tensor(float("nan"), requires_grad=True)
