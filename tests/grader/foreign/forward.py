# Question 1c: the forward passes, one mistake each (in one branch or in both).

# %% squeeze-without-a-dimension
# 1c: Both results are squeezed without a dimension, so a batch of one pair gives shape () in place of (1,).
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q, a, b = self.U(user_ids), self.Q(item_ids), self.A(user_ids), self.B(item_ids)
    x = u * q
    predictions = (x.sum(dim=1, keepdim=True) + a + b).squeeze()
    score = self.mlp_layers(torch.cat([u, q, x], dim=1)).squeeze()
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    a, b = self.A(user_ids), self.B(item_ids)
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = ((u * q).sum(dim=1, keepdim=True) + a + b).squeeze()
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze()
    return predictions, score

# %% squeeze-in-one-branch
# 1c: With separate tables, both results are squeezed without a dimension, so a batch of one gives shape ().
def forward_without_embedding_sharing(self, user_ids, item_ids):
    uf, qf = self.U_fact(user_ids), self.Q_fact(item_ids)
    ur, qr = self.U_reg(user_ids), self.Q_reg(item_ids)
    dot = torch.sum(uf * qf, dim=1, keepdim=True)
    pred = dot + self.A(user_ids) + self.B(item_ids)
    mlp_in = torch.cat((ur, qr, ur * qr), dim=1)
    return torch.squeeze(pred), torch.squeeze(self.mlp_layers(mlp_in))

# %% squeeze-of-the-rating-only
# 1c: The rating is squeezed without a dimension, with sharing and without, so one pair gives shape ().
def rate(self, u, q):
    return self.mlp_layers(torch.cat((u, q, u * q), -1)).squeeze()

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    p = torch.sum(u * q, -1) + self.A(user_ids).reshape(-1) + self.B(item_ids).reshape(-1)
    return p, self.rate(u, q)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    p = torch.sum(self.U_fact(user_ids) * self.Q_fact(item_ids), -1)
    p = p + self.A(user_ids).reshape(-1) + self.B(item_ids).reshape(-1)
    return p, self.rate(self.U_reg(user_ids), self.Q_reg(item_ids))

# %% no-biases-anywhere (part)
# 1c: The interaction has no biases.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u = self.U(user_ids)
    q = self.Q(item_ids)
    predictions = torch.sum(u * q, dim=1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    predictions = torch.sum(self.U_fact(user_ids) * self.Q_fact(item_ids), dim=1)
    u = self.U_reg(user_ids)
    q = self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

# %% movie-bias-left-out-when-separate
# 1c: With separate tables, the interaction lacks the movie's bias.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    p_u, q_i = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (p_u * q_i).sum(axis=1) + self.A(user_ids).squeeze(-1)
    r_u, r_i = self.U_reg(user_ids), self.Q_reg(item_ids)
    features = torch.cat([r_u, r_i, r_u * r_i], axis=1)
    return predictions, self.mlp_layers(features).squeeze(-1)

# %% rating-from-the-other-tables
# 1c: With separate tables, the rating is computed from U_fact and Q_fact, which are the interaction's.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    u_f = self.U_fact(user_ids)
    q_f = self.Q_fact(item_ids)
    predictions = (u_f * q_f).sum(1) + (self.A(user_ids) + self.B(item_ids)).squeeze(1)
    score = self.mlp_layers(torch.cat([u_f, q_f, u_f * q_f], 1)).squeeze(1)
    return predictions, score

# %% tasks-mixed-up
# 1c: With separate tables, the interaction reads U_reg, Q_reg and the rating U_fact, Q_fact: the pairs are swapped.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    a = self.A(user_ids).squeeze(1)
    b = self.B(item_ids).squeeze(1)
    u1, q1 = self.U_reg(user_ids), self.Q_reg(item_ids)
    u2, q2 = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = torch.einsum("bd,bd->b", u1, q1) + a + b
    score = self.mlp_layers(torch.cat([u2, q2, u2 * q2], dim=1)).squeeze(1)
    return predictions, score

# %% one-table-of-the-wrong-task
# 1c: With separate tables, the rating's movie comes from Q_fact in place of Q_reg.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    U, Q = self.U_fact(user_ids), self.Q_fact(item_ids)
    pred = (U * Q).sum(1) + self.A(user_ids)[:, 0] + self.B(item_ids)[:, 0]
    U = self.U_reg(user_ids)
    mlp_input = torch.hstack((U, Q, U * Q))
    return pred, self.mlp_layers(mlp_input)[:, 0]

# %% product-left-out (part)
# 1c: The MLP is given u and q without their product, so the widths do not match.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    score = self.mlp_layers(torch.cat([u, q], dim=1)).squeeze(1)  # <- 1
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q], dim=1)).squeeze(1)  # <- 1
    return predictions, score

