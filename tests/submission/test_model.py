"""The reference network: each formula by hand on a net small enough to compute on paper."""

import pytest
import torch

from submission.model import MultiTaskNet, ScaledEmbedding, ZeroEmbedding


def net_on_paper(sharing: bool) -> MultiTaskNet:
    """Two users, two movies, embeddings of two numbers, one dense layer of known weights."""
    net = MultiTaskNet(2, 2, embedding_dim=2, layer_sizes=(6,), embedding_sharing=sharing)
    tables = {
        "A": [[10.0], [20.0]],
        "B": [[0.5], [0.25]],
        **(
            {"U": [[1.0, 2.0], [3.0, 4.0]], "Q": [[5.0, 6.0], [7.0, 8.0]]}
            if sharing
            else {
                "U_reg": [[1.0, 2.0], [3.0, 4.0]],
                "Q_reg": [[5.0, 6.0], [7.0, 8.0]],
                "U_fact": [[1.0, 0.0], [0.0, 1.0]],
                "Q_fact": [[2.0, 3.0], [4.0, 5.0]],
            }
        ),
    }
    with torch.no_grad():
        for name, values in tables.items():
            getattr(net, name).weight.copy_(torch.tensor(values))
        dense = next(module for module in net.mlp_layers if isinstance(module, torch.nn.Linear))
        dense.weight.copy_(torch.tensor([[1.0, 1.0, 10.0, 10.0, 100.0, 100.0]]))
        dense.bias.fill_(1000.0)
    return net


def test_shared_forward_by_hand():
    predictions, score = net_on_paper(True)(torch.tensor([0, 1]), torch.tensor([1, 0]))
    # p_01 = 1*7 + 2*8 + 10 + 0.25, p_10 = 3*5 + 4*6 + 20 + 0.5
    assert predictions.tolist() == [33.25, 59.5]
    # r_01 = (1 + 2) + 10 * (7 + 8) + 100 * (7 + 16) + 1000
    assert score.tolist() == [3 + 150 + 2300 + 1000, 7 + 110 + 3900 + 1000]


def test_separate_forward_uses_each_tasks_own_tables():
    predictions, score = net_on_paper(False)(torch.tensor([0, 1]), torch.tensor([1, 0]))
    assert predictions.tolist() == [4 + 10 + 0.25, 3 + 20 + 0.5]
    assert score.tolist() == [3453.0, 5017.0]


@pytest.mark.parametrize("sharing", [True, False])
def test_score_all_items_is_the_interaction_of_every_pair(sharing):
    net = MultiTaskNet(7, 11, embedding_sharing=sharing)
    torch.nn.init.normal_(net.A.weight)
    torch.nn.init.normal_(net.B.weight)
    users = torch.tensor([6, 0, 6])
    scores = net.score_all_items(users)
    for row, user in enumerate(users):
        expected, _ = net(user.repeat(11), torch.arange(11))
        torch.testing.assert_close(scores[row], expected)


@pytest.mark.parametrize("sharing", [True, False])
@pytest.mark.parametrize("batch", [0, 1, 5])
def test_forward_keeps_the_shape_of_the_batch(sharing, batch):
    ids = torch.zeros(batch, dtype=torch.long)
    predictions, score = MultiTaskNet(3, 4, embedding_sharing=sharing)(ids, ids)
    assert predictions.shape == score.shape == (batch,)


def test_layers_are_as_wide_as_asked_with_relu_between():
    net = MultiTaskNet(3, 4, embedding_dim=2, layer_sizes=(6, 5, 3))
    kinds = [type(module).__name__ for module in net.mlp_layers]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    shapes = [tuple(p.shape) for p in net.mlp_layers.parameters() if p.dim() == 2]
    assert shapes == [(5, 6), (3, 5), (1, 3)]


def test_tables_start_as_the_assignment_says():
    torch.manual_seed(0)
    net = MultiTaskNet(4000, 3000, embedding_dim=16, layer_sizes=(48, 8), embedding_sharing=False)
    for name in ("U_reg", "Q_reg", "U_fact", "Q_fact"):
        table = getattr(net, name)
        assert type(table) is ScaledEmbedding
        assert table.weight.std().item() == pytest.approx(1 / 16, rel=0.02)
        assert table.weight.mean().item() == pytest.approx(0, abs=1e-3)
    assert type(net.A) is type(net.B) is ZeroEmbedding
    assert not net.A.weight.any() and not net.B.weight.any()
    assert net.A.weight.shape == (4000, 1) and net.B.weight.shape == (3000, 1)


def test_separate_tables_are_four_different_ones():
    net = MultiTaskNet(5, 5, embedding_sharing=False)
    tables = [net.U_reg, net.Q_reg, net.U_fact, net.Q_fact]
    assert len({table.weight.data_ptr() for table in tables}) == 4
    assert not hasattr(net, "U")


def test_the_order_of_creation_fixes_the_random_numbers():
    torch.manual_seed(5)
    U, Q = ScaledEmbedding(4, 32), ScaledEmbedding(6, 32)
    first, last = torch.nn.Linear(96, 64), torch.nn.Linear(64, 1)
    torch.manual_seed(5)
    net = MultiTaskNet(4, 6)
    assert torch.equal(net.U.weight, U.weight) and torch.equal(net.Q.weight, Q.weight)
    dense = [module for module in net.mlp_layers if isinstance(module, torch.nn.Linear)]
    assert torch.equal(dense[0].weight, first.weight) and torch.equal(dense[1].bias, last.bias)


def test_forward_says_what_shapes_it_expected_and_got():
    net = MultiTaskNet(3, 4)
    ids = torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match=r"expects .* \(batch,\), got \(2,\) and \(3,\)"):
        net(ids, torch.zeros(3, dtype=torch.long))
    with pytest.raises(ValueError, match=r"got \(2, 1\)"):
        net(ids[:, None], ids[:, None])


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "should return two tensors, predictions and score; it returned NoneType"),
        ((torch.zeros(2),), "of length 1"),
        ((torch.zeros(2, 1), torch.zeros(2)), r"predictions of shape \(batch,\) = \(2,\), got"),
        ((torch.zeros(2), 3.0), "return score of shape .* got float"),
    ],
)
def test_forward_says_what_the_students_part_returned(returned, message):
    net = MultiTaskNet(3, 4)
    net.forward_with_embedding_sharing = lambda user_ids, item_ids: returned
    net.forward_with_embedding_sharing.__name__ = "forward_with_embedding_sharing"
    ids = torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match=message):
        net(ids, ids)
