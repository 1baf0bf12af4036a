"""Steps of a program, as tests write them; ``grader/adapter.py`` says what each one does."""

from collections.abc import Iterable
from typing import Any

Step = dict[str, Any]

# What may stand where a method of another question is not written yet: it lets the net be built.
PLACEHOLDERS: dict[str, list] = {
    "init_shared_user_and_item_embeddings": [[1, 1]] * 2,
    "init_separate_user_and_item_embeddings": [[1, 1]] * 4,
    "init_user_and_item_bias": [[1, 1]] * 2,
    "init_mlp_layers": [["Identity"]],
}


def all_but(method: str) -> dict[str, list]:
    """Return placeholders for every method that makes parts of the net, but one."""
    return {name: made for name, made in PLACEHOLDERS.items() if name != method}


def net(
    num_users: int,
    num_items: int,
    embedding_dim: int,
    layer_sizes: tuple[int, ...],
    embedding_sharing: bool = True,
    seed: int = 0,
    **parts: dict[str, list],
) -> Step:
    """Build a ``MultiTaskNet``; ``parts`` are ``spare`` and ``instead``."""
    sizes = {
        "num_users": num_users,
        "num_items": num_items,
        "embedding_dim": embedding_dim,
        "layer_sizes": list(layer_sizes),
        "embedding_sharing": embedding_sharing,
    }
    return {"do": "net", "sizes": sizes, "seed": seed, **parts}


def call(function: str, *args: Any, name: str = "out", **options: Any) -> Step:
    """Call ``"loss.bpr_loss"`` or ``"net.forward"``; strings among ``args`` name arrays."""
    return {"do": "call", "function": function, "args": list(args), "name": name, **options}


def load(tables: Iterable[str], dense: int = 0, prefix: str = "") -> Step:
    """Load arrays of the tables' own names, and ``dense`` arrays named ``dense0, dense1, ...``.

    Before the names of the tables' arrays comes ``prefix``.
    """
    arrays = {name: prefix + name for name in tables}
    return {"do": "load", "tables": arrays, "dense": [f"dense{index}" for index in range(dense)]}


def fill_others(tables: Iterable[str], number: float) -> Step:
    """Fill what the net has to learn beside these tables and its dense layers with a number."""
    return {"do": "fill_others", "tables": list(tables), "number": number}


def backward(of: str, cotangent: str, wrt: list[str] | tuple[str, ...], name: str) -> Step:
    """Take gradients of ``sum(of * cotangent)``; they come back as ``name:input``."""
    return {"do": "backward", "of": of, "cotangent": cotangent, "wrt": list(wrt), "name": name}


def track(*names: str) -> Step:
    """Let gradients reach these arrays."""
    return {"do": "track", "names": list(names)}


def report(*names: str) -> Step:
    """Send these things as they are at this moment."""
    return {"do": "report", "names": list(names)}


def describe_tables(*names: str) -> Step:
    """Say of each table what it is, whether it is registered, and whose numbers it shares."""
    return {"do": "tables", "names": list(names)}


def describe_dense() -> Step:
    """Send the parameters of ``mlp_layers`` and the classes of its modules."""
    return {"do": "dense"}


def mode(training: bool) -> Step:
    """Put the net into training or evaluation mode."""
    return {"do": "mode", "training": training}


def replace(function: str, returns: str) -> Step:
    """Let a function of the submission return an array, whatever it is given."""
    return {"do": "replace", "function": function, "returns": returns}


def train(*batch: str, weights: tuple[float, float], steps: int, learning_rate: float) -> Step:
    """Train with the submission's own losses on ``users, movies, negatives, ratings``."""
    return {
        "do": "train",
        "batch": list(batch),
        "weights": list(weights),
        "steps": steps,
        "learning_rate": learning_rate,
    }
