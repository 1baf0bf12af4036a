"""Question 1b: the dense layers of the rating."""

from types import SimpleNamespace

import torch
from torch import nn

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline


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
part, wrong = PIPELINE.part, PIPELINE.wrong
MODULE = "an nn.Module"
BETWEEN = "Which activation does the handout ask for between the layers?"
RANGE = "Which values should a predicted rating be able to take?"
COUNT = "How many dense layers do the layer_sizes ask for, and how wide is each?"


@part
def sizes(layer_sizes):
    return layer_sizes


@wrong(
    "sizes",
    PARTIAL,
    diagnosis="The layer sizes are read from the last to the first.",
    question="Which of layer_sizes is as wide as [u, q, u * q]?",
)
def sizes_reversed(layer_sizes):
    return layer_sizes[::-1]


@wrong(
    "sizes",
    PARTIAL,
    diagnosis="The widths 96 and 64 are written into the code, whatever layer_sizes is.",
    question="What happens when an experiment asks for other layer_sizes?",
)
def hard_coded_widths():
    return 96, 64


@wrong(
    "sizes",
    PARTIAL,
    diagnosis="The layers in the middle of layer_sizes are left out: there are always two.",
    question="How many dense layers do three or four layer_sizes ask for?",
)
def always_two_layers(layer_sizes):
    return layer_sizes[0], layer_sizes[-1]


@wrong(
    "sizes",
    PARTIAL,
    diagnosis="Only the first two of layer_sizes are used.",
    question="How many dense layers do one, three or four layer_sizes ask for?",
)
def two_sizes_only(layer_sizes):
    return layer_sizes[0], layer_sizes[1]


@wrong(
    "sizes",
    CENTRAL,
    diagnosis="All dense layers but the first are missing, which goes straight to 1 output.",
    question="How many dense layers do two layer_sizes ask for?",
)
def one_layer_only(layer_sizes):
    return layer_sizes[:1]


@wrong(
    "sizes",
    PARTIAL,
    diagnosis="The last of layer_sizes is not used.",
    question=COUNT,
)
def last_size_dropped(layer_sizes):
    return layer_sizes[:-1] or layer_sizes


@wrong(
    "sizes",
    PARTIAL,
    diagnosis="The first of layer_sizes is not used.",
    question="Which width does [u, q, u * q] have?",
)
def first_size_dropped(layer_sizes):
    return layer_sizes[1:] or layer_sizes


@wrong(
    "sizes",
    CORNER,
    diagnosis="The code reads a second layer size even where there is none.",
    question="Which layers does a single number in layer_sizes ask for?",
)
def second_size_needed(layer_sizes):
    return layer_sizes[0], layer_sizes[1], *layer_sizes[2:]


@part
def widths(sizes):
    return [*zip(sizes, (*sizes[1:], 1))]


@wrong(
    "widths",
    CENTRAL,
    diagnosis="The last dense layer, the one with a single output, is missing.",
    question="Are layer_sizes the widths that go into the layers, or those that come out?",
)
def last_layer_missing(sizes):
    return [*zip(sizes, sizes[1:])]  # noqa: RUF007


@wrong(
    "widths",
    CENTRAL,
    diagnosis="There is no dense layer at all.",
    question=COUNT,
)
def no_layers():
    return []


@wrong(
    "widths",
    PARTIAL,
    diagnosis="The last dense layer has as many outputs as inputs.",
    question="How many numbers is a rating?",
)
def last_layer_wide(sizes):
    return [*zip(sizes, (*sizes[1:], sizes[-1]))]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="The last dense layer has five outputs, as if stars were classes.",
    question="How many numbers is a rating?",
)
def one_output_for_each_star(sizes):
    return [*zip(sizes, (*sizes[1:], 5))]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="There is one dense layer more than layer_sizes asks for, before the last one.",
    question="With two layer_sizes, how many dense layers are there?",
)
def one_layer_more(sizes):
    return [*zip(sizes, (*sizes[1:], sizes[-1])), (sizes[-1], 1)]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="There is one dense layer more than layer_sizes asks for, in front of the others.",
    question="With two layer_sizes, how many dense layers are there?",
)
def layer_in_front(sizes):
    return [(sizes[0], sizes[0]), *zip(sizes, (*sizes[1:], 1))]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="A dense layer from 1 to 1 follows the last one.",
    question="With two layer_sizes, how many dense layers are there?",
)
def layer_after_the_last(sizes):
    return [*zip(sizes, (*sizes[1:], 1)), (1, 1)]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="Every dense layer has one output.",
    question="What width does the second layer expect as its input?",
)
def one_output_everywhere(sizes):
    return [(inputs, 1) for inputs in sizes]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="The first dense layer takes embedding_dim numbers, the width of u or q alone.",
    question="Which width does [u, q, u * q] have?",
)
def input_of_one_embedding(net, sizes):
    return [*zip((net.embedding_dim, *sizes[1:]), (*sizes[1:], 1))]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="The first dense layer takes 2 * embedding_dim numbers, the width of [u, q].",
    question="Which width does [u, q, u * q] have?",
)
def input_of_two_embeddings(net, sizes):
    return [*zip((2 * net.embedding_dim, *sizes[1:]), (*sizes[1:], 1))]


