# Two to six mistakes in one submission: most of these were written as one piece, and change the
# same output more than once.

# %% c-squeezed-and-without-biases
# 1c: Both results are squeezed without a dimension, so a batch of one gives shape ().
# 1c: The interaction has no biases.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u_emb, i_emb = self.U(user_ids), self.Q(item_ids)
    predictions = torch.bmm(u_emb.unsqueeze(1), i_emb.unsqueeze(2)).squeeze()
    score = self.mlp_layers(torch.cat([u_emb, i_emb, u_emb * i_emb], dim=1)).squeeze()
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u_emb, i_emb = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = torch.bmm(u_emb.unsqueeze(1), i_emb.unsqueeze(2)).squeeze()
    u_emb, i_emb = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u_emb, i_emb, u_emb * i_emb], dim=1)).squeeze()
    return predictions, score

# %% c-one-bias-and-a-mean
# 1c: The movie's bias is missing from the interaction.
# 1c: The dot product is a mean over the columns in place of a sum.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = torch.mean(u * q, dim=-1) + self.A(user_ids).squeeze(-1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=-1)).squeeze(-1)
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = torch.mean(u * q, dim=-1) + self.A(user_ids).squeeze(-1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=-1)).squeeze(-1)
    return predictions, score

# %% c-wrong-tables-and-a-sigmoid
# 1c: With separate tables, the rating is computed from U_fact and Q_fact.
# 1c: The rating is passed through 5 * sigmoid.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    score = 5 * torch.sigmoid(self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1))
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    score = 5 * torch.sigmoid(self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1))
    return predictions, score

# %% c-swapped-tables-no-biases
# 1c: With separate tables, the pairs of the tasks are swapped: interaction from U_reg, Q_reg, rating from U_fact, Q_fact.
# 1c: With separate tables, the interaction has no biases.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    inter = (self.U_reg(user_ids) * self.Q_reg(item_ids)).sum(dim=1)
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    return inter, self.mlp_layers(torch.cat((u, q, u * q), dim=1)).squeeze(1)

# %% c-order-and-squeeze
# 1c: The results are returned the other way round: the rating first.
# 1c: The results are squeezed without a dimension, so a batch of one gives shape ().
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q, a, b = self.U(user_ids), self.Q(item_ids), self.A(user_ids), self.B(item_ids)
    interaction = ((u * q).sum(1, keepdim=True) + a + b).squeeze()
    rating = self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze()
    return rating, interaction

def forward_without_embedding_sharing(self, user_ids, item_ids):
    a, b = self.A(user_ids), self.B(item_ids)
    interaction = ((self.U_fact(user_ids) * self.Q_fact(item_ids)).sum(1, keepdim=True) + a + b).squeeze()
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    rating = self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze()
    return rating, interaction

# %% c-sum-feature-and-squash
# 1c: The third part of the MLP's input is u + q, not u * q.
# 1c: The rating is squashed by 1 + 4 * sigmoid.
def _rate(self, u, q):
    h = torch.cat([u, q, u + q], dim=1)
    return 1 + 4 * self.mlp_layers(h).sigmoid().squeeze(1)

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    p = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return p, self._rate(u, q)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    p = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return p, self._rate(self.U_reg(user_ids), self.Q_reg(item_ids))

# %% c-movie-bias-by-user-and-sigmoid
# 1c: The movie bias B is looked up with user_ids.
# 1c: The interaction is passed through a sigmoid.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u = self.U(user_ids)
    q = self.Q(item_ids)
    bias = (self.A(user_ids) + self.B(user_ids)).flatten()
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).flatten()
    return torch.sigmoid((u * q).sum(dim=1) + bias), score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    bias = (self.A(user_ids) + self.B(user_ids)).flatten()
    predictions = torch.sigmoid((self.U_fact(user_ids) * self.Q_fact(item_ids)).sum(dim=1) + bias)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], dim=1)).flatten()

# %% c-three-in-the-interaction
# 1c: The dot product is divided by sqrt(embedding_dim).
# 1c: The user's bias is missing from the interaction.
# 1c: With separate tables, the interaction's movie comes from Q_reg in place of Q_fact.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(1) / math.sqrt(u.shape[1]) + self.B(item_ids)[:, 0]
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1))[:, 0]

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_reg(item_ids)
    predictions = (u * q).sum(1) / math.sqrt(u.shape[1]) + self.B(item_ids)[:, 0]
    u = self.U_reg(user_ids)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1))[:, 0]

