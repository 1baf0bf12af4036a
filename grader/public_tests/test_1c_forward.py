"""Question 1c in the small: both forward passes return two numbers for each pair."""

from grader.engine.check import Judge, graded
from grader.programs import call, net

PAIRS = {"user_ids": [0, 1, 3], "item_ids": [5, 0, 2]}
GIVEN = (
    "net = MultiTaskNet(num_users=4, num_items=6, embedding_dim=3, layer_sizes=(9, 5){}); "
    "net.{}(tensor([0, 1, 3]), tensor([5, 0, 2]))"
)
# Where 1a or 1b is not right yet, anything of the right widths does: only shapes are judged.
SPARE = {
    "init_shared_user_and_item_embeddings": [[4, 3], [6, 3]],
    "init_separate_user_and_item_embeddings": [[4, 3], [6, 3], [4, 3], [6, 3]],
    "init_user_and_item_bias": [[4, 1], [6, 1]],
    "init_mlp_layers": [["Linear", 9, 1]],
}


def judge_shapes(judge: Judge, method: str, embedding_sharing: bool) -> None:
    parts = "instead" if judge.apart else "spare"
    answer = judge.ask(
        net(4, 6, 3, (9, 5), embedding_sharing, **{parts: SPARE}),
        call(f"net.{method}", "user_ids", "item_ids"),
        given=GIVEN.format("" if embedding_sharing else ", embedding_sharing=False", method),
        **PAIRS,
    )
    judge.fact(
        "the number of returned values",
        answer["out"].facts.get("length"),
        2,
        "is not 2: return predictions and score",
    )
    for index, name in enumerate(("predictions", "score")):
        judge.tensor(name, answer[f"out.{index}"])
        judge.shape(name, answer[f"out.{index}"], (3,))


@graded("1c-0", about="shapes, shared", apart_from=("1a", "1b"))
def test_shared_forward_returns_two_numbers_for_each_pair(judge: Judge) -> None:
    """With sharing, predictions and score are float tensors with one number for each pair."""
    judge_shapes(judge, "forward_with_embedding_sharing", True)


@graded("1c-1", about="shapes, separate", apart_from=("1a", "1b"))
def test_separate_forward_returns_two_numbers_for_each_pair(judge: Judge) -> None:
    """Without sharing, predictions and score are float tensors with one number for each pair."""
    judge_shapes(judge, "forward_without_embedding_sharing", False)