@wrong(
    "widths",
    PARTIAL,
    diagnosis="All dense layers but the last have the width of the first one's output.",
    question="How wide is each layer's output, with three or four layer_sizes?",
)
def one_width_for_all(sizes):
    wide = sizes[1:2] * (len(sizes) - 1)
    return [*zip((sizes[0], *wide), (*wide, 1))]


@part
def with_bias(widths):
    return [True] * len(widths)


@wrong(
    "with_bias",
    PARTIAL,
    diagnosis="The dense layers have no bias.",
    question="What rating does a layer without a bias predict when all its inputs are zero?",
)
def dense_bias_missing(widths):
    return [False] * len(widths)


@wrong(
    "with_bias",
    PARTIAL,
    diagnosis="The last dense layer has no bias.",
    question="What rating does a layer without a bias predict when all its inputs are zero?",
)
def last_bias_missing(widths):
    return [True] * (len(widths) - 1) + [False]


@wrong(
    "with_bias",
    PARTIAL,
    diagnosis="Only the last dense layer has a bias.",
    question="What does a hidden unit without a bias return when all its inputs are zero?",
)
def hidden_biases_missing(widths):
    return [False] * (len(widths) - 1) + [True]


@part
def activation():
    return ("ReLU",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a sigmoid.",
    question=BETWEEN,
)
def sigmoid_between():
    return ("Sigmoid",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is tanh.",
    question=BETWEEN,
)
def tanh_between():
    return ("Tanh",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a GELU.",
    question=BETWEEN,
)
def gelu_between():
    return ("GELU",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is an ELU.",
    question=BETWEEN,
)
def elu_between():
    return ("ELU",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a SiLU.",
    question=BETWEEN,
)
def silu_between():
    return ("SiLU",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is softplus, a smooth ReLU.",
    question=BETWEEN,
)
def softplus_between():
    return ("Softplus",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a softmax.",
    question=BETWEEN,
)
def softmax_between():
    return ("Softmax", 1)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a ReLU that is cut off at 6.",
    question=BETWEEN,
)
def bounded_relu_between():
    return ("ReLU6",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a leaky ReLU.",
    question="What does a ReLU return for a negative number?",
)
def leaky_relu_between():
    return ("LeakyReLU",)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a leaky ReLU of slope 0.1.",
    question="What does a ReLU return for a negative number?",
)
def steeper_leaky_relu_between():
    return ("LeakyReLU", 0.1)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a leaky ReLU of slope 0.2.",
    question="What does a ReLU return for a negative number?",
)
def steep_leaky_relu_between():
    return ("LeakyReLU", 0.2)


@wrong(
    "activation",
    PARTIAL,
    diagnosis="The activation between the dense layers is a PReLU, whose slope is trained.",
    question="What does a ReLU return for a negative number?",
)
def trained_relu_between():
    return ("PReLU",)


@part
def places(widths):
    return range(len(widths) - 1)


@wrong(
    "places",
    CENTRAL,
    diagnosis="There is no activation between the dense layers.",
    question="What can several linear layers in a row compute that one cannot?",
)
def relu_missing():
    return ()


@wrong(
    "places",
    PARTIAL,
    diagnosis="The activation stands before the last dense layer only.",
    question="Between which layers does the handout ask for a ReLU?",
)
def relu_before_the_last_layer_only(widths):
    return range(len(widths) - 2, len(widths) - 1)


@wrong(
    "places",
    PARTIAL,
    diagnosis="The activation follows the first dense layer only.",
    question="Between which layers does the handout ask for a ReLU?",
)
def relu_after_the_first_layer_only(widths):
    return range(min(1, len(widths) - 1))


@wrong(
    "places",
    PARTIAL,
    diagnosis="No activation stands before the last dense layer, but between the others.",
    question="Between which layers does the handout ask for a ReLU?",
)
def relu_before_the_last_layer_missing(widths):
    return range(len(widths) - 2)


@part
def first():
    return []


@wrong(
    "first",
    PARTIAL,
    diagnosis="A ReLU comes before the first dense layer as well.",
    question="Should the negative numbers of an embedding be lost before the first layer?",
)
def relu_before_the_first_layer():
    return [("ReLU",)]


