"""A right model in small methods: each catalogued mistake replaces one or two of them."""

from typing import Any

import torch
from torch import nn

# What the catalogue's pipelines define: functions of outputs.
shared_tables: Any = None
separate_tables: Any = None
biases: Any = None
dense_layers: Any = None
interaction_shared: Any = None
interaction_separate: Any = None
rating_shared: Any = None
rating_separate: Any = None
scores_shared: Any = None
scores_separate: Any = None


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
        predictions = interaction_shared(self, user_ids, item_ids)
        return predictions, rating_shared(self, user_ids, item_ids)

    def forward_without_embedding_sharing(self, user_ids, item_ids):
        predictions = interaction_separate(self, user_ids, item_ids)
        return predictions, rating_separate(self, user_ids, item_ids)

    def score_all_items(self, user_ids):
        scores = scores_shared if self.embedding_sharing else scores_separate
        return scores(self, user_ids)
