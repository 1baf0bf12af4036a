"""Returns a sparse tensor of a quintillion numbers."""

import torch


def bpr_loss(positive, negative):
    return torch.sparse_coo_tensor([[0], [0]], [1.0], (1 << 30, 1 << 30))
