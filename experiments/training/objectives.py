"""How the two tasks' losses make one step: fixed weights, learned weights, or aggregation.

Below, ``L_F`` and ``L_R`` are the factorization and the regression loss, times the run's
``lambda_F`` and ``lambda_R``. All but fixed weights find a balance themselves and are meant for
``lambda_F = lambda_R = 1``, the losses as they are.

TorchJD and scipy's optimizers are imported where a run needs them; the course's runs do not.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from experiments.run import Run

# Adam moves a number by about its rate a step. In the course's 200 steps a log variance goes from
# 0 to log 13, where the MSE starts, and back; at the network's rate it would hardly leave 0.
LOG_VARIANCE_RATE = 0.1
SHARED_TABLES = ("U", "Q")
CAGRAD_RADIUS = 0.5  # c, as a share of the mean gradient's length

Weigh = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Losses:
    """The student's losses at one step, scalar tensors: of the two tasks, and the weighted sum."""

    factorization: Tensor
    regression: Tensor
    joint: Tensor


class Balancing(nn.Module):
    """Gives a network its gradients. What it learns itself are its parameters, for the optimizer.

    Parameters
    ----------
    factorization_weight, regression_weight : float
        ``lambda_F`` and ``lambda_R``.
    """

    def __init__(self, factorization_weight: float, regression_weight: float) -> None:
        super().__init__()
        self.factorization_weight, self.regression_weight = factorization_weight, regression_weight

    def backward(self, losses: Losses) -> None:
        """Fill ``grad``, empty so far, of the parameters that the losses depend on."""
        raise NotImplementedError

    def weighted(self, losses: Losses) -> tuple[Tensor, Tensor]:
        """Return ``L_F`` and ``L_R`` times their weights."""
        return (
            self.factorization_weight * losses.factorization,
            self.regression_weight * losses.regression,
        )


class FixedWeights(Balancing):
    """The gradient of the student's joint loss."""

    def backward(self, losses: Losses) -> None:
        losses.joint.backward()


class UncertaintyWeights(Balancing):
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

    def __init__(self, factorization_weight: float, regression_weight: float) -> None:
        super().__init__(factorization_weight, regression_weight)
        self.log_variances = nn.Parameter(torch.zeros(2))

    def backward(self, losses: Losses) -> None:
        factorization, regression = self.weighted(losses)
        precision_factorization, precision_regression = torch.exp(-self.log_variances)
        total = precision_factorization * factorization + precision_regression * regression / 2
        (total + self.log_variances.sum() / 2).backward()


class AggregatedGradients(Balancing):
    """Two backward passes, one for each task, and a weighted sum where both reach a parameter.

    Let ``g_F`` and ``g_R`` be the gradients of ``L_F`` and ``L_R`` with respect to all parameters
    that both depend on: the tables ``U`` and ``Q``. These get ``w_F * g_F + w_R * g_R``, with
    weights that depend on lengths and angle. A parameter of one task (a bias, a dense layer) gets
    the gradient of that task.

    Parameters
    ----------
    factorization_weight, regression_weight : float
    weigh : callable
        From the Gramian of ``g_F`` and ``g_R`` to their weights: float64 tensors of shape (2, 2)
        and (2,), on the processor.
    parameters : sequence of Parameter
        The network's.
    """

    def __init__(
        self,
        factorization_weight: float,
        regression_weight: float,
        weigh: Weigh,
        parameters: Sequence[nn.Parameter],
    ) -> None:
        super().__init__(factorization_weight, regression_weight)
        self.weigh = weigh
        self.of_network = list(parameters)

    def backward(self, losses: Losses) -> None:
        pairs = list(zip(*task_gradients(self.weighted(losses), self.of_network)))
        shared = [pair for pair in pairs if all(gradient is not None for gradient in pair)]
        weights = self._weights(*zip(*shared)) if shared else ()
        for parameter, (factorization, regression) in zip(self.of_network, pairs):
            if factorization is None:
                parameter.grad = regression
            elif regression is None:
                parameter.grad = factorization
            else:
                parameter.grad = weights[0] * factorization + weights[1] * regression

    def _weights(
        self, factorization: Sequence[Tensor], regression: Sequence[Tensor]
    ) -> list[float]:
        across = inner_product(factorization, regression)
        gramian = torch.tensor(
            [
                [inner_product(factorization, factorization), across],
                [across, inner_product(regression, regression)],
            ],
            dtype=torch.float64,
        )
        # A student's dropout draws from the stream that an aggregator may shuffle tasks with.
        with torch.random.fork_rng(devices=[]):
            return self.weigh(gramian).tolist()


