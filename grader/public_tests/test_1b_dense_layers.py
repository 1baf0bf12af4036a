"""Question 1b in the small: the default layer sizes."""

from grader import adapter
from grader.engine.check import Check, check, described
from grader.engine.shapes import list_problem

SIZES: adapter.Sizes = {
    "num_users": 4,
    "num_items": 6,
    "embedding_dim": 32,
    "layer_sizes": (96, 64),
    "embedding_sharing": True,
}


@check("1b-0", topic="layers")
def test_default_sizes_make_two_layers(check: Check) -> None:
    """With layer_sizes=(96, 64) there are two dense layers, 96 to 64 and 64 to 1."""
    given = "MultiTaskNet(num_users=4, num_items=6).mlp_layers"
    layers = check.call(adapter.mlp_layers, SIZES, given=given)
    kinds = ("an nn.Module", described(layers["layers"]))
    check.equal("mlp_layers", layers["module"].is_true, True, "is no nn.Module", kinds)
    shapes = sorted(p.shape for p in layers["parameters"].items if p.shape is not None)
    expected = sorted([(64, 96), (64,), (1, 64), (1,)])
    problem = list_problem(shapes, expected)
    check.equal("the list of mlp_layers' parameters", shapes, expected, problem)
