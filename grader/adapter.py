"""Every call into a submission: one function for each thing that a test asks for.

This file and ``engine/calls.py`` are all of the grader that a worker has. They build, load, call
and describe, and know nothing of what is right: no expected value, no test name, no point. The
parts that stand in for wrong ones have the right shapes, which the docstrings of ``submission/``
give.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

import numpy as np

if TYPE_CHECKING:
    from grader.engine.calls import Submission

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
else:

    class Torch:
        """torch, imported by the first call: who only asks a worker for calls needs none of it."""

        def __getattr__(self, name: str) -> Any:
            global torch
            import torch

            return getattr(torch, name)

    torch = Torch()

# The attributes that each method of MultiTaskNet makes.
TABLES = {
    "init_shared_user_and_item_embeddings": ("U", "Q"),
    "init_separate_user_and_item_embeddings": ("U_reg", "Q_reg", "U_fact", "Q_fact"),
    "init_user_and_item_bias": ("A", "B"),
}
MLP = "init_mlp_layers"
# The methods behind each part that a test can be judged without.
METHODS = {"tables": (*TABLES,), "mlp": (MLP,)}
# What parameters of the student's own hold: neither 0 nor 1, with which they are likely to start.
OTHER_PARAMETERS = 0.7
# What a table holds when rows are looked up in it to see whether they come as they are.
FULL = 3.0

Numbers: TypeAlias = Any  # an array, nested sequences of numbers, or a number


class Sizes(TypedDict):
    """Arguments of ``MultiTaskNet``."""

    num_users: int
    num_items: int
    embedding_dim: int
    layer_sizes: Sequence[int]
    embedding_sharing: bool


class Net(TypedDict):
    """A net's sizes, its tables' weights by name, its MLP's parameters in order.

    ``earlier`` may hold other weights of the tables, with which the net is called before: what it
    keeps of that call is out of date by the time that a test looks.
    """

    sizes: Sizes
    tables: dict[str, np.ndarray]
    dense: list[np.ndarray]
    earlier: dict[str, np.ndarray]


class Mismatch(ValueError):
    """The submission's net cannot take the weights that were sent to it."""


# Question 1a


def tables(
    submission: Submission,
    sizes: Sizes,
    names: Sequence[str],
    seed: int = 0,
    ids: Numbers = (),
    cotangent: Numbers = (),
) -> dict[str, Any]:
    """Describe the tables of a new net, where only the method that makes them is the student's.

    With ``ids``, the gradient of ``sum(table(ids) * cotangent)`` comes too, with the names of the
    other tables that it reaches, where a table has rows for these ids.
    """
    own = next(method for method, made in TABLES.items() if set(names) <= set(made))
    net = build(submission, sizes, seed, but=(own,))
    parameters = {id(parameter) for parameter in net.parameters()}
    weights: dict[str, Any] = {
        name: getattr(getattr(net, name, None), "weight", None) for name in names
    }
    storages = {
        name: weight.untyped_storage().data_ptr() if isinstance(weight, torch.Tensor) else name
        for name, weight in weights.items()
    }
    described = {}
    for name, weight in weights.items():
        table: Any = getattr(net, name, None)
        described[name] = {
            "table": table,
            "weight": weight,
            "registered": id(weight) in parameters,
            "storage": next(n for n in names if storages[n] == storages[name]),
        }
        if len(ids) and has_rows(table, weight, ids):
            described[name]["full"] = rows_of_full_table(table, weight, ids)
            rows = table(tensor(ids))
            found = dict(zip(names, gradients(rows, cotangent, [*weights.values()])))
            described[name]["gradient"] = found.pop(name)
            described[name]["others"] = [n for n, other in found.items() if other is not None]
    return described


def has_rows(table: Any, weight: Any, ids: Numbers) -> bool:
    """Return whether a table can be asked for the rows of ids."""
    is_table = isinstance(table, torch.nn.Module) and isinstance(weight, torch.Tensor)
    return is_table and weight.dim() == 2 and len(weight) > max(ids)


