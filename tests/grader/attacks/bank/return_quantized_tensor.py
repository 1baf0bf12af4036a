"""Returns a quantized tensor and a half-precision one."""

import torch


def bpr_loss(positive, negative):
    return [torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), torch.ones(2).bfloat16()]
