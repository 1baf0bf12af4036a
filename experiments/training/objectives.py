"""How the two tasks' losses make one step: fixed weights, learned weights, or aggregation.

Below, ``L_F`` and ``L_R`` are the factorization and the regression loss, times the run's
``lambda_F`` and ``lambda_R``. All but fixed weights find a balance themselves and are meant for
``lambda_F = lambda_R = 1``, the losses as they are.

A balancing is a module: its ``backward(L_F, L_R, joint)``, of three scalar tensors, fills the
``grad``, empty so far, of the parameters that the losses depend on. What it learns itself are its
parameters, for the optimizer.

TorchJD and scipy's optimizers are imported where a run needs them; the course's runs do not.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from experiments.run import Run

# Adam moves a number by about its rate a step. In the course's 200 steps a log variance goes from
# 0 to log 13, where the MSE starts, and back; at the network's rate it would hardly leave 0.
LOG_VARIANCE_RATE = 0.1
SHARED_TABLES = ("U", "Q")
CAGRAD_RADIUS = 0.5  # c, as a share of the mean gradient's length


class FixedWeights(nn.Module):
    """The gradient of the student's joint loss."""

    def backward(self, factorization: Tensor, regression: Tensor, joint: Tensor) -> None:
        joint.backward()


class UncertaintyWeights(nn.Module):
    """Weights learned with the network, by the noise that each task is seen to have.

    With ``s = log sigma**2`` of each task learned, from zero, the loss is

    ``exp(-s_F) * L_F + s_F / 2  +  exp(-s_R) / 2 * L_R + s_R / 2``.

    The second half is, but for a constant, the negative logarithm of a normal likelihood of the
    stars (Kendall, Gal and Cipolla 2018, arXiv:1705.07115, eq. 7). The ranking loss is nobody's
    log-likelihood. It takes the place of a classification's there (eq. 10): an energy with the
    temperature ``sigma_F**2``, whose normalization is approximated by ``sigma_F``. For losses
    that stand still, the best ``s`` makes the weight of either task ``1 / (2 L)``, whichever form
    it has: the network then follows the gradient of ``(log L_F + log L_R) / 2``.

    Attributes
    ----------
    log_variances : Parameter, shape (2,)
        ``s_F`` and ``s_R``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_variances = nn.Parameter(torch.zeros(2))

    def backward(self, factorization: Tensor, regression: Tensor, joint: Tensor) -> None:
        precision_factorization, precision_regression = torch.exp(-self.log_variances)
        total = precision_factorization * factorization + precision_regression * regression / 2
        (total + self.log_variances.sum() / 2).backward()


class AggregatedGradients(nn.Module):
    """Two backward passes, one for each task, and a weighted sum where both reach a parameter.

    Let ``g_F`` and ``g_R`` be the gradients of ``L_F`` and ``L_R`` with respect to all parameters
    that both depend on: the tables ``U`` and ``Q``. These get ``w_F * g_F + w_R * g_R``, with
    weights that depend on lengths and angle. A parameter of one task (a bias, a dense layer) gets
    the gradient of that task.

    Parameters
    ----------
    weigh : callable
        From the Gramian of ``g_F`` and ``g_R`` to their weights: float64 tensors of shape (2, 2)
        and (2,), on the processor.
    parameters : sequence of Parameter
        The network's.
    """

    def __init__(
        self, weigh: Callable[[Tensor], Tensor], parameters: Sequence[nn.Parameter]
    ) -> None:
        super().__init__()
        self.weigh = weigh
        self.of_network = list(parameters)

    def backward(self, factorization: Tensor, regression: Tensor, joint: Tensor) -> None:
        of_task: list[Sequence[Any]] = [
            torch.autograd.grad(loss, self.of_network, retain_graph=True, allow_unused=True)
            for loss in (factorization, regression)
        ]
        pairs = list(zip(*of_task))
        shared = [pair for pair in pairs if all(gradient is not None for gradient in pair)]
        # A student's dropout draws from the stream that an aggregator may shuffle tasks with.
        with torch.random.fork_rng(devices=[]):
            weights = self.weigh(inner_products(list(zip(*shared)))).tolist() if shared else []
        for parameter, (ours, theirs) in zip(self.of_network, pairs):
            if ours is None or theirs is None:
                parameter.grad = theirs if ours is None else ours
            else:
                parameter.grad = weights[0] * ours + weights[1] * theirs


def pcgrad(gramian: Tensor) -> Tensor:
    """Each gradient loses what points against the other one; then the sum.

    Yu and others 2020, arXiv:2001.06782, algorithm 1. Gradients at an acute angle are just added.
    """
    from torchjd.aggregation import PCGradWeighting

    return PCGradWeighting()(gramian)


def upgrad(gramian: Tensor) -> Tensor:
    """The mean of the gradients, after each is projected to where neither loss grows.

    Quinton and Rey 2024, arXiv:2406.16232. For two tasks it is half of PCGrad's sum. (TorchJD's
    UPGrad needs a solver of quadratic programs, and first adds 1e-4 of the trace to the Gramian's
    diagonal, where the squared length of ``g_F`` is often less.)
    """
    return pcgrad(gramian) / 2


def mgda(gramian: Tensor) -> Tensor:
    """The shortest convex combination: a direction in which neither loss grows.

    Desideri 2012; Sener and Koltun 2018, arXiv:1810.04650, algorithm 2. For two gradients the
    first step of its Frank-Wolfe iteration is exact.
    """
    from torchjd.aggregation import MGDAWeighting

    return MGDAWeighting()(gramian)


def imtlg(gramian: Tensor) -> Tensor:
    """The combination whose projections on both gradients are equally long: the bisector.

    IMTL-G of Liu and others 2021, "Towards Impartial Multi-task Learning". For two tasks the
    bargain of Nash-MTL (Navon and others 2022, arXiv:2202.01017) has the same direction.
    """
    from torchjd.aggregation import IMTLGWeighting

    return IMTLGWeighting()(gramian)


def cagrad(gramian: Tensor) -> Tensor:
    """The direction near the mean gradient along which the worse-off loss falls the most.

    Liu and others 2021, arXiv:2110.14048, algorithm 1: with ``g_0`` the mean gradient and
    ``r = c * |g_0|``, find the convex combination ``g_w`` that minimizes
    ``g_w . g_0 + r * |g_w|``, and go along ``g_0 + r * g_w / |g_w|``. For two tasks that is a
    convex function of one number, which scipy minimizes, as in the authors' code. (TorchJD's
    CAGrad gives the same weights, and needs cvxpy and its solvers: 200 megabytes.)
    """
    from scipy.optimize import minimize_scalar

    products = gramian.numpy()

    def norm(weights: np.ndarray) -> float:
        return math.sqrt(max(weights @ products @ weights, 0.0))  # rounding may go below zero

    mean = np.full(2, 0.5)
    radius = CAGRAD_RADIUS * norm(mean)

    def descent(first: float) -> float:
        weights = np.array([first, 1 - first])
        return weights @ products @ mean + radius * norm(weights)

    first = minimize_scalar(descent, bounds=(0, 1), method="bounded", options={"xatol": 1e-12}).x
    worst = np.array([first, 1 - first])
    if norm(worst) == 0:  # the gradients are opposite: no direction is good for both
        return torch.zeros(2)
    return torch.from_numpy(mean + radius / norm(worst) * worst)


AGGREGATORS = {"pcgrad": pcgrad, "cagrad": cagrad, "mgda": mgda, "upgrad": upgrad, "imtlg": imtlg}
BALANCINGS = ("fixed", "uncertainty", *AGGREGATORS)


def balancing_of(
    run: Run, parameters: Sequence[nn.Parameter]
) -> FixedWeights | UncertaintyWeights | AggregatedGradients:
    """Return what a run's ``balancing`` names, for the parameters of its network.

    Raises
    ------
    ValueError
        If there is no such balancing, or if it aggregates and the embeddings are separate.
    """
    if run.balancing not in BALANCINGS:
        raise ValueError(
            f"balancing is {run.balancing!r}; it should be one of {', '.join(BALANCINGS)}"
        )
    if run.balancing not in AGGREGATORS:
        return FixedWeights() if run.balancing == "fixed" else UncertaintyWeights()
    if not run.embedding_sharing:
        raise ValueError(
            f"balancing={run.balancing!r} aggregates the gradients of shared embeddings, and "
            "separate ones have nothing to aggregate: take embedding_sharing=True, or "
            "balancing='fixed'"
        )
    return AggregatedGradients(AGGREGATORS[run.balancing], parameters)


def inner_products(gradients: Sequence[Sequence[Tensor]]) -> Tensor:
    """Return the Gramian of the tasks' gradients: float64, shape (num_tasks, num_tasks).

    A gradient is given in parts, one for each parameter.
    """

    def product(first: Sequence[Tensor], second: Sequence[Tensor]) -> float:
        return sum(
            torch.dot(one.flatten(), two.flatten()).item() for one, two in zip(first, second)
        )

    products = [[product(first, second) for second in gradients] for first in gradients]
    return torch.tensor(products, dtype=torch.float64)


def compare_gradients(
    epoch: int, factorization_loss: Tensor, regression_loss: Tensor, net: nn.Module
) -> list[dict[str, Any]]:
    """Compare the gradients of the two losses with respect to the shared tables.

    Parameters
    ----------
    epoch : int
        For the rows.
    factorization_loss, regression_loss : float tensors, shape ()
        ``L_F`` and ``L_R``, unweighted. Their graph is kept.
    net : nn.Module
        The tables are its attributes ``U`` and ``Q``.

    Returns
    -------
    list of dict
        A row each for ``"U"``, ``"Q"`` and ``"U and Q"`` (both as one vector), of columns
        ``epoch``, ``table``, ``factorization_norm`` and ``regression_norm`` (Euclidean) and
        ``cosine`` (of the angle between the two gradients; NaN where one is zero). Empty if the
        network has no such tables, as one with separate embeddings.
    """
    tables: list[Any] = [
        getattr(getattr(net, name, None), "weight", None) for name in SHARED_TABLES
    ]
    if not all(isinstance(table, nn.Parameter) for table in tables):
        return []
    # A mistake of the student's may leave a table out of a loss: a gradient of zero.
    by_task = [
        torch.autograd.grad(loss, tables, retain_graph=True, materialize_grads=True)
        for loss in (factorization_loss, regression_loss)
    ]
    rows = []
    for name, part in (("U", slice(1)), ("Q", slice(1, 2)), ("U and Q", slice(2))):
        products = inner_products([gradients[part] for gradients in by_task])
        norms = [math.sqrt(square) for square in products.diagonal().tolist()]
        lengths = norms[0] * norms[1]
        rows.append(
            {
                "epoch": epoch,
                "table": name,
                "factorization_norm": norms[0],
                "regression_norm": norms[1],
                "cosine": products[0, 1].item() / lengths if lengths else math.nan,
            }
        )
    return rows
