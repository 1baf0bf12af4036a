"""What is done to torch before a submission uses it."""

from typing import Any


def warm_up() -> None:
    """Take the steps that torch postpones until they are first needed, once for all workers."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))(torch.ones(3, 2)).sum().backward()
    nn.Embedding(2, 2)(torch.tensor([1])).sum().backward()
    nn.EmbeddingBag(2, 2, mode="sum")(torch.tensor([[0]]))
    str(torch.ones(2))
    torch.compile = compile_nothing
    torch.manual_seed(0)


def compile_nothing(model: Any = None, **options: Any) -> Any:
    """Stand for ``torch.compile``, also as a decorator: what it is given does the same uncompiled.

    There is no compiler here, and to find that out takes each worker seconds of imports.
    """
    return model if model is not None else lambda given: given
