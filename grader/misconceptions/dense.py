"""Question 1b: the dense layers of the rating."""

from types import SimpleNamespace

import torch
from torch import nn

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, wrong


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
            "kind": ("1b-0", "mlp_layers"),
            "default_shapes": ("1b-0", "the list of parameters"),
            "shapes": ("1b-2", "the list of parameters"),
            "constant": ("1b-4", "a layer with constant weights"),
            "is_trained": ("1b-4", "the parameters of mlp_layers"),
            "is_steady": ("1b-4", "the output"),
            "small_output": ("1b-1", "the output of mlp_layers"),
            "output": ("1b-3", "the output of mlp_layers"),
        },
    ),
)
part = PIPELINE.part
MODULE = "an nn.Module"
BETWEEN = "Which activation does the handout ask for between the layers?"
RANGE = "Which values should a predicted rating be able to take?"
COUNT = "How many dense layers do the layer_sizes ask for, and how wide is each?"


@part
class sizes:
    def right(layer_sizes):
        return layer_sizes

    def sizes_reversed(layer_sizes):
        """The layer sizes are read from the last to the first.
        Which of layer_sizes is as wide as [u, q, u * q]?"""
        return layer_sizes[::-1]

    def hard_coded_widths():
        """The widths 96 and 64 are written into the code, whatever layer_sizes is.
        What happens when an experiment asks for other layer_sizes?"""
        return 96, 64

    def always_two_layers(layer_sizes):
        """The layers in the middle of layer_sizes are left out: there are always two.
        How many dense layers do three or four layer_sizes ask for?"""
        return layer_sizes[0], layer_sizes[-1]

    def two_sizes_only(layer_sizes):
        """Only the first two of layer_sizes are used.
        How many dense layers do one, three or four layer_sizes ask for?"""
        return layer_sizes[0], layer_sizes[1]

    @wrong(CENTRAL)
    def one_layer_only(layer_sizes):
        """All dense layers but the first are missing, which goes straight to 1 output.
        How many dense layers do two layer_sizes ask for?"""
        return layer_sizes[:1]

    def last_size_dropped(layer_sizes):
        """The last of layer_sizes is not used.
        How many dense layers do the layer_sizes ask for, and how wide is each?"""
        return layer_sizes[:-1] or layer_sizes

    def first_size_dropped(layer_sizes):
        """The first of layer_sizes is not used.
        Which width does [u, q, u * q] have?"""
        return layer_sizes[1:] or layer_sizes

    @wrong(CORNER)
    def second_size_needed(layer_sizes):
        """The code reads a second layer size even where there is none.
        Which layers does a single number in layer_sizes ask for?"""
        return layer_sizes[0], layer_sizes[1], *layer_sizes[2:]


@part
class widths:
    """With two layer_sizes, how many dense layers are there?"""

    def right(sizes):
        return [*zip(sizes, (*sizes[1:], 1))]

    @wrong(CENTRAL)
    def last_layer_missing(sizes):
        """The last dense layer, the one with a single output, is missing.
        Are layer_sizes the widths that go into the layers, or those that come out?"""
        return [*zip(sizes, sizes[1:])]  # noqa: RUF007

    @wrong(CENTRAL)
    def no_layers():
        """There is no dense layer at all.
        How many dense layers do the layer_sizes ask for, and how wide is each?"""
        return []

    def last_layer_wide(sizes):
        """The last dense layer has as many outputs as inputs.
        How many numbers is a rating?"""
        return [*zip(sizes, (*sizes[1:], sizes[-1]))]

    def one_output_for_each_star(sizes):
        """The last dense layer has five outputs, as if stars were classes.
        How many numbers is a rating?"""
        return [*zip(sizes, (*sizes[1:], 5))]

    def one_layer_more(sizes):
        """There is one dense layer more than layer_sizes asks for, before the last one."""
        return [*zip(sizes, (*sizes[1:], sizes[-1])), (sizes[-1], 1)]

    def layer_in_front(sizes):
        """There is one dense layer more than layer_sizes asks for, in front of the others."""
        return [(sizes[0], sizes[0]), *zip(sizes, (*sizes[1:], 1))]

    def layer_after_the_last(sizes):
        """A dense layer from 1 to 1 follows the last one."""
        return [*zip(sizes, (*sizes[1:], 1)), (1, 1)]

    def one_output_everywhere(sizes):
        """Every dense layer has one output.
        What width does the second layer expect as its input?"""
        return [(inputs, 1) for inputs in sizes]

    def input_of_one_embedding(net, sizes):
        """The first dense layer takes embedding_dim numbers, the width of u or q alone.
        Which width does [u, q, u * q] have?"""
        return [*zip((net.embedding_dim, *sizes[1:]), (*sizes[1:], 1))]

    def input_of_two_embeddings(net, sizes):
        """The first dense layer takes 2 * embedding_dim numbers, the width of [u, q].
        Which width does [u, q, u * q] have?"""
        return [*zip((2 * net.embedding_dim, *sizes[1:]), (*sizes[1:], 1))]

    def one_width_for_all(sizes):
        """All dense layers but the last have the width of the first one's output.
        How wide is each layer's output, with three or four layer_sizes?"""
        wide = sizes[1:2] * (len(sizes) - 1)
        return [*zip((sizes[0], *wide), (*wide, 1))]


