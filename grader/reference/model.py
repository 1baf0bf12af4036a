"""A right model in small methods: each catalogued mistake replaces one or two of them."""

from typing import Any

import torch
from torch import nn

# What the catalogue's pipelines define.
shared_tables: Any = None
separate_tables: Any = None
biases: Any = None
dense_layers: Any = None


class MultiTaskNet(nn.Module):
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
            method = self.forward_with_embedding_sharing
        else:
            method = self.forward_without_embedding_sharing
        predictions, score = method(user_ids, item_ids)
        for name, value in zip(("predictions", "score"), (predictions, score)):
            if tuple(value.shape) != (len(user_ids),):
                raise ValueError(
                    f"{method.__name__} should return {name} of shape (batch,) = "
                    f"({len(user_ids)},), got {tuple(value.shape)}"
                )
        return predictions, score

    def bias(self, rows):
        return nn.Embedding.from_pretrained(torch.zeros(rows, 1), freeze=False)

    def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
        return shared_tables(self, num_users, num_items)

    def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
        return separate_tables(self, num_users, num_items)

    def init_user_and_item_bias(self, num_users, num_items):
        return biases(self, num_users, num_items)

    def init_mlp_layers(self, layer_sizes):
        return dense_layers(self, layer_sizes)

    def forward_with_embedding_sharing(self, user_ids, item_ids):
        return self.both((self.U, self.Q), (self.U, self.Q), user_ids, item_ids)

    def forward_without_embedding_sharing(self, user_ids, item_ids):
        regression, factorization = (self.U_reg, self.Q_reg), (self.U_fact, self.Q_fact)
        return self.both(regression, factorization, user_ids, item_ids)

    def both(self, regression, factorization, user_ids, item_ids):
        rating = self.rating(regression[0](user_ids), regression[1](item_ids))
        u, q = factorization[0](user_ids), factorization[1](item_ids)
        return self.interaction(u, q, self.A(user_ids), self.B(item_ids)), rating

    def features(self, u, q):
        return torch.cat([u, q, u * q], dim=1)

    def rating(self, u, q):
        return self.mlp_layers(self.features(u, q)).squeeze(1)

    def interaction(self, u, q, a, b):
        return (u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1)

    def factors(self):
        return (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)

    def score_all_items(self, user_ids):
        U, Q = self.factors()
        return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T
