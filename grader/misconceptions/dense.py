"""Question 1b: the dense layers of the rating."""

from torch import nn

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong

MLP = "init_mlp_layers"


@wrong(
    "1b",
    MLP,
    CENTRAL,
    diagnosis="The last dense layer, the one with a single output, is missing.",
    question="Are layer_sizes the widths that go into the layers, or those that come out?",
)
def last_layer_missing(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, layer_sizes[1:]):  # noqa: RUF007
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The last dense layer has as many outputs as inputs.",
    question="How many numbers is a rating?",
)
def last_layer_wide(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], layer_sizes[-1])):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    CENTRAL,
    diagnosis="A ReLU follows the last layer too, so that no rating can be below zero.",
    question="What gradient does a rating get when the last layer's output is negative?",
)
def relu_after_the_last_layer(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers)


@wrong(
    "1b",
    MLP,
    CENTRAL,
    diagnosis="There is no ReLU between the dense layers.",
    question="What can several linear layers in a row compute that one cannot?",
)
def relu_missing(self, layer_sizes):
    return nn.Sequential(*map(nn.Linear, layer_sizes, (*layer_sizes[1:], 1)))


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="A ReLU comes before the first dense layer as well.",
    question="Should the negative numbers of an embedding be lost before the first layer?",
)
def relu_before_the_first_layer(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.ReLU(), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The layers in the middle of layer_sizes are left out: there are always two.",
    question="How many dense layers do three or four layer_sizes ask for?",
)
def always_two_layers(self, layer_sizes):
    inner = nn.Linear(layer_sizes[0], layer_sizes[-1])
    return nn.Sequential(inner, nn.ReLU(), nn.Linear(layer_sizes[-1], 1))


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The widths 96 and 64 are written into the code, whatever layer_sizes is.",
    question="What happens when an experiment asks for other layer_sizes?",
)
def hard_coded_widths(self, layer_sizes):
    return nn.Sequential(nn.Linear(96, 64), nn.ReLU(), nn.Linear(64, 1))


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The activation between the dense layers is a sigmoid.",
    question="Which activation does the handout ask for between the layers?",
)
def sigmoid_between(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The activation between the dense layers is tanh.",
    question="Which activation does the handout ask for between the layers?",
)
def tanh_between(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The activation between the dense layers is a leaky ReLU.",
    question="What does a ReLU return for a negative number?",
)
def leaky_relu_between(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    CENTRAL,
    diagnosis="A sigmoid follows the last layer, so that ratings lie between 0 and 1.",
    question="Which values should a predicted rating be able to take?",
)
def sigmoid_after_the_last_layer(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1], nn.Sigmoid())


@wrong(
    "1b",
    MLP,
    CENTRAL,
    diagnosis="A softmax follows the last layer, which makes every rating 1.",
    question="What is the softmax of a single number?",
)
def softmax_after_the_last_layer(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1], nn.Softmax(dim=1))


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The dense layers have no bias.",
    question="What rating does a layer without a bias predict when all its inputs are zero?",
)
def dense_bias_missing(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="One layer object stands in several places, so that they share their weights.",
    question="Does multiplying a list of modules copy the modules?",
)
def one_layer_again_and_again(self, layer_sizes):
    made: dict[tuple[int, int], nn.Linear] = {}
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [made.setdefault((inputs, outputs), nn.Linear(inputs, outputs)), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _rating_of_a_list(self, u, q):
    x = self.features(u, q)
    for layer in self.mlp_layers:
        x = layer(x)
    return x.squeeze(1)


@wrong(
    "1b",
    MLP,
    CENTRAL,
    diagnosis="The layers are in a Python list, so the net does not list their parameters.",
    question="Which containers tell nn.Module that they hold layers?",
    also={"rating": _rating_of_a_list},
)
def plain_list_of_layers(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return layers[:-1]


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The dense layers start at zero, so that the first ones get no gradient.",
    question="If the weights that follow a layer are zero, which gradient comes back to it?",
)
def zero_layers(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        for parameter in layers[-2].parameters():
            nn.init.zeros_(parameter)
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="All weights of a dense layer start with one number, so its units stay the same.",
    question="What makes two units of one layer learn different things?",
)
def constant_layers(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layer = nn.Linear(inputs, outputs)
        nn.init.constant_(layer.weight, 0.1)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The dense layers are frozen: their parameters do not require gradients.",
    question="Should an optimizer change these layers?",
)
def frozen_layers(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).requires_grad_(False)


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="Dropout follows the dense layers, so that training is random.",
    question="Does the handout ask for anything between the layers but a ReLU?",
)
def dropout_between(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(0.5)]
    return nn.Sequential(*layers[:-2])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="Batch normalisation follows the dense layers, so each pair depends on the others.",
    question="May a user's rating depend on who else is in the batch?",
)
def batch_norm_between(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.BatchNorm1d(outputs)]
    return nn.Sequential(*layers[:-2])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="The layer sizes are read from the last to the first.",
    question="Which of layer_sizes is as wide as [u, q, u * q]?",
)
def sizes_reversed(self, layer_sizes):
    sizes = layer_sizes[::-1]
    layers = []
    for inputs, outputs in zip(sizes, (*sizes[1:], 1)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="There is one dense layer more than layer_sizes asks for.",
    question="With two layer_sizes, how many dense layers are there?",
)
def one_layer_more(self, layer_sizes):
    layers = []
    for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], layer_sizes[-1])):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(layer_sizes[-1], 1))


@wrong(
    "1b",
    MLP,
    PARTIAL,
    diagnosis="Every dense layer has one output.",
    question="What width does the second layer expect as its input?",
)
def one_output_everywhere(self, layer_sizes):
    return nn.Sequential(*(nn.Linear(inputs, 1) for inputs in layer_sizes))


@wrong(
    "1b",
    MLP,
    CENTRAL,
    diagnosis="All layers but the first are missing: 3 * embedding_dim goes straight to 1 output.",
    question="How many dense layers do two layer_sizes ask for?",
)
def one_layer_only(self, layer_sizes):
    return nn.Sequential(nn.Linear(layer_sizes[0], 1))


@wrong(
    "1b",
    MLP,
    CORNER,
    diagnosis="The code reads a second layer size even where there is none.",
    question="Which layers does a single number in layer_sizes ask for?",
)
def second_size_needed(self, layer_sizes):
    layers = [nn.Linear(layer_sizes[0], layer_sizes[1]), nn.ReLU()]
    for index in range(1, len(layer_sizes) - 1):
        layers += [nn.Linear(layer_sizes[index], layer_sizes[index + 1]), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(layer_sizes[-1], 1))
