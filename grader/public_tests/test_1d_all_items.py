"""Question 1d in the small: two users, every movie."""

from grader.engine.check import Judge, graded
from grader.programs import call, net

GIVEN = (
    "net = MultiTaskNet(num_users=4, num_items=6, embedding_dim=3, layer_sizes=(9, 5)); "
    "net.score_all_items(tensor([2, 0]))"
)
SPARE = {
    "init_shared_user_and_item_embeddings": [[4, 3], [6, 3]],
    "init_user_and_item_bias": [[4, 1], [6, 1]],
    "init_mlp_layers": [["Linear", 9, 1]],
}


@graded("1d-0", about="shapes", apart_from=("1a", "1b"))
def test_a_row_for_each_user_and_a_column_for_each_movie(judge: Judge) -> None:
    """score_all_items returns a float tensor: a row for each user, a column for each movie."""
    parts = "instead" if judge.apart else "spare"
    answer = judge.ask(
        net(4, 6, 3, (9, 5), **{parts: SPARE}),
        call("net.score_all_items", "user_ids"),
        given=GIVEN,
        user_ids=[2, 0],
    )
    judge.tensor("what score_all_items returns", answer["out"])
    judge.shape("what score_all_items returns", answer["out"], (2, 6))
