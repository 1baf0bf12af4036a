"""What a worker can be asked: a small vocabulary of steps, run over a student's modules.

This file is all of the grader that a worker has. It knows how to build, load, call and describe,
and nothing of what is right: no expected value, no test name, no point.

A *program* is ``{"steps": [{"do": verb, ...}, ...]}``, or ``{"programs": [...]}`` for several that
have nothing to do with each other. Steps name things: the arrays that came
with the program are tensors under their own names, ``"name"`` names what a step makes, and
``"net.U.weight"`` or ``"out.0"`` reach into it. Each verb is a method of ``Worker`` below.
"""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class Mismatch(ValueError):
    """The submission's net cannot take the weights that were sent to it."""


def execute(
    program: dict[str, Any], arrays: Mapping[str, np.ndarray], submission: Path
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run a program over the student's modules; a module is imported when a step needs it."""
    name = submission.name
    return answer(program, arrays, lambda module: importlib.import_module(f"{name}.{module}"))


def answer(
    program: dict[str, Any], arrays: Mapping[str, np.ndarray], load: Callable[[str], Any]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run a program over the modules that ``load("model" | "loss" | "mrr")`` returns.

    Returns
    -------
    result : dict
        ``{"values": {name: {"type": ..., ...}}}``, what each reported thing is.
    arrays : dict
        The numbers of those that are tensors, arrays or numbers, under the same names.
    """
    if "programs" in program:
        return _answer_each(program["programs"], arrays, load)
    torch.default_generator.manual_seed(0)
    worker = Worker(arrays, load)
    try:
        for step in program["steps"]:
            arguments = {key: value for key, value in step.items() if key != "do"}
            getattr(worker, "do_" + step["do"])(**arguments)
    finally:
        worker.put_back()
    return {"values": worker.values}, worker.arrays


def _answer_each(
    programs: list[dict[str, Any]], arrays: Mapping[str, np.ndarray], load: Callable[[str], Any]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run several programs one after the other; program ``k``'s arrays have names ``k/name``."""
    results, returned = [], {}
    for index, program in enumerate(programs):
        prefix = f"{index}/"
        own = {n.removeprefix(prefix): array for n, array in arrays.items() if n.startswith(prefix)}
        result, own = answer(program, own, load)
        results.append(result)
        returned |= {prefix + name: array for name, array in own.items()}
    return {"results": results}, returned


class Worker:
    """The things that one program has named so far, and what it reports about them."""

    def __init__(self, arrays: Mapping[str, np.ndarray], load: Callable[[str], Any]) -> None:
        self.load = load
        self.things: dict[str, Any] = {
            name: torch.from_numpy(np.array(array)) for name, array in arrays.items()
        }
        self.values: dict[str, dict[str, Any]] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self.replaced: list[tuple[Any, str, Any]] = []

    def do_net(
        self,
        sizes: dict[str, Any],
        seed: int = 0,
        spare: dict[str, list] | None = None,
        instead: dict[str, list] | None = None,
    ) -> None:
        """Build ``net``.

        ``instead`` replaces methods by what returns ready-made modules (see ``ready_made``);
        ``spare`` does so only where building fails without, so that a method that is not
        written yet does not hide the others.
        """
        sizes = {**sizes, "layer_sizes": tuple(sizes["layer_sizes"])}
        net_class = with_methods(self.load("model").MultiTaskNet, instead or {})
        torch.default_generator.manual_seed(seed)
        try:
            self.things["net"] = net_class(**sizes)
        except Exception:
            if not spare:
                raise
            torch.default_generator.manual_seed(seed)
            self.things["net"] = with_methods(net_class, spare)(**sizes)

    def do_tables(self, names: list[str]) -> None:
        """Report the net's tables: what each is, and which of them are one and the same."""
        net = self.things["net"]
        parameters = {id(parameter) for parameter in net.parameters()}
        tables = [getattr(net, name, None) for name in names]
        weights = [getattr(table, "weight", None) for table in tables]
        storages = [
            weight.untyped_storage().data_ptr() if isinstance(weight, Tensor) else id(name)
            for name, weight in zip(names, weights)
        ]
        for name, table, weight, storage in zip(names, tables, weights, storages):
            self.values[name] = {
                "type": type(table).__name__,
                "registered": id(weight) in parameters,
                "trainable": bool(getattr(weight, "requires_grad", False)),
                "storage": names[storages.index(storage)],
            }
            if isinstance(weight, Tensor):
                self.report(f"{name}.weight", weight)

    def do_dense(self) -> None:
        """Report the parameters of ``net.mlp_layers``, in order, and how the layers are kept."""
        net = self.things["net"]
        layers = net.mlp_layers
        modules = list(layers.modules()) if isinstance(layers, nn.Module) else []
        self.values["mlp_layers"] = {
            "type": type(layers).__name__,
            "module": isinstance(layers, nn.Module),
            "callable": isinstance(layers, nn.Module) and not isinstance(layers, nn.ModuleList),
            "classes": [type(module).__name__ for module in modules[1:]],
        }
        parameters = list(layers.parameters()) if isinstance(layers, nn.Module) else []
        registered = {id(parameter) for parameter in net.parameters()}
        self.values["mlp_layers"]["registered"] = all(id(p) in registered for p in parameters)
        self.values["mlp_layers"]["trainable"] = all(p.requires_grad for p in parameters)
        self.values["mlp_layers"]["count"] = len(parameters)
        for index, parameter in enumerate(parameters):
            self.report(f"dense.{index}", parameter)

    def do_load(self, tables: dict[str, str], dense: list[str]) -> None:
        """Copy arrays into the tables' weights and into the parameters of the dense layers."""
        net = self.things["net"]
        for name, array in tables.items():
            weight = getattr(getattr(net, name, None), "weight", None)
            copy_into(weight, self.things[array], f"{name}.weight")
        if dense:
            layers = net.mlp_layers
            parameters = list(layers.parameters()) if isinstance(layers, nn.Module) else []
            values = [self.things[name] for name in dense]
            self.things["dense"] = paired_by_shape(parameters, values)
            for index, (parameter, value) in enumerate(zip(self.things["dense"], values)):
                copy_into(parameter, value, f"parameter {index} of mlp_layers")

    def do_fill_others(self, tables: list[str], number: float) -> None:
        """Fill each trainable parameter that is in no such table and no dense layer."""
        net = self.things["net"]
        known = {id(getattr(getattr(net, name, None), "weight", None)) for name in tables}
        layers = net.mlp_layers
        known |= {id(p) for p in layers.parameters()} if isinstance(layers, nn.Module) else set()
        with torch.no_grad():
            for parameter in net.parameters():
                if parameter.requires_grad and id(parameter) not in known:
                    parameter.fill_(number)

    def do_mode(self, training: bool) -> None:
        """Put the net into training or evaluation mode."""
        self.things["net"].train(training)

    def do_track(self, names: list[str]) -> None:
        """Let gradients reach these arrays."""
        for name in names:
            self.things[name].requires_grad_()

    def do_call(
        self, function: str, args: list[Any], seed: int = 0, name: str = "out", report: bool = True
    ) -> None:
        """Call ``net...`` or ``module.function``; strings in ``args`` name things."""
        torch.default_generator.manual_seed(seed)
        owner = function.split(".")[0]
        called = self.find(function) if owner in self.things else self.function(function)
        arguments = [self.find(arg) if isinstance(arg, str) else arg for arg in args]
        self.things[name] = called(*arguments)
        if report:
            self.report(name, self.things[name])

    def do_replace(self, function: str, returns: str) -> None:
        """Let ``module.function`` return the array ``returns``, whatever it is given."""
        name, attribute = function.split(".")
        module = self.load(name)
        self.replaced.append((module, attribute, getattr(module, attribute, None)))
        setattr(module, attribute, lambda *_, **__: self.things[returns].clone())

    def put_back(self) -> None:
        """Undo ``do_replace``, for where a module outlives the program."""
        for module, attribute, function in self.replaced:
            setattr(module, attribute, function)

    def do_report(self, names: list[str]) -> None:
        """Report things as they are now; of an argument, whether a call has changed it."""
        for name in names:
            self.report(name, self.find(name))

    def do_backward(self, of: str, cotangent: str, wrt: list[str], name: str) -> None:
        """Report the gradients of ``sum(of * cotangent)`` as ``name:input``."""
        output, weight = self.find(of), self.things[cotangent]
        inputs = [self.find(path) for path in wrt]
        gradients: list[Tensor | None] = [None] * len(inputs)
        if isinstance(output, Tensor) and output.requires_grad and output.shape == weight.shape:
            reached = [index for index, tensor in enumerate(inputs) if tensor.requires_grad]
            # Of a sum, for a cotangent of one's own makes torch import hundreds of modules.
            found = torch.autograd.grad(
                (output * weight.to(output.dtype)).sum(),
                [inputs[index] for index in reached],
                retain_graph=True,
                allow_unused=True,
            )
            for index, gradient in zip(reached, found):
                gradients[index] = gradient
        for path, gradient in zip(wrt, gradients):
            self.report(f"{name}:{path}", gradient)

    def do_train(
        self, batch: list[str], weights: list[float], steps: int, learning_rate: float
    ) -> None:
        """Train ``net`` with the submission's own losses; report both losses at each step."""
        net, loss = self.things["net"], self.load("loss")
        users, movies, negatives, ratings = (self.things[name] for name in batch)
        optimizer = Adam(net, learning_rate)
        losses = []
        for _ in range(steps):
            positive, score = net(users, movies)
            negative, _ = net(users, negatives)
            factorization = loss.bpr_loss(positive, negative)
            regression = loss.regression_loss(ratings, score)
            joint = loss.joint_loss(factorization, regression, *weights)
            net.zero_grad()
            joint.backward()
            optimizer.step()
            losses.append([float(factorization), float(regression)])
        self.report("losses", np.array(losses))

    def find(self, path: str) -> Any:
        """Return what ``"net.U.weight"`` or ``"out.0"`` names."""
        first, *rest = path.split(".")
        thing = self.things[first]
        for part in rest:
            thing = thing[int(part)] if part.isdigit() else getattr(thing, part)
        return thing

    def function(self, path: str) -> Callable[..., Any]:
        """Return the submission's ``"module.function"``."""
        module, name = path.split(".")
        return getattr(self.load(module), name)

    def report(self, name: str, value: Any) -> None:
        """Say what a value is, and send its numbers where it has some."""
        described: dict[str, Any] = {"type": type(value).__name__}
        if isinstance(value, Tensor):
            value = value.detach()
            described["dtype"] = str(value.dtype).removeprefix("torch.")
            if value.dtype in (torch.bfloat16, torch.float16):
                value = value.float()
            self.arrays[name] = value.to_dense().cpu().numpy() if value.is_sparse else value.numpy()
        elif isinstance(value, (np.ndarray, np.generic, bool, int, float)):
            array = np.asarray(value)
            described["dtype"] = str(array.dtype)
            self.arrays[name] = array
        elif isinstance(value, (tuple, list)):
            described["length"] = len(value)
            for index, element in enumerate(value[:8]):
                self.report(f"{name}.{index}", element)
        self.values[name] = described


class Adam:
    """Kingma and Ba's optimizer in its plainest form; importing torch's own takes two seconds."""

    def __init__(self, net: nn.Module, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.moments = [(p, torch.zeros_like(p), torch.zeros_like(p)) for p in net.parameters()]
        self.steps = 0

    @torch.no_grad()
    def step(self) -> None:
        self.steps += 1
        for parameter, first, second in self.moments:
            if parameter.grad is not None:
                first.lerp_(parameter.grad, 0.1)
                second.lerp_(parameter.grad**2, 0.001)
                mean = first / (1 - 0.9**self.steps)
                spread = (second / (1 - 0.999**self.steps)).sqrt()
                parameter -= self.learning_rate * mean / (spread + 1e-8)


def ready_made(modules: list[Any]) -> Any:
    """Build modules from a description.

    A list of pairs ``[rows, columns]`` is a tuple of embeddings; a list of names and pairs,
    as ``[["Linear", 9, 5], ["ReLU"]]``, is an ``nn.Sequential``.
    """
    if all(isinstance(module[0], int) for module in modules):
        return tuple(nn.Embedding(*module) for module in modules)
    return nn.Sequential(*(getattr(nn, name)(*sizes) for name, *sizes in modules))


def with_methods(net_class: type, methods: dict[str, list]) -> type:
    """Return the class with some methods replaced by what returns ready-made modules."""
    if not methods:
        return net_class
    replaced = {
        name: lambda self, *args, _modules=modules, **kwargs: ready_made(_modules)
        for name, modules in methods.items()
    }
    return type(net_class.__name__, (net_class,), replaced)


def paired_by_shape(parameters: list[Tensor], values: list[Tensor]) -> list[Tensor]:
    """Return the parameter that each value belongs to: in order, or else by its shape."""
    if [p.shape for p in parameters] == [v.shape for v in values]:
        return parameters
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
    if not isinstance(parameter, Tensor):
        raise Mismatch(f"{name} should be a tensor, it is {type(parameter).__name__}")
    if parameter.shape != value.shape:
        raise Mismatch(
            f"{name} should have shape {tuple(value.shape)}, it has {tuple(parameter.shape)}"
        )
    with torch.no_grad():
        parameter.copy_(value)