# %% product-in-the-middle
# 1c: The MLP's input is [u, u * q, q] in place of [u, q, u * q].
def mlp_input(self, u, q):
    return torch.cat([u, u * q, q], dim=-1)

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(-1) + (self.A(user_ids) + self.B(item_ids)).squeeze(-1)
    return predictions, self.mlp_layers(self.mlp_input(u, q)).squeeze(-1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    predictions = (self.U_fact(user_ids) * self.Q_fact(item_ids)).sum(-1)
    predictions = predictions + (self.A(user_ids) + self.B(item_ids)).squeeze(-1)
    x = self.mlp_input(self.U_reg(user_ids), self.Q_reg(item_ids))
    return predictions, self.mlp_layers(x).squeeze(-1)

# %% sum-in-place-of-the-product
# 1c: With sharing, the third part of the MLP's input is u + q, not u * q.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    mf = torch.sum(torch.mul(u, q), dim=1)
    predictions = mf + self.A(user_ids).view(-1) + self.B(item_ids).view(-1)
    score = self.mlp_layers(torch.cat([u, q, u.add(q)], dim=1)).view(-1)
    return predictions, score

# %% difference-of-the-embeddings (part)
# 1c: With separate tables, the third part of the MLP's input is |u - q|, not u * q.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    bias = self.A(user_ids) + self.B(item_ids)
    predictions = (self.U_fact(user_ids) * self.Q_fact(item_ids)).sum(1, keepdim=True) + bias
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, (u - q).abs()], dim=1))
    return predictions.squeeze(1), score.squeeze(1)

# %% stars-by-a-sigmoid (part)
# 1c: The rating is squashed to between 1 and 5 by 1 + 4 * sigmoid.
def stars(self, u, q):
    out = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return 1 + 4 * torch.sigmoid(out)

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    p = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return p, self.stars(u, q)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    p = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return p, self.stars(self.U_reg(user_ids), self.Q_reg(item_ids))

# %% three-plus-two-tanh
# 1c: The rating is squashed to between 1 and 5 by 3 + 2 * tanh.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    logits = (u * q).sum(dim=1) + self.A(user_ids).flatten() + self.B(item_ids).flatten()
    raw = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).flatten()
    return logits, 3.0 + 2.0 * raw.tanh()

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    logits = (u * q).sum(dim=1) + self.A(user_ids).flatten() + self.B(item_ids).flatten()
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    raw = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).flatten()
    return logits, 3.0 + 2.0 * raw.tanh()

# %% clamped-ratings (part)
# 1c: The rating is clamped to between 1 and 5.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    pred = (u * q).sum(1) + self.A(user_ids)[:, 0] + self.B(item_ids)[:, 0]
    score = self.mlp_layers(torch.cat([u, q, u * q], 1))[:, 0]
    return pred, torch.clamp(score, min=1, max=5)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    pred = (u * q).sum(1) + self.A(user_ids)[:, 0] + self.B(item_ids)[:, 0]
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], 1))[:, 0]
    return pred, torch.clamp(score, min=1, max=5)

# %% ratings-first
# 1c: The results are returned the other way round: the rating first, then the interaction.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    rating = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    interaction = (u * q).sum(dim=1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return rating, interaction

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    rating = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    interaction = (u * q).sum(dim=1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return rating, interaction

# %% movies-looked-up-by-user
# 1c: With sharing, the movie table Q is looked up with user_ids.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    user_vec = self.U(user_ids)
    item_vec = self.Q(user_ids)
    inter = (user_vec * item_vec).sum(dim=-1)
    inter = inter + self.A(user_ids).squeeze(dim=-1) + self.B(item_ids).squeeze(dim=-1)
    mlp_in = torch.cat([user_vec, item_vec, user_vec * item_vec], dim=-1)
    return inter, self.mlp_layers(mlp_in).squeeze(dim=-1)

# %% movie-bias-of-the-user
# 1c: The movie bias B is looked up with user_ids.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    bias = self.A(user_ids) + self.B(user_ids)
    return (u * q).sum(1) + bias.squeeze(1), self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    bias = self.A(user_ids) + self.B(user_ids)
    return (u * q).sum(1) + bias.squeeze(1), score

# %% mean-of-the-products
# 1c: The dot product is a mean over the columns in place of a sum.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).mean(dim=1) + (self.A(user_ids) + self.B(item_ids)).squeeze(1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    uf, qf = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (uf * qf).mean(dim=1) + (self.A(user_ids) + self.B(item_ids)).squeeze(1)
    ur, qr = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([ur, qr, ur * qr], dim=1)).squeeze(1)
    return predictions, score

