"""Question 1b: the dense layers of the rating."""

from types import SimpleNamespace

import torch
from torch import nn

from grader import adapter
from grader.misconceptions.entry import CENTRAL, Output, Pipeline, each, wrong

MODULE = "an nn.Module"
ACTIVATIONS = ("Sigmoid", "Tanh", "GELU", "ELU", "SiLU", "Softplus", "ReLU6", "PReLU")
OUTPUTS = ("ReLU", "Sigmoid", "Tanh", "Softplus", "LeakyReLU")


def given(sizes=None, seed=0, rows=(), net=None):
    sizes = sizes or net["sizes"]
    start = {"net": SimpleNamespace(**sizes), "layer_sizes": tuple(sizes["layer_sizes"])}
    return {**start, "rows": rows, "dense": net["dense"] if net else ()}


PIPELINE = Pipeline(
    "1b",
    Output(
        "dense_layers(net, layer_sizes)",
        "mlp_layers",
        given=given,
        fixed={"rows": (), "dense": ()},
        words={
            "container": ("1b-0", "mlp_layers"),
            "shapes": ("1b-2", "the list of parameters"),
            "output": ("1b-3", "the output of mlp_layers"),
        },
    ),
)
part = PIPELINE.part


@part
class sizes:
    """How many dense layers do the layer_sizes ask for, and how wide is each?"""

    def right(layer_sizes):
        return layer_sizes

    def hard_coded_widths():
        """The widths 96 and 64 are written into the code, whatever layer_sizes is.
        What happens when an experiment asks for other layer_sizes?"""
        return 96, 64

    def always_two_layers(layer_sizes):
        """The layers in the middle of layer_sizes are left out: there are always two."""
        return layer_sizes[0], layer_sizes[-1]

    def two_sizes_only(layer_sizes):
        """Only the first two of layer_sizes are used."""
        return layer_sizes[0], layer_sizes[1]

    @wrong(CENTRAL)
    def one_layer_only(layer_sizes):
        """All dense layers but the first are missing, which goes straight to 1 output."""
        return layer_sizes[:1]

    @each("place", first_size_dropped="first", last_size_dropped="last")
    def size_dropped(layer_sizes, place):
        """The {place} of layer_sizes is not used."""
        return (layer_sizes[1:] if place == "first" else layer_sizes[:-1]) or layer_sizes


@part
class widths:
    """How many dense layers do the layer_sizes ask for, and how wide is each?"""

    def right(sizes):
        return [*zip(sizes, (*sizes[1:], 1))]

    @wrong(CENTRAL)
    def last_layer_missing(sizes):
        """The last dense layer, the one with a single output, is missing.
        Are layer_sizes the widths that go into the layers, or those that come out?"""
        return [*zip(sizes, sizes[1:])]  # noqa: RUF007

    @wrong(CENTRAL)
    def no_layers():
        """There is no dense layer at all."""
        return []

    def last_layer_wide(sizes):
        """The last dense layer has as many outputs as inputs.
        How many numbers is a rating?"""
        return [*zip(sizes, (*sizes[1:], sizes[-1]))]

    def one_layer_more(sizes):
        """There is one dense layer more than layer_sizes asks for, before the last one."""
        return [*zip(sizes, (*sizes[1:], sizes[-1])), (sizes[-1], 1)]

    def layer_in_front(sizes):
        """There is one dense layer more than layer_sizes asks for, in front of the others."""
        return [(sizes[0], sizes[0]), *zip(sizes, (*sizes[1:], 1))]

    @each("tables", input_of_one_embedding=1, input_of_two_embeddings=2)
    def narrow_input(net, sizes, tables):
        """The first dense layer takes {tables} * embedding_dim numbers.
        Which width does [u, q, u * q] have?"""
        return [*zip((tables * net.embedding_dim, *sizes[1:]), (*sizes[1:], 1))]


@part
class with_bias:
    """What does a layer without a bias return when all its inputs are zero?"""

    def right(widths):
        return [True] * len(widths)

    def dense_bias_missing(widths):
        """The dense layers have no bias."""
        return [False] * len(widths)

    def last_bias_missing(widths):
        """The last dense layer has no bias."""
        return [True] * (len(widths) - 1) + [False]


@part
class activation:
    def right():
        return ("ReLU",)

    @each("name", **{f"{name.lower()}_between": name for name in ACTIVATIONS})
    def another_between(name):
        """The activation between the dense layers is {name}.
        Which activation does the handout ask for between the layers?"""
        return (name,)

    @each("slope", leaky_relu_between=0.01, steeper_leaky_relu_between=0.1)
    def leaky_between(slope):
        """The activation between the dense layers is a leaky ReLU of slope {slope}.
        What does a ReLU return for a negative number?"""
        return "LeakyReLU", slope


