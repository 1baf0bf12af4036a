"""Compiled losses."""

import torch


@torch.compile
def bpr_loss(positive_predictions, negative_predictions):
    return torch.mean(1 - torch.sigmoid(positive_predictions - negative_predictions))


@torch.compile
def regression_loss(observed_ratings, predicted_ratings):
    return torch.mean(torch.square(observed_ratings - predicted_ratings))


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * factorization_loss + regression_weight * regression_loss
