"""Right losses, one line each."""

import torch


def bpr_loss(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions)).mean()


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * factorization_loss + regression_weight * regression_loss