# %% c-clamp-and-wrong-order-of-features
# 1c: With sharing, the MLP's input is [q, u, u * q]: the movie comes before the user.
# 1c: With sharing, the rating is clamped to between 1 and 5.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    movie = self.Q(item_ids)
    user = self.U(user_ids)
    predictions = (user * movie).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    score = self.mlp_layers(torch.cat([movie, user, movie * user], 1)).squeeze(1)
    return predictions, score.clamp(1.0, 5.0)

# %% c-relu-and-biases-in-the-rating
# 1c: With sharing, a ReLU is applied to the rating.
# 1c: With sharing, the biases are added to the rating.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    bias = self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    score = torch.relu(self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)) + bias
    return (u * q).sum(1) + bias, score

# %% c-inside-sum-and-squeeze
# 1c: The biases are inside the sum over columns, so each is counted embedding_dim times.
# 1c: The rating is squeezed without a dimension, so one pair gives shape ().
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = torch.sum(u * q + self.A(user_ids) + self.B(item_ids), dim=1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze()
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = torch.sum(u * q + self.A(user_ids) + self.B(item_ids), dim=1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze()
    return predictions, score

# %% c-detached-and-no-bias
# 1c: With separate tables, the interaction is computed from detached embeddings, so it does not train them.
# 1c: With separate tables, the user's bias is missing from the interaction.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids).detach(), self.Q_fact(item_ids).detach()
    predictions = (u * q).sum(1) + self.B(item_ids).squeeze(1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

# %% c-separate-by-detach
# 1a: The separate tables are one pair under two names.
# 1c: With separate tables, the rating is computed from detached embeddings, so it trains no table.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U, Q = self.init_shared_user_and_item_embeddings(num_users, num_items, embedding_dim)
    return U, Q, U, Q

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    u, q = self.U_reg(user_ids).detach(), self.Q_reg(item_ids).detach()
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

# %% c-cosine-and-no-movie-bias
# 1c: The interaction is a cosine similarity, not a dot product.
# 1c: The movie's bias is missing from the interaction.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    sim = torch.nn.functional.cosine_similarity(u, q)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return sim + self.A(user_ids).squeeze(1), score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    sim = torch.nn.functional.cosine_similarity(self.U_fact(user_ids), self.Q_fact(item_ids))
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return sim + self.A(user_ids).squeeze(1), score

# %% c-exception-hides-nothing
# 1c: With separate tables, the MLP is given u and q without their product, so the widths do not match.
# 1c: With separate tables, the interaction has no biases.
# 1c: With sharing, the rating is passed through a sigmoid.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    p = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return p, torch.sigmoid(self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1))

def forward_without_embedding_sharing(self, user_ids, item_ids):
    p = (self.U_fact(user_ids) * self.Q_fact(item_ids)).sum(1)
    x = torch.cat([self.U_reg(user_ids), self.Q_reg(item_ids)], 1)
    return p, self.mlp_layers(x).squeeze(1)  # <- 1

# %% c-first-movie-and-no-bias
# 1c: With sharing, every user is scored with the first movie of the batch.
# 1c: With sharing, the user's bias is missing from the interaction.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = torch.mv(u, q[0]) + self.B(item_ids).squeeze(1)
    score = self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)
    return predictions, score

# %% c-movies-by-user-and-tanh
# 1c: With sharing, the movie table Q is looked up with user_ids.
# 1c: With sharing, the rating is squashed by 3 + 2 * tanh.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(user_ids)
    predictions = (u * q).sum(-1) + self.A(user_ids)[:, 0] + self.B(item_ids)[:, 0]
    score = 3 + 2 * torch.tanh(self.mlp_layers(torch.cat([u, q, u * q], -1))[:, 0])
    return predictions, score

# %% c-each-branch-its-own
# 1c: With sharing, the interaction has no biases.
# 1c: With separate tables, the rating is computed from U_fact and Q_fact.
# 1c: With separate tables, the dot product is a mean over the columns.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    return (u * q).sum(1), self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    mf = (u * q).mean(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return mf, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

# %% c-columns-kept-and-no-user-bias
# 1c: Both results keep their column: shape (batch, 1).
# 1c: The user's bias is missing from the interaction.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(1, keepdim=True) + self.B(item_ids)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1))

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (u * q).sum(1, keepdim=True) + self.B(item_ids)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1))

# %% c-no-relu-and-clamp modulelist
# 1c: forward runs the layers of the ModuleList without a ReLU between them.
# 1c: The rating is clamped to between 1 and 5.
# (1b allows a plain ModuleList of dense layers, as the host has: what forward leaves out is 1c's.)
def run_mlp(self, u, q):
    out = torch.cat((u, q, u * q), dim=1)
    for lin in self.mlp_layers:
        out = lin(out)
    return torch.clamp(out.squeeze(1), 1, 5)

