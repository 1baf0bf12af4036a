"""An OrderedDict names the layers."""

from collections import OrderedDict

import torch
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
        named = OrderedDict()
        for k in range(len(layer_sizes)):
            n_out = layer_sizes[k + 1] if k + 1 < len(layer_sizes) else 1
            named[f"dense_{k}"] = nn.Linear(layer_sizes[k], n_out)
            if n_out != 1 or k + 1 < len(layer_sizes):
                named[f"relu_{k}"] = nn.ReLU()
        return nn.Sequential(named)

    def forward_with_embedding_sharing(self, user_ids, item_ids):
        u, q = self.U(user_ids), self.Q(item_ids)
        predictions = (
            torch.sum(u * q, dim=-1) + self.A(user_ids).squeeze(-1) + self.B(item_ids).squeeze(-1)
        )
        score = self.mlp_layers(torch.cat((u, q, u * q), dim=-1)).squeeze(-1)
        return predictions, score

    def forward_without_embedding_sharing(self, user_ids, item_ids):
        u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
        score = self.mlp_layers(torch.cat((u, q, u * q), dim=-1)).squeeze(-1)
        u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
        predictions = (
            torch.sum(u * q, dim=-1) + self.A(user_ids).squeeze(-1) + self.B(item_ids).squeeze(-1)
        )
        return predictions, score

    def score_all_items(self, user_ids):
        if self.embedding_sharing:
            U, Q = self.U, self.Q
        else:
            U, Q = self.U_fact, self.Q_fact
        return U(user_ids).matmul(Q.weight.t()) + self.A(user_ids) + self.B.weight.squeeze(1)