@wrong(
    "first",
    PARTIAL,
    diagnosis="Batch normalisation comes before the first dense layer.",
    question="May a user's rating depend on who else is in the batch?",
)
def batch_norm_in_front(widths):
    return [("BatchNorm1d", widths[0][0])]


@part
def last():
    return []


@wrong(
    "last",
    CENTRAL,
    diagnosis="A ReLU follows the last layer too.",
    question="What gradient does a rating get when the last layer's output is negative?",
)
def relu_after_the_last_layer():
    return [("ReLU",)]


@wrong(
    "last",
    CENTRAL,
    diagnosis="A sigmoid follows the last layer, whose output then lies between 0 and 1.",
    question=RANGE,
)
def sigmoid_after_the_last_layer():
    return [("Sigmoid",)]


@wrong(
    "last",
    CENTRAL,
    diagnosis="A tanh follows the last layer.",
    question=RANGE,
)
def tanh_after_the_last_layer():
    return [("Tanh",)]


@wrong(
    "last",
    CENTRAL,
    diagnosis="A softplus follows the last layer.",
    question=RANGE,
)
def softplus_after_the_last_layer():
    return [("Softplus",)]


@wrong(
    "last",
    CENTRAL,
    diagnosis="A softmax follows the last layer.",
    question="What is the softmax of a single number?",
)
def softmax_after_the_last_layer():
    return [("Softmax", 1)]


@part
def extra():
    return ""


@wrong(
    "extra",
    PARTIAL,
    diagnosis="Dropout stands among the dense layers, so that training is random.",
    question="Does the handout ask for anything between the layers but a ReLU?",
)
def dropout_between():
    return "Dropout"


@wrong(
    "extra",
    PARTIAL,
    diagnosis="Batch normalisation stands between the dense layers, so pairs depend on each other.",
    question="May a user's rating depend on who else is in the batch?",
)
def batch_norm_between():
    return "BatchNorm1d"


@wrong(
    "extra",
    PARTIAL,
    diagnosis="Layer normalisation stands between the dense layers.",
    question="Does the handout ask for anything between the layers but a ReLU?",
)
def layer_norm_between():
    return "LayerNorm"


@part
def plan(first, widths, with_bias, activation, places, extra, last):
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


@wrong(
    "plan",
    PARTIAL,
    diagnosis="Only the last of the dense layers is in mlp_layers.",
    question="What becomes of a module whose name is given to another one?",
)
def one_name_for_all_layers(widths, with_bias, activation):
    return [("Linear", *widths[-1], with_bias[-1]), *([activation] if widths[1:] else [])]


@part
def container():
    return MODULE


@wrong(
    "container",
    CENTRAL,
    diagnosis="The layers are in a Python list, so the net does not list their parameters.",
    question="Which containers tell nn.Module that they hold layers?",
)
def plain_list_of_layers():
    return "list"


@wrong(
    "container",
    CENTRAL,
    diagnosis="The layers are in a Python tuple, so the net does not list their parameters.",
    question="Which containers tell nn.Module that they hold layers?",
)
def plain_tuple_of_layers():
    return "tuple"


@wrong(
    "container",
    CENTRAL,
    diagnosis="A function stands in for the layers, so the net does not list their parameters.",
    question="Which containers tell nn.Module that they hold layers?",
)
def function_for_layers():
    return "function"


@wrong(
    "container",
    CENTRAL,
    diagnosis="init_mlp_layers returns nothing.",
    question="What does a function without a return give back?",
)
def no_layers_returned():
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
def start():
    return "random"


@wrong(
    "start",
    PARTIAL,
    diagnosis="The weights of a dense layer start at zero.",
    question="If the weights that follow a layer are zero, which gradient comes back to it?",
)
def zero_layers():
    return "zeros"


@wrong(
    "start",
    PARTIAL,
    diagnosis="All weights of a dense layer start with one number, so its units stay the same.",
    question="What makes two units of one layer learn different things?",
)
def constant_layers():
    return "one number"


@wrong(
    "start",
    PARTIAL,
    diagnosis="One layer object stands in several places, so that they share their weights.",
    question="Does multiplying a list of modules copy the modules?",
)
def one_layer_again_and_again():
    return "one layer"


@wrong(
    "start",
    PARTIAL,
    diagnosis="Layers of the same shape start with the same weights.",
    question="Does copying a layer draw new random numbers?",
)
def copied_layers():
    return "copies"


@wrong(
    "start",
    PARTIAL,
    diagnosis="The dense layers are frozen: their parameters do not require gradients.",
    question="Should an optimizer change these layers?",
)
def frozen_layers():
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