@part
class places:
    """Between which layers does the handout ask for a ReLU?"""

    def right(widths):
        return range(len(widths) - 1)

    @wrong(CENTRAL)
    def relu_missing():
        """There is no activation between the dense layers.
        What can several linear layers in a row compute that one cannot?"""
        return ()

    def relu_before_the_last_layer_only(widths):
        """The activation stands before the last dense layer only."""
        return range(max(0, len(widths) - 2), len(widths) - 1)

    def relu_after_the_first_layer_only(widths):
        """The activation follows the first dense layer only."""
        return range(min(1, len(widths) - 1))

    def relu_before_the_last_layer_missing(widths):
        """No activation stands before the last dense layer, but between the others."""
        return range(len(widths) - 2)

    def relu_before_the_first_layer(widths):
        """An activation comes before the first dense layer as well.
        Should the negative numbers of an embedding be lost before the first layer?"""
        return range(-1, len(widths) - 1)


@part
class last:
    def right():
        return []

    @wrong(CENTRAL)
    @each("name", **{f"{name.lower()}_after_the_last_layer": name for name in OUTPUTS})
    def activation_after_the_last_layer(name):
        """A {name} follows the last layer.
        Which values should a predicted rating be able to take?"""
        return [(name,)]


@part
class extra:
    def right():
        return ""

    def batch_norm_between():
        """Batch normalisation stands between the dense layers, so pairs depend on each other.
        May a user's rating depend on who else is in the batch?"""
        return "BatchNorm1d"

    @each("name", dropout_between="Dropout", layer_norm_between="LayerNorm")
    def another_layer_between(name):
        """{name} stands between the dense layers.
        Does the handout ask for anything between the layers but a ReLU?"""
        return name


@part
class plan:
    def right(widths, with_bias, activation, places, extra, last):
        modules = [activation] if -1 in places else []
        for index, ((inputs, outputs), bias) in enumerate(zip(widths, with_bias)):
            modules.append(("Linear", inputs, outputs, bias))
            if extra and index < len(widths) - 1:
                modules.append((extra, 0.5 if extra == "Dropout" else outputs))
            if index in places:
                modules.append(activation)
        return [*modules, *last]

    def one_name_for_all_layers(widths, with_bias, activation):
        """Only the last of the dense layers is in mlp_layers.
        What becomes of a module whose name is given to another one?"""
        return [("Linear", *widths[-1], with_bias[-1]), *([activation] if widths[1:] else [])]


@part
class container:
    def right():
        return MODULE

    @wrong(CENTRAL)
    @each("kind", plain_list_of_layers="list", plain_tuple_of_layers="tuple")
    def plain(kind):
        """The layers are in a Python {kind}, so the net does not list their parameters.
        Which containers tell nn.Module that they hold layers?"""
        return kind

    @wrong(CENTRAL)
    def no_layers_returned():
        """init_mlp_layers returns nothing.
        What does a function without a return give back?"""
        return "None"


@part
def shapes(plan, container):
    found = []
    for name, *sizes in plan if container == MODULE else ():
        if name == "Linear":
            inputs, outputs, bias = sizes
            found += [(outputs, inputs), *([(outputs,)] if bias else [])]
        elif name == "PReLU":
            found.append((1,))
        elif "Norm" in name:
            found += [(sizes[0],)] * 2
    return sorted(found)


@part
class start:
    """What makes two units of one layer learn different things?"""

    def right():
        return "random"

    @each("number", zero_layers="zeros", constant_layers="one number")
    def constant(number):
        """All weights of a dense layer start with {number}, so its units stay the same."""
        return number

    def one_layer_again_and_again():
        """One layer object stands in several places, so that they share their weights.
        Does multiplying a list of modules copy the modules?"""
        return "one layer"

    def frozen_layers():
        """The dense layers are frozen: their parameters do not require gradients.
        Should an optimizer change these layers?"""
        return "frozen"


@part
def mlp_layers(plan, start, container):
    modules: list[nn.Module] = []
    made: dict[tuple, nn.Module] = {}
    for spec in plan:
        module = getattr(nn, spec[0])(*spec[1:])
        before = made.setdefault(spec, module)
        if spec[0] == "Linear" and start == "one layer":
            module = before
        if spec[0] == "Linear" and start in ("zeros", "one number"):
            nn.init.constant_(module.weight, 0.1 * (start != "zeros"))
        modules.append(module)
    layers = nn.Sequential(*modules).requires_grad_(start != "frozen")
    return {"list": modules, "tuple": tuple(modules), "None": None}.get(container, layers)


@part
def output(mlp_layers, extra, rows, dense):
    if extra == "Dropout":
        return None
    parameters = [*mlp_layers.parameters()]
    values = adapter.tensors(*dense)
    with torch.no_grad():
        for parameter, value in zip(adapter.paired_by_shape(parameters, values), values):
            parameter.copy_(value)
    found = mlp_layers(adapter.tensor(rows)).detach()
    return found[:, 0] if found.shape == (len(rows), 1) else found