# %% c-relu-everywhere-and-sum modulelist
# 1c: forward applies ReLU after the last layer too.
# 1c: The third part of the MLP's input is u + q, not u * q.
def run_mlp(self, u, q):
    out = torch.cat((u, q, u + q), dim=1)
    for lin in self.mlp_layers:
        out = nn.functional.relu(lin(out))
    return out.squeeze(1)

# %% c-relu-last-and-plain-embeddings
# 1a: The embeddings are plain nn.Embedding, which start with standard deviation 1.
# 1a: The biases are plain nn.Embedding and start with random numbers.
# 1b: A ReLU follows the last layer too.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    return nn.Embedding(num_users, embedding_dim), nn.Embedding(num_items, embedding_dim)

def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    return tuple(nn.Embedding(n, embedding_dim) for n in [num_users, num_items] * 2)

def init_user_and_item_bias(self, num_users, num_items):
    return nn.Embedding(num_users, 1), nn.Embedding(num_items, 1)

def init_mlp_layers(self, layer_sizes):
    layers = []
    for i, size in enumerate(layer_sizes):
        nxt = layer_sizes[i + 1] if i + 1 < len(layer_sizes) else 1
        layers += [nn.Linear(size, nxt), nn.ReLU()]
    return nn.Sequential(*layers)

# %% c-tied-and-random-biases
# 1a: Both tasks have one and the same user table.
# 1a: The biases start with random numbers.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = ScaledEmbedding(num_users, embedding_dim)
    Q1 = ScaledEmbedding(num_items, embedding_dim)
    Q2 = ScaledEmbedding(num_items, embedding_dim)
    return U, Q1, U, Q2

def init_user_and_item_bias(self, num_users, num_items):
    A = ScaledEmbedding(num_users, 1)
    B = ScaledEmbedding(num_items, 1)
    return A, B