def rows_of_full_table(table: nn.Module, weight: Tensor, ids: Numbers) -> Tensor:
    """Return the rows that a table gives while it holds ``FULL`` everywhere."""
    with torch.no_grad():
        before = weight.clone()
        weight.fill_(FULL)
        rows = table(tensor(ids)).clone()
        weight.copy_(before)
    return rows


# Question 1b


def mlp_layers(
    submission: Submission, sizes: Sizes, seed: int = 0, rows: Numbers = ()
) -> dict[str, Any]:
    """Describe ``mlp_layers`` of a new net, where only the method that makes it is the student's.

    With ``rows``, what it returns for them twice in training and once in evaluation comes too,
    if it can be called with them.
    """
    net = build(submission, sizes, seed, but=(MLP,))
    layers = net.mlp_layers
    is_module = isinstance(layers, torch.nn.Module)
    parameters = list(layers.parameters()) if is_module else []
    registered = {id(parameter) for parameter in net.parameters()}
    described = {
        "layers": layers,
        "module": is_module,
        "registered": all(id(parameter) in registered for parameter in parameters),
        "trainable": all(parameter.requires_grad for parameter in parameters),
        "parameters": parameters,
    }
    if len(rows):
        with contextlib.suppress(Exception):  # not every module is called in this way
            outputs = [seeded(1, layers, tensor(rows)), seeded(2, layers, tensor(rows))]
            net.train(False)
            described["outputs"] = [*outputs, layers(tensor(rows))]
    return described


def mlp(submission: Submission, net: Net, rows: Numbers) -> dict[str, Any]:
    """Return what ``mlp_layers`` with given weights returns for rows, if it can be called so.

    ``again`` is another output for the same rows, if there is any.
    """
    built = build(submission, net["sizes"], but=(MLP,))
    layers = built.mlp_layers
    modules = list(layers.modules())[1:] if isinstance(layers, torch.nn.Module) else []
    plain = all(isinstance(module, (torch.nn.Linear, torch.nn.Sequential)) for module in modules)
    described = {"module": isinstance(layers, torch.nn.Module), "plain": plain}
    load(built, {}, net["dense"])
    with contextlib.suppress(Exception):
        outputs = [seeded(seed, layers, tensor(rows)) for seed in range(6)]
        others = [other for other in outputs if not torch.equal(other, outputs[0])]
        described |= {"output": outputs[0], "again": [*others, outputs[1]][0]}
    return described


def rating_with_own_mlp(submission: Submission, net: Net, users: Numbers, movies: Numbers) -> Any:
    """Return what ``forward`` returns with the student's MLP and the reference's tables."""
    built = build(submission, net["sizes"], but=(MLP,))
    load(built, net["tables"], net["dense"])
    return forward_method(built, net)(tensor(users), tensor(movies))


# Question 1c


def forward(
    submission: Submission, net: Net, batches: Sequence[tuple[Numbers, Numbers]]
) -> list[Any]:
    """Return what the forward pass of the net's kind returns for each batch of pairs."""
    method = forward_method(loaded(submission, net)[0], net)
    return [method(tensor(users), tensor(movies)) for users, movies in batches]


def forward_with_gradients(
    submission: Submission,
    net: Net,
    users: Numbers,
    movies: Numbers,
    cotangents: Sequence[Numbers],
) -> dict[str, Any]:
    """Return both predictions, twice, and the gradients of ``sum(prediction * cotangent)``.

    Gradients are with respect to the tables by name, then to the MLP's parameters in order.
    """
    built, dense = loaded(
        submission, net, lambda n: forward_method(n, net)(*tensors(users, movies))
    )
    method = forward_method(built, net)
    out = seeded(1, method, *tensors(users, movies))
    again = seeded(2, method, *tensors(users, movies))
    inputs = [getattr(built, name).weight for name in net["tables"]] + dense
    found = [gradients(item(out, k), cotangents[k], inputs) for k in (0, 1)]
    return {"out": out, "again": again, "gradients": found}


