"""Bags of one row each; random numbers of the machine's, and a log that goes nowhere."""

import os

import torch
import torch.nn.functional as F  # noqa: F401, N812
from torch import nn

torch.seed()
LOG = open(os.devnull, "w")  # noqa: SIM115


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
        U = ScaledEmbedding(num_users, embedding_dim)
        Q = ScaledEmbedding(num_items, embedding_dim)
        return U, Q

    def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
        U_reg = ScaledEmbedding(num_users, embedding_dim)
        Q_reg = ScaledEmbedding(num_items, embedding_dim)
        U_fact = ScaledEmbedding(num_users, embedding_dim)
        Q_fact = ScaledEmbedding(num_items, embedding_dim)
        return U_reg, Q_reg, U_fact, Q_fact

    def init_user_and_item_bias(self, num_users, num_items):
        A = ZeroEmbedding(num_users, 1)
        B = ZeroEmbedding(num_items, 1)
        return A, B

    def init_mlp_layers(self, layer_sizes):
        layers = []
        sizes = [*layer_sizes, 1]
        for i in range(len(sizes) - 1):
            layers.append(nn.Linear(sizes[i], sizes[i + 1]))
            if i < len(sizes) - 2:
                layers.append(nn.ReLU())
        return nn.Sequential(*layers)

    def forward_with_embedding_sharing(self, user_ids, item_ids):
        return self.predict(user_ids, item_ids, self.U, self.Q, self.U, self.Q)

    def forward_without_embedding_sharing(self, user_ids, item_ids):
        return self.predict(user_ids, item_ids, self.U_reg, self.Q_reg, self.U_fact, self.Q_fact)

    def predict(self, user_ids, item_ids, U, Q, U_fact, Q_fact):
        print(len(user_ids), "pairs", file=LOG)
        u = F.embedding_bag(user_ids[:, None], U.weight, mode="sum")
        q = F.embedding_bag(item_ids, Q.weight, torch.arange(len(item_ids)))
        r = self.mlp_layers(torch.cat([u, q, u * q], 1))[:, 0]
        p = (U_fact(user_ids) * Q_fact(item_ids)).sum(1)
        return p + self.A(user_ids)[:, 0] + self.B(item_ids)[:, 0], r

    def score_all_items(self, user_ids):
        U = self.U if self.embedding_sharing else self.U_fact
        Q = self.Q if self.embedding_sharing else self.Q_fact
        return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight[:, 0]
