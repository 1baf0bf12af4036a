"""Casts to double precision first."""

import torch


def bpr_loss(positive_predictions, negative_predictions):
    x = positive_predictions.double() - negative_predictions.double()
    return 1 - (1 / (1 + torch.exp(-x))).mean()


def regression_loss(observed_ratings, predicted_ratings):
    errors = predicted_ratings.to(torch.float64) - observed_ratings.to(torch.float64)
    return errors.pow(2).sum() / errors.numel()


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    weights = torch.tensor([factorization_weight, regression_weight], dtype=torch.float64)
    return (weights * torch.stack([factorization_loss.double(), regression_loss.double()])).sum()