def trained_tables(
    submission: Submission, net: Net, users: Numbers, movies: Numbers
) -> list[list[str]]:
    """Return the names of the tables that a gradient of each prediction reaches.

    It is that of a weighted sum of all numbers that the prediction has, whatever its shape.
    """
    built = loaded(submission, net)[0]
    out = seeded(0, forward_method(built, net), *tensors(users, movies))
    weights = {name: getattr(built, name).weight for name in net["tables"]}
    trained = []
    for place in (0, 1):
        prediction = item(out, place)
        shape = prediction.shape if isinstance(prediction, torch.Tensor) else ()
        cotangent = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
        found = zip(weights, gradients(prediction, cotangent, [*weights.values()]))
        trained.append([name for name, g in found if g is not None and bool(g.any())])
    return trained


def forward_in_modes(
    submission: Submission, net: Net, users: Numbers, movies: Numbers
) -> dict[str, Any]:
    """Return predictions by ``forward`` and by the method, in training and in evaluation.

    The ids and the tables' weights come as they are after these calls.
    """
    built = loaded(submission, net)[0]
    ids = tensors(users, movies)
    described = {"forward": seeded(0, built.forward, *ids)}
    described["training"] = seeded(0, forward_method(built, net), *ids)
    built.train(False)
    described["evaluating"] = seeded(0, forward_method(built, net), *ids)
    described["ids"] = ids
    described["tables"] = {name: getattr(built, name).weight for name in net["tables"]}
    return described


# Question 1d


def score_all_items(submission: Submission, net: Net, batches: Sequence[Numbers]) -> list[Any]:
    """Return every movie's scores for each batch of users."""
    built = loaded(submission, net)[0]
    return [built.score_all_items(tensor(users)) for users in batches]


def score_all_items_in_modes(submission: Submission, net: Net, users: Numbers) -> dict[str, Any]:
    """Return scores twice in training and once in evaluation, and a gradient of A afterwards.

    The gradient is of ``sum(A(users))``: scoring must leave the net trainable.
    """
    built, _ = loaded(submission, net, lambda n: n.score_all_items(tensor(users)))
    described = {
        "out": seeded(1, built.score_all_items, tensor(users)),
        "again": seeded(2, built.score_all_items, tensor(users)),
    }
    built.train(False)
    described["evaluating"] = seeded(0, built.score_all_items, tensor(users))
    biases = built.A(tensor(users))
    described["gradient"] = gradients(biases, np.ones(biases.shape), [built.A.weight])[0]
    return described


# Questions 2a to 2c


def loss(
    submission: Submission, name: str, arguments: Sequence[Numbers], weights: Sequence[float] = ()
) -> dict[str, Any]:
    """Return what ``bpr_loss``, ``regression_loss`` or ``joint_loss`` returns.

    The arguments come as they are after the call.
    """
    given = tensors(*arguments)
    value = getattr(submission.load("loss"), name)(*given, *weights)
    return {"loss": value, "arguments": given}


def loss_gradients(
    submission: Submission,
    name: str,
    arguments: Sequence[Numbers],
    wrt: Sequence[int],
    weights: Sequence[float] = (),
) -> dict[str, Any]:
    """Return a loss and its gradients with respect to some of its arguments, by place."""
    given = tensors(*arguments)
    inputs = [given[place].requires_grad_() for place in wrt]
    value = getattr(submission.load("loss"), name)(*given, *weights)
    return {"loss": value, "gradients": gradients(value, 1.0, inputs)}


# Question 2d


def reciprocal_ranks(
    submission: Submission, scores: Numbers, heldout: Numbers, seen: Numbers | None = None
) -> dict[str, Any]:
    """Return ``reciprocal_ranks``, and its arguments as they are after the call."""
    given = tensors(*(array for array in (scores, heldout, seen) if array is not None))
    return {"out": submission.load("mrr").reciprocal_ranks(*given), "arguments": given}


def mrr_score(
    submission: Submission,
    scores: Numbers,
    heldout: Numbers,
    seen: Numbers | None = None,
    ranks: Numbers | None = None,
) -> dict[str, Any]:
    """Return ``mrr_score``, and its arguments as they are after the call.

    ``ranks`` are what ``reciprocal_ranks`` is to return where the submission's own is wrong.
    """
    module: Any = submission.load("mrr")
    given = tensors(*(array for array in (scores, heldout, seen) if array is not None))
    own = getattr(module, "reciprocal_ranks", None)
    if "ranks" in submission.reference and ranks is not None:
        module.reciprocal_ranks = lambda *_, **__: tensor(ranks)
    try:
        return {"out": module.mrr_score(*given), "arguments": given}
    finally:  # a module may outlive the call
        module.reciprocal_ranks = own


