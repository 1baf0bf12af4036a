"""Questions 2a to 2c: what training makes small.

The network has two tasks, so it has two losses, and the joint loss that the optimizer sees is
their weighted sum. Each function returns a scalar tensor that gradients flow through.
"""

import torch
from torch import Tensor


def bpr_loss(positive_predictions: Tensor, negative_predictions: Tensor) -> Tensor:
    """Loss of the factorization task: a watched movie should outscore an unwatched one.

    ``L_F = mean over the batch of (1 - sigmoid(p_pos - p_neg))``: 0.5 where both movies score
    the same, near 0 where each watched movie is far ahead. (A smooth form of the share of
    pairs in the wrong order, after Rendle et al., 2009, whose own loss is ``-log sigmoid``.)

    Parameters
    ----------
    positive_predictions : float tensor, shape (batch,)
        Interactions with movies that the users watched.
    negative_predictions : float tensor, shape (batch,)
        Interactions with movies drawn at random, for the same users in the same order.

    Returns
    -------
    float tensor, shape ()
    """
    # Question 2a: the mean, over the batch, of 1 - sigmoid(p_pos - p_neg).
    ### BEGIN SOLUTION
    loss = (1 - torch.sigmoid(positive_predictions - negative_predictions)).mean()
    ### END SOLUTION
    return loss


def regression_loss(observed_ratings: Tensor, predicted_ratings: Tensor) -> Tensor:
    """Loss of the regression task: the mean squared error (MSE) of the predicted ratings.

    Parameters
    ----------
    observed_ratings : float tensor, shape (batch,)
        Stars that the users gave.
    predicted_ratings : float tensor, shape (batch,)
        Stars that the network predicted.

    Returns
    -------
    float tensor, shape ()
        In squared stars.
    """
    # Question 2b: the mean, over the batch, of the squared difference.
    ### BEGIN SOLUTION
    loss = ((observed_ratings - predicted_ratings) ** 2).mean()
    ### END SOLUTION
    return loss


def joint_loss(
    factorization_loss: Tensor,
    regression_loss: Tensor,
    factorization_weight: float,
    regression_weight: float,
) -> Tensor:
    """Weighted sum of both losses, ``L = lambda_F * L_F + lambda_R * L_R``.

    Parameters
    ----------
    factorization_loss, regression_loss : float tensors, shape ()
        ``L_F`` and ``L_R``.
    factorization_weight, regression_weight : float
        ``lambda_F`` and ``lambda_R``. They need not sum to one.

    Returns
    -------
    float tensor, shape ()
    """
    # Question 2c: weigh each loss with its own weight and add them up.
    ### BEGIN SOLUTION
    loss = factorization_weight * factorization_loss + regression_weight * regression_loss
    ### END SOLUTION
    return loss