@part
class with_bias:
    """What rating does a layer without a bias predict when all its inputs are zero?"""

    def right(widths):
        return [True] * len(widths)

    def dense_bias_missing(widths):
        """The dense layers have no bias."""
        return [False] * len(widths)

    def last_bias_missing(widths):
        """The last dense layer has no bias."""
        return [True] * (len(widths) - 1) + [False]

    def hidden_biases_missing(widths):
        """Only the last dense layer has a bias.
        What does a hidden unit without a bias return when all its inputs are zero?"""
        return [False] * (len(widths) - 1) + [True]


@part
class activation:
    """Which activation does the handout ask for between the layers?"""

    def right():
        return ("ReLU",)

    def sigmoid_between():
        """The activation between the dense layers is a sigmoid."""
        return ("Sigmoid",)

    def tanh_between():
        """The activation between the dense layers is tanh."""
        return ("Tanh",)

    def gelu_between():
        """The activation between the dense layers is a GELU."""
        return ("GELU",)

    def elu_between():
        """The activation between the dense layers is an ELU."""
        return ("ELU",)

    def silu_between():
        """The activation between the dense layers is a SiLU."""
        return ("SiLU",)

    def softplus_between():
        """The activation between the dense layers is softplus, a smooth ReLU."""
        return ("Softplus",)

    def softmax_between():
        """The activation between the dense layers is a softmax."""
        return ("Softmax", 1)

    def bounded_relu_between():
        """The activation between the dense layers is a ReLU that is cut off at 6."""
        return ("ReLU6",)

    def leaky_relu_between():
        """The activation between the dense layers is a leaky ReLU.
        What does a ReLU return for a negative number?"""
        return ("LeakyReLU",)

    def steeper_leaky_relu_between():
        """The activation between the dense layers is a leaky ReLU of slope 0.1.
        What does a ReLU return for a negative number?"""
        return ("LeakyReLU", 0.1)

    def steep_leaky_relu_between():
        """The activation between the dense layers is a leaky ReLU of slope 0.2.
        What does a ReLU return for a negative number?"""
        return ("LeakyReLU", 0.2)

    def trained_relu_between():
        """The activation between the dense layers is a PReLU, whose slope is trained.
        What does a ReLU return for a negative number?"""
        return ("PReLU",)


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
        return range(len(widths) - 2, len(widths) - 1)

    def relu_after_the_first_layer_only(widths):
        """The activation follows the first dense layer only."""
        return range(min(1, len(widths) - 1))

    def relu_before_the_last_layer_missing(widths):
        """No activation stands before the last dense layer, but between the others."""
        return range(len(widths) - 2)


@part
class first:
    def right():
        return []

    def relu_before_the_first_layer():
        """A ReLU comes before the first dense layer as well.
        Should the negative numbers of an embedding be lost before the first layer?"""
        return [("ReLU",)]

    def batch_norm_in_front(widths):
        """Batch normalisation comes before the first dense layer.
        May a user's rating depend on who else is in the batch?"""
        return [("BatchNorm1d", widths[0][0])]


@part
class last:
    """Which values should a predicted rating be able to take?"""

    def right():
        return []

    @wrong(CENTRAL)
    def relu_after_the_last_layer():
        """A ReLU follows the last layer too.
        What gradient does a rating get when the last layer's output is negative?"""
        return [("ReLU",)]

    @wrong(CENTRAL)
    def sigmoid_after_the_last_layer():
        """A sigmoid follows the last layer, whose output then lies between 0 and 1."""
        return [("Sigmoid",)]

    @wrong(CENTRAL)
    def tanh_after_the_last_layer():
        """A tanh follows the last layer."""
        return [("Tanh",)]

    @wrong(CENTRAL)
    def softplus_after_the_last_layer():
        """A softplus follows the last layer."""
        return [("Softplus",)]

    @wrong(CENTRAL)
    def softmax_after_the_last_layer():
        """A softmax follows the last layer.
        What is the softmax of a single number?"""
        return [("Softmax", 1)]


