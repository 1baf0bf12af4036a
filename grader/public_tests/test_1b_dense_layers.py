"""Question 1b in the small: the default layer sizes."""

from grader.engine.check import Judge, described, graded
from grader.programs import all_but, describe_dense, net


@graded("1b-0", about="layers")
def test_default_sizes_make_two_layers(judge: Judge) -> None:
    """With layer_sizes=(96, 64) there are two dense layers, 96 to 64 and 64 to 1."""
    answer = judge.ask(
        net(4, 6, 32, (96, 64), spare=all_but("init_mlp_layers")),
        describe_dense(),
        given="MultiTaskNet(num_users=4, num_items=6).mlp_layers",
    )
    layers = answer["mlp_layers"]
    kinds = ("an nn.Module", described(layers))
    judge.fact("mlp_layers", layers.facts.get("module"), True, "is no nn.Module", kinds)
    found = [answer[f"dense.{index}"].shape for index in range(16)]
    shapes = sorted(shape for shape in found if shape is not None)
    expected = sorted([(64, 96), (64,), (1, 64), (1,)])
    judge.fact("the shapes of mlp_layers' parameters", shapes, expected, "are others")
