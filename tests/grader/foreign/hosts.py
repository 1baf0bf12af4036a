# What the rest of a submission is: right code of two other hands, and a part that a behaviour
# does not override comes from one of them.

# %% sequential

def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    users = ScaledEmbedding(num_users, embedding_dim)
    movies = ScaledEmbedding(num_items, embedding_dim)
    return users, movies

def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    tables = [ScaledEmbedding(n, embedding_dim) for n in (num_users, num_items) * 2]
    return tuple(tables)

def init_user_and_item_bias(self, num_users, num_items):
    user_bias, item_bias = ZeroEmbedding(num_users, 1), ZeroEmbedding(num_items, 1)
    return user_bias, item_bias

def init_mlp_layers(self, layer_sizes):
    net = nn.Sequential()
    sizes = list(layer_sizes) + [1]
    for i in range(len(sizes) - 1):
        net.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i + 2 < len(sizes):
            net.append(nn.ReLU())
    return net

def forward_with_embedding_sharing(self, user_ids, item_ids):
    user_emb = self.U(user_ids)
    item_emb = self.Q(item_ids)
    product = user_emb * item_emb
    predictions = product.sum(-1) + self.A(user_ids)[:, 0] + self.B(item_ids)[:, 0]
    score = self.mlp_layers(torch.cat((user_emb, item_emb, product), dim=-1))[:, 0]
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    dot = (self.U_fact(user_ids) * self.Q_fact(item_ids)).sum(-1)
    predictions = dot + self.A(user_ids)[:, 0] + self.B(item_ids)[:, 0]
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat((u, q, u * q), dim=-1))[:, 0]
    return predictions, score

def score_all_items(self, user_ids):
    users = self.U if self.embedding_sharing else self.U_fact
    items = self.Q if self.embedding_sharing else self.Q_fact
    scores = torch.mm(users(user_ids), items.weight.t())
    return scores + self.A(user_ids) + self.B.weight.view(1, -1)

# file: loss.py

def bpr_loss(positive_predictions, negative_predictions):
    margin = positive_predictions - negative_predictions
    return 1 - margin.sigmoid().mean()

def regression_loss(observed_ratings, predicted_ratings):
    return nn.functional.mse_loss(predicted_ratings, observed_ratings)

def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    weighted = factorization_loss * factorization_weight
    return weighted + regression_loss * regression_weight

# file: mrr.py

def reciprocal_ranks(scores, heldout, seen=None):
    values = []
    for i in range(scores.shape[0]):
        row = scores[i]
        candidates = torch.ones_like(heldout[i]) if seen is None else ~seen[i]
        inverse = []
        for j in heldout[i].nonzero().flatten():
            better = ((row > row[j]) & candidates).sum().item()
            equal = ((row == row[j]) & candidates).sum().item()
            inverse.append(1 / (better + (equal + 1) / 2))
        values.append(sum(inverse) / len(inverse) if inverse else float("nan"))
    return torch.tensor(values, dtype=torch.float64)

def mrr_score(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen)
    return float(values[~values.isnan()].mean())

# %% modulelist

def init_mlp_layers(self, layer_sizes):
    outs = tuple(layer_sizes[1:]) + (1,)
    return nn.ModuleList([nn.Linear(i, o) for i, o in zip(layer_sizes, outs)])

def run_mlp(self, u, q):
    x = torch.hstack([u, q, torch.mul(u, q)])
    for k, layer in enumerate(self.mlp_layers):
        if k > 0:
            x = torch.relu(x)
        x = layer(x)
    return x.flatten()

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    bias = torch.flatten(self.A(user_ids) + self.B(item_ids))
    return torch.einsum("nd,nd->n", u, q) + bias, self.run_mlp(u, q)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    bias = torch.flatten(self.A(user_ids) + self.B(item_ids))
    mf = torch.einsum("nd,nd->n", self.U_fact(user_ids), self.Q_fact(item_ids)) + bias
    return mf, self.run_mlp(self.U_reg(user_ids), self.Q_reg(item_ids))

# file: mrr.py

def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.double().numpy().copy()
    if seen is not None:
        s[seen.numpy()] = -np.inf
    out = np.full(len(s), np.nan)
    for i, mask in enumerate(heldout.numpy()):
        if mask.any():
            ranks = [1 + (s[i] > x).sum() + ((s[i] == x).sum() - 1) / 2 for x in s[i][mask]]
            out[i] = np.mean(1 / np.array(ranks))
    return torch.from_numpy(out)