@part
class extra:
    """Does the handout ask for anything between the layers but a ReLU?"""

    def right():
        return ""

    def dropout_between():
        """Dropout stands among the dense layers, so that training is random."""
        return "Dropout"

    def batch_norm_between():
        """Batch normalisation stands between the dense layers, so pairs depend on each other.
        May a user's rating depend on who else is in the batch?"""
        return "BatchNorm1d"

    def layer_norm_between():
        """Layer normalisation stands between the dense layers."""
        return "LayerNorm"


@part
class plan:
    def right(first, widths, with_bias, activation, places, extra, last):
        modules = [*first]
        for index, ((inputs, outputs), bias) in enumerate(zip(widths, with_bias)):
            modules.append(("Linear", inputs, outputs, bias))
            if index < len(widths) - 1 and extra.endswith(("Norm", "Norm1d")):
                modules.append((extra, outputs))
            if index in places:
                modules.append(activation)
            if index < len(widths) - 1 and extra == "Dropout":
                modules.append(("Dropout", 0.5))
        return [*modules, *last]

    def one_name_for_all_layers(widths, with_bias, activation):
        """Only the last of the dense layers is in mlp_layers.
        What becomes of a module whose name is given to another one?"""
        return [("Linear", *widths[-1], with_bias[-1]), *([activation] if widths[1:] else [])]


@part
class container:
    """Which containers tell nn.Module that they hold layers?"""

    def right():
        return MODULE

    @wrong(CENTRAL)
    def plain_list_of_layers():
        """The layers are in a Python list, so the net does not list their parameters."""
        return "list"

    @wrong(CENTRAL)
    def plain_tuple_of_layers():
        """The layers are in a Python tuple, so the net does not list their parameters."""
        return "tuple"

    @wrong(CENTRAL)
    def function_for_layers():
        """A function stands in for the layers, so the net does not list their parameters."""
        return "function"

    @wrong(CENTRAL)
    def no_layers_returned():
        """init_mlp_layers returns nothing.
        What does a function without a return give back?"""
        return "None"


@part
def kind(container):
    return container


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
def default_shapes(shapes):
    return shapes


@part
class start:
    def right():
        return "random"

    def zero_layers():
        """The weights of a dense layer start at zero.
        If the weights that follow a layer are zero, which gradient comes back to it?"""
        return "zeros"

    def constant_layers():
        """All weights of a dense layer start with one number, so its units stay the same.
        What makes two units of one layer learn different things?"""
        return "one number"

    def one_layer_again_and_again():
        """One layer object stands in several places, so that they share their weights.
        Does multiplying a list of modules copy the modules?"""
        return "one layer"

    def copied_layers():
        """Layers of the same shape start with the same weights.
        Does copying a layer draw new random numbers?"""
        return "copies"

    def frozen_layers():
        """The dense layers are frozen: their parameters do not require gradients.
        Should an optimizer change these layers?"""
        return "frozen"


@part
def constant(start, container):
    return f"of {start}" if container == MODULE and start in ("zeros", "one number") else "none"


@part
def is_trained(start, container):
    return start != "frozen" or container != MODULE


@part
def is_steady(start, extra, last):
    if start == "zeros" or last == [("Softmax", 1)]:
        return None  # nothing moves the output
    return extra != "Dropout"


@part
def mlp_layers(plan, start, container):
    modules: list[nn.Module] = []
    made: dict[tuple, nn.Module] = {}
    for spec in plan:
        module = getattr(nn, spec[0])(*spec[1:])
        before = made.setdefault(spec, module)
        if spec[0] == "Linear" and start == "one layer":
            module = before
        if spec[0] == "Linear" and start == "copies":
            module.load_state_dict(before.state_dict())
        if spec[0] == "Linear" and start in ("zeros", "one number"):
            nn.init.constant_(module.weight, 0.1 * (start != "zeros"))
        modules.append(module)
    layers = nn.Sequential(*modules).requires_grad_(start != "frozen")
    if container in ("list", "tuple"):
        return modules if container == "list" else tuple(modules)
    if container == "function":
        return lambda rows: layers(rows)
    return None if container == "None" else layers


@part
def output(mlp_layers, plan, rows, dense):
    if any(name == "Dropout" for name, *_ in plan):
        return None
    parameters = [*mlp_layers.parameters()]
    values = adapter.tensors(*dense)
    with torch.no_grad():
        for parameter, value in zip(adapter.paired_by_shape(parameters, values), values):
            parameter.copy_(value)
    found = mlp_layers(adapter.tensor(rows)).detach()
    return found[:, 0] if found.shape == (len(rows), 1) else found


@part
def small_output(output):
    return output