# A counterexample


def printed(
    submission: Submission, file: str, name: str, before: str, value: str, seed: int
) -> str:
    """Return what ``print`` shows of an expression after some lines of our own.

    They can use ``torch``, ``tensor`` and one name from a file of the submission.
    """
    torch.default_generator.manual_seed(seed)
    names = {"torch": torch, "tensor": torch.tensor, name: getattr(submission.load(file), name)}
    exec(before, names)
    return str(eval(value, names))


# Nets


def build(
    submission: Submission,
    sizes: Sizes,
    seed: int = 0,
    but: Collection[str] | None = None,
    dense: Sequence[Numbers] = (),
) -> Any:
    """Build a net, with the reference's parts in place of those that the submission has wrong.

    With ``but``, only these methods are the student's. A method that is replaced runs all the same,
    for what else it leaves in the net. The reference's MLP has room for ``dense``.
    """
    net_class = submission.load("model").MultiTaskNet
    parts = submission.reference & METHODS.keys() if but is None else METHODS.keys()
    replaced = {method for part in parts for method in METHODS[part]} - set(but or ())
    # What __init__ calls: one method for tables may call the other.
    unused = "separate" if sizes["embedding_sharing"] else "shared"
    replaced -= {f"init_{unused}_user_and_item_embeddings"}
    if replaced:
        methods = {name: _reference_method(net_class, name, sizes, dense) for name in replaced}
        net_class = type(net_class.__name__, (net_class,), methods)
    torch.default_generator.manual_seed(seed)
    return net_class(**{**sizes, "layer_sizes": tuple(sizes["layer_sizes"])})