def pcgrad() -> Weigh:
    """Each gradient loses what points against the other one; then the sum.

    Yu and others 2020, arXiv:2001.06782, algorithm 1. Gradients at an acute angle are just added.
    """
    from torchjd.aggregation import PCGradWeighting

    return PCGradWeighting()


def mgda() -> Weigh:
    """The shortest convex combination: a direction in which neither loss grows.

    Desideri 2012; Sener and Koltun 2018, arXiv:1810.04650, algorithm 2. For two gradients the
    first step of its Frank-Wolfe iteration is exact.
    """
    from torchjd.aggregation import MGDAWeighting

    return MGDAWeighting()


def imtlg() -> Weigh:
    """The combination whose projections on both gradients are equally long: the bisector.

    IMTL-G of Liu and others 2021, "Towards Impartial Multi-task Learning". For two tasks the
    bargain of Nash-MTL (Navon and others 2022, arXiv:2202.01017) has the same direction.
    """
    from torchjd.aggregation import IMTLGWeighting

    return IMTLGWeighting()


def upgrad() -> Weigh:
    """The mean of the gradients, after each is projected to where neither loss grows.

    Quinton and Rey 2024, arXiv:2406.16232. For two tasks it is half of PCGrad's sum.
    """
    from torchjd.aggregation import UPGradWeighting
    from torchjd.linalg import DualConeProjector

    class TwoTaskProjector(DualConeProjector):
        """The projection's quadratic program, ``min v' G v, v >= u``, solved for two tasks.

        TorchJD's own solver is an extra dependency, and first adds 1e-4 of the trace to the
        diagonal of ``G``, where the squared length of ``g_F`` is often less.
        """

        def __call__(self, U: Tensor, G: Tensor) -> Tensor:
            if G[0, 1] >= 0:
                return U
            # A row of U has one entry that is not zero. As much of the other gradient is added
            # as makes the sum orthogonal to it.
            first, second = (G[0, 1] / G.diagonal()).tolist()
            return U - U @ U.new_tensor([[0.0, second], [first, 0.0]])

    return UPGradWeighting(projector=TwoTaskProjector())


def cagrad() -> Weigh:
    """The direction near the mean gradient along which the worse-off loss falls the most.

    Liu and others 2021, arXiv:2110.14048, algorithm 1: with ``g_0`` the mean gradient and
    ``r = c * |g_0|``, find the convex combination ``g_w`` that minimizes
    ``g_w . g_0 + r * |g_w|``, and go along ``g_0 + r * g_w / |g_w|``. For two tasks that is a
    convex function of one number, which scipy minimizes, as in the authors' code. (TorchJD's
    CAGrad gives the same weights, and needs cvxpy and its solvers: 200 megabytes.)
    """
    from scipy.optimize import minimize_scalar

    def weigh(gramian: Tensor) -> Tensor:
        gramian = gramian.numpy()

        def norm(weights: np.ndarray) -> float:
            return math.sqrt(max(weights @ gramian @ weights, 0.0))  # rounding may go below zero

        mean = np.full(2, 0.5)
        radius = CAGRAD_RADIUS * norm(mean)

        def descent(first: float) -> float:
            weights = np.array([first, 1 - first])
            return weights @ gramian @ mean + radius * norm(weights)

        first = minimize_scalar(
            descent, bounds=(0, 1), method="bounded", options={"xatol": 1e-12}
        ).x
        worst = np.array([first, 1 - first])
        if norm(worst) == 0:  # the gradients are opposite: no direction is good for both
            return torch.zeros(2)
        return torch.from_numpy(mean + radius / norm(worst) * worst)

    return weigh


