"""Question 1b: any number of layers, ReLU in its places, parameters that can be trained."""

from functools import partial

import numpy as np

from grader import adapter, oracle
from grader.engine.check import Check, agree, check, is_constant
from grader.nets import Case, sizes
from grader.public_tests.test_1b_dense_layers import judge_kind, judge_output, judge_shapes


@check("1b-2", topic="layers")
def test_any_layer_sizes(check: Check) -> None:
    """There is a dense layer for each of layer_sizes, and the last has one output."""
    all_sizes = ((12, 7, 5, 3), (6,))
    calls = [(sizes(4, 6, layer_sizes[0] // 3, layer_sizes),) for layer_sizes in all_sizes]
    for layer_sizes, got in zip(all_sizes, check.call_each(adapter.mlp_layers, *calls)):
        if got is None:
            continue
        judge_kind(check, got)
        expected = []
        for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
            expected += [(outputs, inputs), (outputs,)]
        judge_shapes(check, got, expected)


@check("1b-3", topic="activations", depends_on=("1b-0",))
def test_relu_between_the_layers_and_not_after_the_last(check: Check) -> None:
    """A ReLU follows each dense layer but the last, and nothing else changes the numbers."""
    rows = check.random(5).normal(scale=2, size=(24, 9)).astype(np.float32)
    for layer_sizes in ((9, 7, 5), (9, 4)):
        case = Case(4, 6, 3, layer_sizes, True, (0, 1, 3), (2, 5, 1), 39, check.variant)
        got = check.call(adapter.mlp, case.net, rows)
        check.equal("mlp_layers", got["module"].is_true, True, "is no nn.Module")
        applied = partial(forward_applies_relu, check, case)
        judge_output(check, got, oracle.mlp(rows, case.dense), applied)


def forward_applies_relu(check: Check, case: Case) -> bool:
    """Whether the whole net does to zeros what an MLP with ReLU in the right places does.

    With tables of zeros, the MLP's input is zero however forward puts it together, so this
    sees nothing but the layers.
    """
    zeros = {name: np.zeros_like(table) for name, table in case.tables.items()}
    for seed in range(6):
        random = check.random(seed)
        dense = [random.normal(size=array.shape).astype(np.float32) for array in case.dense]
        net = {**case.net, "tables": zeros, "dense": dense}
        got = check.try_call(adapter.rating_with_own_mlp, net, *case.ids)
        expected = oracle.mlp(np.zeros((3, 9)), dense)
        if got is None or not agree(got[1].numbers(3), expected):
            return False
    return True


@check("1b-4", topic="layers of their own")
def test_layers_are_random_registered_and_their_own(check: Check) -> None:
    """Each layer has random weights of its own, registered in the net, the same when evaluating."""
    random = check.random(6)
    rows = random.normal(size=(4, 6)).astype(np.float32)
    seed = int(random.randint(2**31))
    got = check.call(adapter.mlp_layers, sizes(4, 6, 2, (6, 6, 6)), seed, rows)
    registered, trainable = got["registered"].is_true, got["trainable"].is_true
    check.equal("mlp_layers", registered, True, "is not registered in the net")
    check.equal("the parameters of mlp_layers", trainable, True, "are frozen")
    arrays = [parameter.few() for parameter in got["parameters"].items]
    weights = [array for array in arrays if array is not None and array.ndim == 2]
    check.equal("the number of weight matrices", len(weights), 3, "is not one for each layer")
    alike = any(
        np.array_equal(weights[i], weights[j]) for i in range(len(weights)) for j in range(i)
    )
    check.equal("two layers with the same weights", alike, False, "were found")
    constant = [array for array in weights if array.size > 1 and is_constant(array)]
    found = "none" if not constant else "of zeros" if not np.any(constant[0]) else "of one number"
    check.equal("a layer with constant weights", found, "none", "was found")
    if got["outputs"].length:
        first, second, evaluating = (got["outputs"][k].few() for k in range(3))
        check.equal("the output", agree(first, second), True, "changes from call to call")
        same, problem = agree(first, evaluating), "is another"
        check.equal("the output in evaluation mode", same, True, problem)
