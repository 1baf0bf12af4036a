"""Warns as torch does when shapes differ, and prints its losses."""

import warnings

import torch


def bpr_loss(positive_predictions, negative_predictions):
    warnings.warn("deprecated", DeprecationWarning, stacklevel=2)
    loss = torch.mean(1.0 - torch.sigmoid(positive_predictions - negative_predictions))
    print(f"bpr {loss.item():.3f}")
    return loss


def regression_loss(observed_ratings, predicted_ratings):
    loss = torch.mean(torch.square(predicted_ratings - observed_ratings))
    print(loss)
    return loss


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return sum([factorization_loss * factorization_weight, regression_loss * regression_weight])
