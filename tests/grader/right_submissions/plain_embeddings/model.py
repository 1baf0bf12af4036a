"""nn.Embedding with its weights set by hand, and rows taken from the weights."""

import torch
import torch.nn.functional as F  # noqa: F401, N812
from torch import nn


class ScaledEmbedding(nn.Embedding):
    """Embedding table whose entries start normal, mean 0, standard deviation 1/embedding_dim."""

    def reset_parameters(self) -> None:
        nn.init.normal_(self.weight, mean=0.0, std=1.0 / self.embedding_dim)


class ZeroEmbedding(nn.Embedding):
    """Embedding table whose entries start at zero; with one column, a bias per user or movie."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)


class MultiTaskNet(nn.Module):
    """Predict, for pairs of a user and a movie, the interaction and the rating."""

    def __init__(
        self,
        num_users,
        num_items,
        embedding_dim=32,
        layer_sizes=(96, 64),
        embedding_sharing=True,
    ):
        super().__init__()
        self.embedding_dim = embedding_dim
        self.embedding_sharing = embedding_sharing
        if embedding_sharing:
            self.U, self.Q = self.init_shared_user_and_item_embeddings(
                num_users, num_items, embedding_dim
            )
        else:
            self.U_reg, self.Q_reg, self.U_fact, self.Q_fact = (
                self.init_separate_user_and_item_embeddings(num_users, num_items, embedding_dim)
            )
        self.A, self.B = self.init_user_and_item_bias(num_users, num_items)
        self.mlp_layers = self.init_mlp_layers(layer_sizes)

    def forward(self, user_ids, item_ids):
        if self.embedding_sharing:
            return self.forward_with_embedding_sharing(user_ids, item_ids)
        return self.forward_without_embedding_sharing(user_ids, item_ids)

    def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
        U = nn.Embedding(num_users, embedding_dim)
        Q = nn.Embedding(num_items, embedding_dim)
        for table in (U, Q):
            table.weight.data.normal_(0, 1 / embedding_dim)
        return U, Q

    def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
        return (
            *self.init_shared_user_and_item_embeddings(num_users, num_items, embedding_dim),
            *self.init_shared_user_and_item_embeddings(num_users, num_items, embedding_dim),
        )

    def init_user_and_item_bias(self, num_users, num_items):
        biases = [nn.Embedding(n, 1) for n in (num_users, num_items)]
        for b in biases:
            torch.nn.init.constant_(b.weight, 0.0)
        return biases

    def init_mlp_layers(self, layer_sizes):
        layers = []
        sizes = [*layer_sizes, 1]
        for i in range(len(sizes) - 1):
            layers.append(nn.Linear(sizes[i], sizes[i + 1]))
            if i < len(sizes) - 2:
                layers.append(nn.ReLU())
        return nn.Sequential(*layers)

    def forward_with_embedding_sharing(self, user_ids, item_ids):
        u, q = self.U.weight[user_ids], self.Q.weight[item_ids]
        bias = self.A.weight[user_ids, 0] + self.B.weight[item_ids, 0]
        return u.mul(q).sum(1).add(bias), self.mlp_layers(torch.column_stack((u, q, u * q))).view(
            -1
        )

    def forward_without_embedding_sharing(self, user_ids, item_ids):
        u, q = self.U_reg.weight[user_ids], self.Q_reg.weight[item_ids]
        r = self.mlp_layers(torch.column_stack((u, q, u * q))).view(-1)
        u, q = self.U_fact.weight[user_ids], self.Q_fact.weight[item_ids]
        bias = self.A.weight[user_ids, 0] + self.B.weight[item_ids, 0]
        return u.mul(q).sum(1).add(bias), r

    def score_all_items(self, user_ids):
        with torch.no_grad():
            U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
            a = self.A.weight[user_ids]
            return torch.addmm(a + self.B.weight.T, U.weight[user_ids], Q.weight.T)
