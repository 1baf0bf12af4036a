"""Packages that are imported before any submission, once for all workers."""

import gc
import importlib
import sys
from collections.abc import Iterable
from typing import Any


def preload(modules: Iterable[str], optional: bool = False) -> None:
    """Import installed packages, and set up torch if it is among them.

    Raises
    ------
    ImportError
        If one is missing, unless they are ``optional``: a submission only mentions them.
    """
    for name in modules:
        new_torch = "torch" not in sys.modules
        try:
            importlib.import_module(name)
        except ImportError:
            if not optional:
                raise
        if new_torch and "torch" in sys.modules:
            _set_up_torch()
    gc.collect()
    gc.freeze()


def renew_threads() -> None:
    """Let torch, if it is there, replace the pool of threads that a fork breaks.

    It does so when the pool is first used, and not if two threads of a student's do that at once.
    """
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


def _set_up_torch() -> None:
    """Use one thread and one seed, and take the steps that are postponed until first needed."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))(torch.ones(3, 2)).sum().backward()
    str(torch.ones(2))
    torch.compile = compile_nothing
    torch.manual_seed(0)


def compile_nothing(model: Any = None, **options: Any) -> Any:
    """Stand for ``torch.compile``, also as a decorator: what it is given does the same uncompiled.

    There is no compiler here, and to find that out takes each worker seconds of imports.
    """
    return model if model is not None else lambda given: given
