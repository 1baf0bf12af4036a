"""Products with constants, which have the default type of torch."""

import torch


def bpr_loss(positive_predictions, negative_predictions):
    share = torch.full(positive_predictions.shape, 1 / len(positive_predictions))
    return share @ (1 - torch.sigmoid(positive_predictions - negative_predictions))


def regression_loss(observed_ratings, predicted_ratings):
    error = observed_ratings - predicted_ratings
    return (error @ error) / error.numel()


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    weights = torch.tensor([factorization_weight, regression_weight])
    return torch.stack([factorization_loss, regression_loss]) @ weights