def _reference_method(
    net_class: type, name: str, sizes: Sizes, dense: Sequence[Numbers]
) -> Callable[..., Any]:
    own: Any = getattr(net_class, name, None)

    def method(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(Exception):
            own(self, *args, **kwargs)
        return reference_part(name, sizes, dense)

    return method


def reference_part(method: str, sizes: Sizes, dense: Sequence[Numbers] = ()) -> Any:
    """Return modules of the right shapes: embeddings, or an MLP with room for ``dense``.

    Students have this file, so it does not compute shapes from ``layer_sizes``, which 1b asks for.
    """
    users, movies, columns = sizes["num_users"], sizes["num_items"], sizes["embedding_dim"]
    if method == MLP:
        shapes = [np.shape(weight)[::-1] for weight in dense[::2]]
        modules = [
            module for shape in shapes for module in (torch.nn.ReLU(), torch.nn.Linear(*shape))
        ]
        return torch.nn.Sequential(*modules[1:])
    columns = 1 if method == "init_user_and_item_bias" else columns
    count = len(TABLES[method])
    return tuple(torch.nn.Embedding((users, movies)[k % 2], columns) for k in range(count))


def loaded(
    submission: Submission, net: Net, call_before: Callable[[Any], Any] | None = None
) -> tuple[Any, list[Tensor]]:
    """Build a net and load its weights; return it with the parameters of its MLP.

    ``call_before`` is called while the tables hold ``net["earlier"]``.
    """
    built = build(submission, net["sizes"], dense=net["dense"])
    if call_before is not None and net["earlier"]:
        load(built, net["earlier"], [])
        seeded(0, call_before, built)
    dense = load(built, net["tables"], net["dense"])
    known = {id(getattr(built, name).weight) for name in net["tables"]}
    known |= {id(parameter) for parameter in mlp_parameters(built)}
    with torch.no_grad():
        for parameter in built.parameters():
            if parameter.requires_grad and id(parameter) not in known:
                parameter.fill_(OTHER_PARAMETERS)
    return built, dense


def load(
    net: nn.Module, weights: dict[str, np.ndarray], dense: Sequence[np.ndarray]
) -> list[Tensor]:
    """Copy arrays into the tables' weights and the MLP's parameters; return these parameters."""
    for name, array in weights.items():
        weight = getattr(getattr(net, name, None), "weight", None)
        copy_into(weight, tensor(array), f"{name}.weight")
    if not dense:
        return []
    values = tensors(*dense)
    paired = paired_by_shape(mlp_parameters(net), values)
    for index, (parameter, value) in enumerate(zip(paired, values)):
        copy_into(parameter, value, f"parameter {index} of mlp_layers")
    return paired


def mlp_parameters(net: nn.Module) -> list[Tensor]:
    """Return the parameters of ``mlp_layers``, also where it is a plain list, which 1b judges."""
    layers = net.mlp_layers
    modules = layers if isinstance(layers, (list, tuple)) else [layers]
    return [
        p for module in modules if isinstance(module, torch.nn.Module) for p in module.parameters()
    ]


def paired_by_shape(parameters: Sequence[Tensor], values: list[Tensor]) -> list[Tensor]:
    """Return the parameter that each value belongs to: in order, or else by its shape."""
    if [p.shape for p in parameters] == [v.shape for v in values]:
        return list(parameters)
    left = list(parameters)
    pairs = []
    for value in values:
        index = next((i for i, p in enumerate(left) if p.shape == value.shape), None)
        if index is None:
            break
        pairs.append(left.pop(index))
    if left or len(pairs) < len(values):
        raise Mismatch(
            "mlp_layers should have parameters of shapes "
            f"{[tuple(v.shape) for v in values]}, it has {[tuple(p.shape) for p in parameters]}"
        )
    return pairs


def copy_into(parameter: Any, value: Tensor, name: str) -> None:
    """Overwrite a parameter's numbers."""
    if not isinstance(parameter, torch.Tensor):
        raise Mismatch(f"{name} should be a tensor, it is {type(parameter).__name__}")
    if parameter.shape != value.shape:
        raise Mismatch(
            f"{name} should have shape {tuple(value.shape)}, it has {tuple(parameter.shape)}"
        )
    with torch.no_grad():
        parameter.copy_(value)


def forward_method(built: nn.Module, net: Net) -> Callable[..., Any]:
    kind = "with" if net["sizes"]["embedding_sharing"] else "without"
    return getattr(built, f"forward_{kind}_embedding_sharing")


# Tensors


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Leave torch's random numbers and threads as they are, in a process that uses them too.

    On one thread, as in the worker, small nets are far faster.
    """
    random_state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(random_state)


def tensor(values: Numbers) -> Tensor:
    """Return a tensor of its own; of lists, fractions are float32 and whole numbers int64."""
    if isinstance(values, np.ndarray):
        return torch.from_numpy(np.array(values))
    return torch.tensor(values)


def tensors(*arrays: Numbers) -> list[Tensor]:
    return [tensor(array) for array in arrays]


def item(value: Any, place: int) -> Any:
    """Return one of several returned values, None if it is not there."""
    found = isinstance(value, (tuple, list)) and len(value) > place
    return value[place] if found else None


def seeded(seed: int, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function after setting the seed."""
    torch.default_generator.manual_seed(seed)
    return function(*args)


def gradients(output: Any, cotangent: Numbers, inputs: Sequence[Tensor]) -> list[Tensor | None]:
    """Return the gradients of ``sum(output * cotangent)``, None where none reaches an input."""
    found: list[Tensor | None] = [None] * len(inputs)
    if not (isinstance(output, torch.Tensor) and output.requires_grad):
        return found
    weight = torch.as_tensor(cotangent)
    if output.shape != weight.shape:
        return found
    reached = [
        k for k, leaf in enumerate(inputs) if isinstance(leaf, torch.Tensor) and leaf.requires_grad
    ]
    # Of a sum, for a cotangent of one's own makes torch import hundreds of modules.
    results = torch.autograd.grad(
        (output * weight.to(output.dtype)).sum(),
        [inputs[k] for k in reached],
        retain_graph=True,
        allow_unused=True,
    )
    for k, gradient in zip(reached, results):
        found[k] = gradient
    return found
