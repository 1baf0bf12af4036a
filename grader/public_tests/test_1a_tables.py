"""Question 1a in the small: 4 users, 6 movies, 3 columns."""

from grader.engine.check import Judge, graded
from grader.programs import all_but, describe_tables, net

GIVEN = "MultiTaskNet(num_users=4, num_items=6, embedding_dim=3, layer_sizes=(9, 5){})"


@graded("1a-0", about="shapes")
def test_shared_tables_have_a_row_for_each_user_and_movie(judge: Judge) -> None:
    """U has a row for each user, Q a row for each movie, both embedding_dim columns."""
    spare = all_but("init_shared_user_and_item_embeddings")
    answer = judge.ask(
        net(4, 6, 3, (9, 5), spare=spare), describe_tables("U", "Q"), given=GIVEN.format("")
    )
    judge.shape("U.weight", answer["U.weight"], (4, 3))
    judge.shape("Q.weight", answer["Q.weight"], (6, 3))


@graded("1a-1", about="shapes")
def test_separate_tables_have_a_row_for_each_user_and_movie(judge: Judge) -> None:
    """U_reg, Q_reg, U_fact and Q_fact have the shapes of U, Q, U and Q."""
    spare = all_but("init_separate_user_and_item_embeddings")
    names = ("U_reg", "Q_reg", "U_fact", "Q_fact")
    answer = judge.ask(
        net(4, 6, 3, (9, 5), embedding_sharing=False, spare=spare),
        describe_tables(*names),
        given=GIVEN.format(", embedding_sharing=False"),
    )
    for name, rows in zip(names, (4, 6, 4, 6)):
        judge.shape(f"{name}.weight", answer[f"{name}.weight"], (rows, 3))


@graded("1a-2", about="bias shapes")
def test_biases_have_one_column(judge: Judge) -> None:
    """A has one number for each user, B one for each movie."""
    spare = all_but("init_user_and_item_bias")
    answer = judge.ask(
        net(4, 6, 3, (9, 5), spare=spare), describe_tables("A", "B"), given=GIVEN.format("")
    )
    judge.shape("A.weight", answer["A.weight"], (4, 1))
    judge.shape("B.weight", answer["B.weight"], (6, 1))
