"""The right answers, in plain numpy and double precision, from the equations of the handout.

Nothing here is shared with the reference solution: no torch, no automatic differentiation.
"""

import numpy as np

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def mlp(x: Array, dense: list[Array]) -> Array:
    """Return the MLP's output for rows ``x``, shape (batch,)."""
    return mlp_activations(x, dense)[-1][:, 0]


def mlp_activations(x: Array, dense: list[Array]) -> list[Array]:
    """Return the input of each dense layer, shape (batch, width), then the last one's output."""
    activations = [np.asarray(x, np.float64)]
    weights, biases = dense[0::2], dense[1::2]
    for index, (weight, bias) in enumerate(zip(weights, biases)):
        y = activations[-1] @ weight.T + bias
        activations.append(np.maximum(y, 0) if index < len(weights) - 1 else y)
    return activations


def features(u: Array, q: Array) -> Array:
    """``[u, q, u * q]`` of each row, shape (batch, 3 * columns)."""
    return np.concatenate([u, q, u * q], axis=1)


def rating(u: Array, q: Array, dense: list[Array]) -> Array:
    """``r = MLP([u, q, u * q])`` of each row, shape (batch,)."""
    return mlp(features(u, q), dense)


def rating_gradients(
    u: Array, q: Array, dense: list[Array], cotangent: Array
) -> tuple[Array, Array, list[Array]]:
    """Gradients of ``sum(cotangent * r)`` with respect to ``u``, ``q`` and the dense layers."""
    activations = mlp_activations(features(u, q), dense)
    weights = dense[0::2]
    gradients: list[Array] = []
    upstream = cotangent[:, None].astype(np.float64)
    for index in reversed(range(len(weights))):
        if index < len(weights) - 1:
            upstream = upstream * (activations[index + 1] > 0)
        gradients = [upstream.T @ activations[index], upstream.sum(axis=0), *gradients]
        upstream = upstream @ weights[index]
    columns = u.shape[1]
    du, dq, duq = upstream[:, :columns], upstream[:, columns : 2 * columns], upstream[:, -columns:]
    return du + duq * q, dq + duq * u, gradients


def interaction(u: Array, q: Array, a: Array, b: Array) -> Array:
    """``p = u . q + a + b`` of each row, shape (batch,)."""
    return (u * q).sum(axis=1) + a[:, 0] + b[:, 0]


def rows_gradient(table: Array, ids: Array, gradient: Array) -> Array:
    """Add up the gradients of looked-up rows, also of a row that was looked up twice."""
    total = np.zeros(table.shape)
    np.add.at(total, ids, gradient)
    return total


def bpr(positive: Array, negative: Array) -> float:
    return float(np.mean(1 - sigmoid(positive - negative)))


def bpr_gradients(positive: Array, negative: Array) -> tuple[Array, Array]:
    s = sigmoid(positive - negative)
    gradient = -s * (1 - s) / len(s)
    return gradient, -gradient


def mean_squared_error(observed: Array, predicted: Array) -> float:
    return float(np.mean((observed - predicted) ** 2))


def mean_squared_error_gradient(observed: Array, predicted: Array) -> Array:
    """With respect to the predictions."""
    return 2 * (predicted - observed) / len(observed)


def reciprocal_ranks(scores: Array, heldout: Array, seen: Array | None = None) -> Array:
    """Count, for each held-out movie, how many unseen ones score higher or the same."""
    values = np.full(len(scores), np.nan)
    for user, (row, held) in enumerate(zip(scores, heldout)):
        ranked = row if seen is None else row[~seen[user]]
        above = (ranked > row[held][:, None]).sum(axis=1)
        tied = (ranked == row[held][:, None]).sum(axis=1)
        if held.any():
            values[user] = np.mean(1 / (above + (tied + 1) / 2))
    return values
