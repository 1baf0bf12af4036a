"""In-place arithmetic on tensors of its own."""

import torch


def bpr_loss(positive_predictions, negative_predictions):
    difference = positive_predictions - negative_predictions
    loss = torch.ones_like(difference)
    loss -= difference.sigmoid()
    return loss.mean()


def regression_loss(observed_ratings, predicted_ratings):
    error = predicted_ratings.clone()
    error -= observed_ratings
    return torch.dot(error, error) / len(error)


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    total = torch.zeros_like(factorization_loss)
    total += factorization_loss * factorization_weight
    total += regression_loss * regression_weight
    return total