AGGREGATORS: dict[str, Callable[[], Weigh]] = {
    "pcgrad": pcgrad,
    "cagrad": cagrad,
    "mgda": mgda,
    "upgrad": upgrad,
    "imtlg": imtlg,
}
BALANCINGS = ("fixed", "uncertainty", *AGGREGATORS)


def balancing_of(configuration: Run, parameters: Sequence[nn.Parameter]) -> Balancing:
    """Return what a configuration's ``balancing`` names, for the parameters of its network.

    Raises
    ------
    ValueError
        If there is no such balancing, or if it aggregates and the embeddings are separate.
    """
    name = configuration.balancing
    weights = configuration.factorization_weight, configuration.regression_weight
    if name == "fixed":
        return FixedWeights(*weights)
    if name == "uncertainty":
        return UncertaintyWeights(*weights)
    if name not in AGGREGATORS:
        raise ValueError(f"balancing is {name!r}; it should be one of {', '.join(BALANCINGS)}")
    if not configuration.embedding_sharing:
        raise ValueError(
            f"balancing={name!r} aggregates the gradients of shared embeddings, and separate ones "
            "have nothing to aggregate: take embedding_sharing=True, or balancing='fixed'"
        )
    return AggregatedGradients(*weights, AGGREGATORS[name](), parameters)


def task_gradients(
    losses: Sequence[Tensor], parameters: Sequence[nn.Parameter]
) -> list[tuple[Tensor | None, ...]]:
    """Return each loss's gradient with respect to each parameter; None where it has none.

    The graph of the losses is kept for another backward pass, and ``grad`` is left as it is.
    """
    return [
        torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        for loss in losses
    ]


def inner_product(first: Iterable[Tensor], second: Iterable[Tensor]) -> float:
    """Return the inner product of two vectors that are kept in parts of equal shapes."""
    return sum(
        torch.dot(one.flatten(), other.flatten()).item() for one, other in zip(first, second)
    )


def compare_gradients(
    epoch: int, factorization_loss: Tensor, regression_loss: Tensor, net: nn.Module
) -> list[dict[str, int | str | float]]:
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
    tables = {name: getattr(getattr(net, name, None), "weight", None) for name in SHARED_TABLES}
    if not all(isinstance(table, nn.Parameter) for table in tables.values()):
        return []
    by_task = task_gradients((factorization_loss, regression_loss), list(tables.values()))
    # A mistake of the student's may leave a table out of a loss: a gradient of zero.
    by_task = [
        [torch.zeros_like(table) if gradient is None else gradient for table, gradient in pairs]
        for pairs in (zip(tables.values(), gradients) for gradients in by_task)
    ]
    parts = {name: slice(place, place + 1) for place, name in enumerate(tables)}
    parts[" and ".join(tables)] = slice(None)
    return [
        {"epoch": epoch, "table": name, **_compare(*(gradients[part] for gradients in by_task))}
        for name, part in parts.items()
    ]


def _compare(factorization: list[Tensor], regression: list[Tensor]) -> dict[str, float]:
    factorization_norm = math.sqrt(inner_product(factorization, factorization))
    regression_norm = math.sqrt(inner_product(regression, regression))
    product = factorization_norm * regression_norm
    cosine = inner_product(factorization, regression) / product if product else math.nan
    return {
        "factorization_norm": factorization_norm,
        "regression_norm": regression_norm,
        "cosine": cosine,
    }