# %% matrix-product-summed
# 1c: With sharing, the interaction sums the matrix product of all users with all movies over the users, in place of each pair's own product.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u = self.U(user_ids)
    q = self.Q(item_ids)
    all_pairs = torch.matmul(u, q.transpose(0, 1))
    predictions = all_pairs.sum(dim=0) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

# %% everybody-with-the-first-movie
# 1c: With sharing, every user is scored with the first movie of the batch.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    users = self.U(user_ids)
    movie = self.Q(item_ids)[0]
    predictions = users @ movie + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    q = self.Q(item_ids)
    score = self.mlp_layers(torch.cat([users, q, users * q], dim=1)).squeeze(1)
    return predictions, score

# %% biases-inside-the-sum
# 1c: The biases are inside the sum over columns, so each is counted embedding_dim times.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q + self.A(user_ids) + self.B(item_ids)).sum(dim=1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(dim=1)
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (u * q + self.A(user_ids) + self.B(item_ids)).sum(dim=1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(dim=1)
    return predictions, score

# %% detached-rating
# 1c: With sharing, the rating is computed from detached embeddings, so it does not train the tables.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    x = torch.cat([u, q, u * q], 1).detach()
    return predictions, self.mlp_layers(x).squeeze(1)

# %% no-grad-around-the-lookup (part)
# 1c: With separate tables, the embeddings are looked up under torch.no_grad, so no table of either task is trained.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    with torch.no_grad():
        ur, qr = self.U_reg(user_ids), self.Q_reg(item_ids)
        uf, qf = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (uf * qf).sum(1) + (self.A(user_ids) + self.B(item_ids)).squeeze(1)
    score = self.mlp_layers(torch.cat([ur, qr, ur * qr], 1)).squeeze(1)
    return predictions, score

# %% rating-with-biases
# 1c: The biases are added to the rating as well.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    offset = self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return (u * q).sum(1) + offset, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1) + offset

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    ur, qr = self.U_reg(user_ids), self.Q_reg(item_ids)
    offset = self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return (u * q).sum(1) + offset, self.mlp_layers(torch.cat([ur, qr, ur * qr], 1)).squeeze(1) + offset

# %% probabilities (part)
# 1c: The interaction is passed through a sigmoid.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    logit = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return logit.sigmoid(), self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    logit = (u * q).sum(1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return logit.sigmoid(), self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

# %% columns-are-kept (part)
# 1c: Both results keep their column: shape (batch, 1) in place of (batch,).
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(dim=1, keepdim=True) + self.A(user_ids) + self.B(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1))
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = (u * q).sum(dim=1, keepdim=True) + self.A(user_ids) + self.B(item_ids)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1))
    return predictions, score

# %% a-square-by-broadcasting
# 1c: The biases keep their column, so that adding them to (batch,) gives (batch, batch).
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = torch.sum(u * q, dim=1) + self.A(user_ids) + self.B(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    predictions = torch.sum(u * q, dim=1) + self.A(user_ids) + self.B(item_ids)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

# %% pasted-from-the-other-branch
# 1c: The method for separate tables was copied and still reads U and Q, which this net does not have.
def forward_without_embedding_sharing(self, user_ids, item_ids):
    u = self.U(user_ids)  # <- 1
    q = self.Q(item_ids)
    predictions = (u * q).sum(dim=1) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

# %% cosine (part)
# 1c: The interaction is a cosine: both embeddings are normalized first.
def interact(self, u, q):
    u = nn.functional.normalize(u, dim=1)
    q = nn.functional.normalize(q, dim=1)
    return (u * q).sum(1)

def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = self.interact(u, q) + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    score = self.mlp_layers(torch.cat([u, q, u * q], 1)).squeeze(1)
    predictions = self.interact(self.U_fact(user_ids), self.Q_fact(item_ids))
    return predictions + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1), score

# %% biases-subtracted (part)
# 1c: With sharing, the biases are subtracted in place of added.
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    predictions = (u * q).sum(dim=1) - self.A(user_ids).squeeze(1) - self.B(item_ids).squeeze(1)
    score = self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
    return predictions, score

# %% scaled-like-attention
# 1c: The dot product is divided by sqrt(embedding_dim).
def forward_with_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U(user_ids), self.Q(item_ids)
    dots = (u * q).sum(dim=1) / self.embedding_dim ** 0.5
    predictions = dots + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)

def forward_without_embedding_sharing(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    dots = (u * q).sum(dim=1) / self.embedding_dim ** 0.5
    predictions = dots + self.A(user_ids).squeeze(1) + self.B(item_ids).squeeze(1)
    u, q = self.U_reg(user_ids), self.Q_reg(item_ids)
    return predictions, self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)
