"""Returns complex numbers."""

import torch


def bpr_loss(positive, negative):
    return torch.zeros((), dtype=torch.complex128)
