"""Question 1b: any number of layers, ReLU in its places, parameters that can be trained."""

import numpy as np

from grader import oracle
from grader.engine.check import Answer, Judge, Value, agree, graded, is_constant, program_of
from grader.nets import Case
from grader.programs import all_but, call, describe_dense, load, mode, net

SPARE = all_but("init_mlp_layers")
PLAIN = ("Linear", "Sequential")


@graded("1b-1", about="layers")
def test_any_layer_sizes(judge: Judge) -> None:
    """There is a dense layer for each of layer_sizes, and the last has one output."""
    programs = {
        layer_sizes: program_of(
            net(4, 6, layer_sizes[0] // 3, layer_sizes, spare=SPARE), describe_dense()
        )
        for layer_sizes in ((12, 7, 5, 3), (6,))
    }
    for layer_sizes, answer in judge.ask_each(programs):
        layers = answer["mlp_layers"]
        problem = "is not a registered nn.Module"
        judge.fact("mlp_layers", layers.facts.get("module"), True, problem)
        expected = []
        for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
            expected += [(outputs, inputs), (outputs,)]
        problem = "has other shapes"
        judge.fact("the list of parameters", shapes(answer), sorted(expected), problem)


def shapes(answer: Answer) -> list[tuple[int, ...]]:
    """Return the parameters' shapes, sorted: layers may be made in any order."""
    arrays = [answer[f"dense.{index}"] for index in range(64)]
    return sorted(array.shape for array in arrays if array.shape is not None)


@graded("1b-2", about="activations", needs=("1b-1",))
def test_relu_between_the_layers_and_not_after_the_last(judge: Judge) -> None:
    """A ReLU follows each dense layer but the last, and nothing else changes the numbers."""
    for layer_sizes in ((9, 7, 5), (9,)):
        judge_activations(judge, layer_sizes)


def judge_activations(judge: Judge, layer_sizes: tuple[int, ...]) -> None:
    case = Case(4, 6, 3, layer_sizes, True, (0, 1, 3), (2, 5, 1), seed=39, variant=judge.variant)
    rows = judge.random(5).normal(scale=2, size=(24, 9)).astype(np.float32)
    answer = judge.ask(net(4, 6, 3, layer_sizes, spare=SPARE), describe_dense())
    judge.fact("mlp_layers", answer["mlp_layers"].facts.get("module"), True, "is no nn.Module")
    if not answer["mlp_layers"].facts.get("callable"):
        return  # the ReLU of an nn.ModuleList may be in forward, which 1c judges
    direct = judge.try_ask(
        net(4, 6, 3, layer_sizes, spare=SPARE),
        load([], len(case.dense)),
        call("net.mlp_layers", "rows"),
        rows=rows,
        **{name: array for name, array in case.weights.items() if name.startswith("dense")},
    )
    if direct is None:
        return  # a module that is called in another way, which 1c judges
    got, expected = in_a_row(direct["out"]), oracle.mlp(rows, case.dense)
    classes = answer["mlp_layers"].facts.get("classes")
    plain = isinstance(classes, list) and all(name in PLAIN for name in classes)
    if plain and not agree(got.numbers(24), expected) and forward_applies_relu(judge, case):
        return  # plain layers; the student's forward puts the ReLU between them
    judge.equal("the output of mlp_layers", got, expected)


def in_a_row(value: Value) -> Value:
    """Take the last axis away where it has one column."""
    array = value.numbers(24, 1)
    if array is None:
        return value
    return Value(value.type, value.dtype, array[:, 0], value.facts)


def forward_applies_relu(judge: Judge, case: Case) -> bool:
    """Whether the whole net does to zeros what an MLP with ReLU in the right places does.

    With tables of zeros, the MLP's input is zero however forward puts it together, so this
    sees nothing but the layers.
    """
    zeros = {name: np.zeros_like(table) for name, table in case.tables.items()}
    for seed in range(6):
        random = judge.random(seed)
        dense = [random.normal(size=array.shape).astype(np.float32) for array in case.dense]
        answer = judge.try_ask(
            net(4, 6, 3, case.layer_sizes, spare=SPARE),
            load(list(zeros), len(dense)),
            call(case.method, "user_ids", "item_ids"),
            **case.ids,
            **zeros,
            **{f"dense{index}": array for index, array in enumerate(dense)},
        )
        expected = oracle.mlp(np.zeros((3, 9)), dense)
        if answer is None or not agree(answer["out.1"].numbers(3), expected):
            return False
    return True


@graded("1b-3", about="layers of their own")
def test_layers_are_random_registered_and_their_own(judge: Judge) -> None:
    """Each layer has random weights of its own, registered in the net, the same when evaluating."""
    random = judge.random(5)
    rows = random.normal(size=(4, 6)).astype(np.float32)
    made = net(4, 6, 2, (6, 6, 6), seed=int(random.randint(2**31)), spare=SPARE)
    answer = judge.ask(made, describe_dense())
    layers = answer["mlp_layers"]
    judge.fact("mlp_layers", layers.facts.get("registered"), True, "is not registered in the net")
    judge.fact("mlp_layers", layers.facts.get("trainable"), True, "has frozen parameters")
    arrays = [answer[f"dense.{index}"].few() for index in range(64)]
    weights = [array for array in arrays if array is not None and array.ndim == 2]
    judge.fact("the number of weight matrices", len(weights), 3, "is not one for each layer")
    alike = any(
        np.array_equal(weights[i], weights[j]) for i in range(len(weights)) for j in range(i)
    )
    judge.fact("two layers with the same weights", alike, False, "were found")
    constant = [array for array in weights if array.size > 1 and is_constant(array)]
    found = "none" if not constant else "of zeros" if not np.any(constant[0]) else "of one number"
    judge.fact("a layer with constant weights", found, "none", "was found")
    if layers.facts.get("callable"):
        _judge_modes(judge, made, rows)


def _judge_modes(judge: Judge, made: dict, rows: np.ndarray) -> None:
    answer = judge.try_ask(
        made,
        call("net.mlp_layers", "rows", seed=1, name="first"),
        call("net.mlp_layers", "rows", seed=2, name="second"),
        mode(False),
        call("net.mlp_layers", "rows", name="evaluating"),
        rows=rows,
    )
    if answer is None:
        return
    first, second, evaluating = (answer[name].few() for name in ("first", "second", "evaluating"))
    judge.fact("the output", agree(first, second), True, "changes from call to call")
    judge.fact("the output", agree(first, evaluating), True, "is another in evaluation mode")
