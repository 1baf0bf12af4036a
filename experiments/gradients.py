"""The gradients of the two tasks, apart: how long each is, and whether they pull the same way."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

SHARED_TABLES = ("U", "Q")


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
