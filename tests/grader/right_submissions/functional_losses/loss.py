"""Losses of torch.nn.functional, and identities of the sigmoid."""

import torch
import torch.nn.functional as F  # noqa: N812

mse = torch.nn.MSELoss(reduction="mean")


def bpr_loss(positive_predictions, negative_predictions):
    return F.sigmoid(negative_predictions - positive_predictions).mean()


def regression_loss(observed_ratings, predicted_ratings):
    return mse(predicted_ratings, observed_ratings)


def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    loss = 0
    loss += factorization_weight * factorization_loss
    loss += regression_weight * regression_loss
    return loss