# %% c-wide-biases-and-their-sum
# 1a: The biases have embedding_dim columns in place of one.
# 1c: The biases are inside the sum over columns.
def init_user_and_item_bias(self, num_users, num_items):
    dim = self.embedding_dim
    return ZeroEmbedding(num_users, dim), ZeroEmbedding(num_items, dim)

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q + self.A(user_ids) + self.B(item_ids)).sum(1)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (u * q + self.A(user_ids) + self.B(item_ids)).sum(1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

# %% c-separate-copies-wrong-spread
# 1a: The factorization's tables are copies of the regression's.
# 1a: The separate tables are plain nn.Embedding, which start with standard deviation 1.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U_reg = nn.Embedding(num_users, embedding_dim)
    Q_reg = nn.Embedding(num_items, embedding_dim)
    U_fact = nn.Embedding.from_pretrained(U_reg.weight.detach().clone(), freeze=False)
    Q_fact = nn.Embedding.from_pretrained(Q_reg.weight.detach().clone(), freeze=False)
    return U_reg, Q_reg, U_fact, Q_fact

# %% c-padding-and-max-norm
# 1a: The tables have padding_idx=0, so row 0 is never trained.
# 1a: The tables have max_norm=1, which changes longer rows when they are looked up.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    opts = {"padding_idx": 0, "max_norm": 1.0}
    U = ScaledEmbedding(num_users, embedding_dim, **opts)
    Q = ScaledEmbedding(num_items, embedding_dim, **opts)
    return U, Q

# %% c-rows-and-frozen
# 1a: The movies' bias B has a row for each user.
# 1a: The biases do not require gradients.
def init_user_and_item_bias(self, num_users, num_items):
    A = ZeroEmbedding(num_users, 1).requires_grad_(False)
    B = ZeroEmbedding(num_users, 1).requires_grad_(False)
    return A, B

# %% c-dense-leaky-and-relu-last
# 1b: LeakyReLU stands where ReLU should.
# 1b: An activation follows the last layer too.
def init_mlp_layers(self, layer_sizes):
    seq = nn.Sequential()
    for i, (a, b) in enumerate(zip(layer_sizes, list(layer_sizes[1:]) + [1])):
        seq.add_module(f"fc{i}", nn.Linear(a, b))
        seq.add_module(f"act{i}", nn.LeakyReLU())
    return seq

# %% c-dense-two-sizes-and-tanh
# 1b: Only the first two layer_sizes are used.
# 1b: Tanh stands where ReLU should.
def init_mlp_layers(self, layer_sizes):
    first = nn.Linear(layer_sizes[0], layer_sizes[1])
    second = nn.Linear(layer_sizes[1], 1)
    return nn.Sequential(first, nn.Tanh(), second)

# %% c-dense-dropout-and-no-bias
# 1b: Dropout was added between the layers.
# 1b: The layers have no bias.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for a, b in zip(layer_sizes[:-1], layer_sizes[1:]):
        layers += [nn.Linear(a, b, bias=False), nn.ReLU(), nn.Dropout(p=0.5)]
    layers.append(nn.Linear(layer_sizes[-1], 1, bias=False))
    return nn.Sequential(*layers)

# %% c-dense-list-of-constant-layers modulelist
# 1b: The layers are in a Python list and not registered.
# 1b: All weights of the layers start with one number.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for i in range(len(layer_sizes)):
        layer = nn.Linear(layer_sizes[i], (list(layer_sizes) + [1])[i + 1])
        layer.weight.data.fill_(0.05)
        layers.append(layer)
    return layers

# %% c-dense-extra-layer-sigmoid-last
# 1b: There is a hidden layer too many, as wide as the last of layer_sizes.
# 1b: A sigmoid follows the last layer.
def init_mlp_layers(self, layer_sizes):
    dims = [*layer_sizes, layer_sizes[-1], 1]
    body = []
    for a, b in zip(dims, dims[1:]):
        body += [nn.Linear(a, b), nn.ReLU()]
    body[-1] = nn.Sigmoid()
    return nn.Sequential(*body)

# %% c-all-items-no-biases-wrong-tables
# 1d: The scores have no biases.
# 1d: With separate tables, the scores are computed from U_reg and Q_reg.
def score_all_items(self, user_ids):
    if self.embedding_sharing:
        return self.U(user_ids) @ self.Q.weight.T
    return self.U_reg(user_ids) @ self.Q_reg.weight.T

# %% c-all-items-one-bias-and-sigmoid
# 1d: The users' bias is missing.
# 1d: The scores are passed through a sigmoid.
def score_all_items(self, user_ids):
    table = self.Q if self.embedding_sharing else self.Q_fact
    users = self.U if self.embedding_sharing else self.U_fact
    return torch.sigmoid(users(user_ids) @ table.weight.T + self.B.weight.reshape(1, -1))

# %% c-all-items-turned-without-movie-bias
# 1d: The result is transposed: a row for each movie.
# 1d: The movies' bias is missing.
def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    return Q.weight @ U(user_ids).T + self.A(user_ids).T

# %% c-no-biases-in-both-places
# 1c: The interaction has no biases.
# 1d: The scores of all movies have no biases.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    dot = (u * q).sum(1)
    return dot, self.mlp_layers(torch.cat([u, q, u * q], 1)).view(-1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    dot = (self.U_fact(user_ids) * self.Q_fact(item_ids)).sum(1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return dot, self.mlp_layers(torch.cat([u, q, u * q], 1)).view(-1)

def score_all_items(self, user_ids):
    if self.embedding_sharing:
        return torch.mm(self.U(user_ids), self.Q.weight.transpose(0, 1))
    return torch.mm(self.U_fact(user_ids), self.Q_fact.weight.transpose(0, 1))

# %% c-bpr-sum-of-logs
# 2a: The loss is the paper's -log sigmoid, not 1 - sigmoid.
# 2a: It is summed over the batch, not averaged.
def bpr_loss(positive_predictions, negative_predictions):
    return -torch.log(torch.sigmoid(positive_predictions - negative_predictions)).sum()

# %% c-bpr-reversed-log
# 2a: The loss is -log sigmoid, not 1 - sigmoid.
# 2a: The difference is taken the wrong way round.
def bpr_loss(positive_predictions, negative_predictions):
    return torch.nn.functional.softplus(positive_predictions - negative_predictions).mean()

# %% c-bpr-reversed-sum
# 2a: The difference is taken the wrong way round.
# 2a: The loss is summed over the batch.
def bpr_loss(positive_predictions, negative_predictions):
    s = torch.sigmoid(negative_predictions - positive_predictions)
    return torch.sum(1 - s)

# %% c-mse-sum-halved
# 2b: The squared errors are summed, not averaged.
# 2b: The sum is halved.
def regression_loss(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).sum() / 2

# %% c-losses-all-three
# 2a: The mean is taken of sigmoid(p_pos - p_neg), without "1 -".
# 2b: The root of the mean squared error is returned.
# 2c: Each loss is weighed with the other one's weight.
def bpr_loss(positive_predictions, negative_predictions):
    return (positive_predictions - negative_predictions).sigmoid().mean()

def regression_loss(observed_ratings, predicted_ratings):
    return torch.sqrt(nn.MSELoss()(predicted_ratings, observed_ratings))

def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_loss * regression_weight + regression_loss * factorization_weight

# %% c-joint-crossed-and-normalized
# 2c: Each loss is weighed with the other one's weight.
# 2c: The sum is divided by the sum of the weights.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    top = regression_weight * factorization_loss + factorization_weight * regression_loss
    return top / (factorization_weight + regression_weight)

# %% c-metric-seen-and-ties
# 2d: seen is ignored.
# 2d: Tied movies are ranked in the order in which argsort leaves them.
def reciprocal_ranks(scores, heldout, seen=None):
    order = scores.argsort(dim=1, descending=True)
    rank = order.argsort(dim=1) + 1
    rr = (1 / rank.double()) * heldout
    return rr.sum(1) / heldout.sum(1)

# %% c-metric-first-hit-ascending
# 2d: The lowest score has rank 1.
# 2d: Only the best-ranked held-out movie counts.
def reciprocal_ranks(scores, heldout, seen=None):
    out = []
    for i in range(scores.shape[0]):
        s = scores[i] if seen is None else scores[i][~seen[i]]
        held = scores[i][heldout[i]]
        if len(held) == 0:
            out.append(float("nan"))
            continue
        ranks = [((s < h).sum() + ((s == h).sum() + 1) / 2).item() for h in held]
        out.append(1 / min(ranks))
    return torch.tensor(out, dtype=torch.float64)

# %% c-metric-best-tie-and-zero-for-nobody
# 2d: Tied movies all get the best rank of the tie.
# 2d: A user without held-out movies has the value 0, not NaN.
def reciprocal_ranks(scores, heldout, seen=None):
    rr = torch.zeros(scores.shape[0], dtype=torch.float64)
    for i in range(scores.shape[0]):
        items = torch.nonzero(heldout[i]).flatten().tolist()
        pool = scores[i] if seen is None else scores[i][seen[i] == 0]
        for j in items:
            rr[i] += 1.0 / (1 + int((pool > scores[i, j]).sum())) / len(items)
    return rr

# %% c-metric-seen-zero-and-sum
# 2d: Seen movies get the score 0 in place of being taken out.
# 2d: A user's value is the sum over the held-out movies, not the mean.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.clone().double()
    if seen is not None:
        s[seen] = 0
    above = (s.unsqueeze(1) > s.unsqueeze(2)).sum(2)
    same = (s.unsqueeze(1) == s.unsqueeze(2)).sum(2)
    inv = (1 / (above + (same + 1) / 2)).double() * heldout
    out = inv.sum(1)
    out[~heldout.any(1)] = float("nan")
    return out

# %% c-metric-three
# 2d: seen is ignored.
# 2d: Tied movies all get the worst rank of the tie.
# 2d: mrr_score counts users without held-out movies as 0.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.detach().numpy()
    at_least = (s[:, None, :] >= s[:, :, None]).sum(-1)
    with np.errstate(invalid="ignore"):
        vals = (heldout.numpy() / at_least).sum(1) / heldout.numpy().sum(1)
    return torch.from_numpy(vals)

def mrr_score(scores, heldout, seen=None):
    vals = reciprocal_ranks(scores, heldout, seen).numpy()
    return float(np.where(np.isnan(vals), 0, vals).mean())

# %% c-six-over-the-whole-set
# 1a: The biases start at 1.
# 1b: No activation stands between the layers.
# 1c: The rating is squeezed without a dimension, with sharing and without.
# 1d: The scores have no biases.
# 2a: The loss is the paper's -log sigmoid.
# 2d: seen is ignored.
def init_user_and_item_bias(self, num_users, num_items):
    A, B = ZeroEmbedding(num_users, 1), ZeroEmbedding(num_items, 1)
    nn.init.constant_(A.weight, 1)
    nn.init.constant_(B.weight, 1)
    return A, B

def init_mlp_layers(self, layer_sizes):
    s = list(layer_sizes) + [1]
    return nn.Sequential(*map(nn.Linear, s[:-1], s[1:]))

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    p = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return p, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze()

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    p = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return p, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze()

def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    return torch.einsum("ud,id->ui", U(user_ids), Q.weight)

def bpr_loss(positive_predictions, negative_predictions):
    return -nn.functional.logsigmoid(positive_predictions - negative_predictions).mean()

def reciprocal_ranks(scores, heldout, seen=None):
    greater = (scores[:, None] > scores[..., None]).sum(-1)
    equal = (scores[:, None] == scores[..., None]).sum(-1)
    rr = 1 / (greater + (equal + 1) / 2).double()
    return (rr * heldout).sum(1) / heldout.sum(1)
