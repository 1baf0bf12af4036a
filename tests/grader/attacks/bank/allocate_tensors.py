"""Allocates tensors until it is killed."""

import torch


def bpr_loss(positive, negative):
    hold = []
    while True:
        hold.append(torch.ones(1 << 24))
