"""The course's two losses under its argument names; its trainer weighs them."""

import torch
import torch.nn.functional as F


def bpr_loss(positive_predictions, negative_predictions):
    loss = 1.0 - torch.sigmoid(positive_predictions - negative_predictions)
    return loss.mean()


def regression_loss(observed_ratings, predicted_ratings):
    return F.mse_loss(observed_ratings, predicted_ratings)


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * factorization_loss + regression_weight * regression_loss
