# Question 1d: the scores of every movie.

# %% ranking-without-biases
# 1d: The scores of all movies have no biases.
def score_all_items(self, user_ids):
    if self.embedding_sharing:
        return torch.matmul(self.U(user_ids), self.Q.weight.t())
    return torch.matmul(self.U_fact(user_ids), self.Q_fact.weight.t())

# %% ranking-with-the-shared-names
# 1d: The method reads U and Q also where the net has separate tables, and fails there.
def score_all_items(self, user_ids):
    u = self.U(user_ids)  # <- 1
    q = self.Q.weight
    return u @ q.T + self.A(user_ids) + self.B.weight.squeeze(1)

# %% ranking-by-the-rating-tables
# 1d: With separate tables, the scores are computed from U_reg and Q_reg in place of U_fact and Q_fact.
def score_all_items(self, user_ids):
    if self.embedding_sharing:
        u, Q = self.U(user_ids), self.Q.weight
    else:
        u, Q = self.U_reg(user_ids), self.Q_reg.weight
    return u.mm(Q.T) + self.A(user_ids) + self.B.weight.T

# %% ranking-for-all-users (part)
# 1d: user_ids is ignored: there is a row for every user of the table.
def score_all_items(self, user_ids):
    U = self.U.weight if self.embedding_sharing else self.U_fact.weight
    Q = self.Q.weight if self.embedding_sharing else self.Q_fact.weight
    return U @ Q.t() + self.A.weight + self.B.weight.t()

# %% ranking-turned (part)
# 1d: The result is transposed: a row for each movie, a column for each user.
def score_all_items(self, user_ids):
    if self.embedding_sharing:
        users, movies = self.U(user_ids), self.Q.weight
    else:
        users, movies = self.U_fact(user_ids), self.Q_fact.weight
    return movies @ users.T + self.B.weight + self.A(user_ids).T

# %% ranking-as-probabilities
# 1d: The scores are turned into probabilities by a softmax over the movies.
def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    logits = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T
    return torch.softmax(logits, dim=1)

# %% ranking-itself (part)
# 1d: It returns the order of the movies (argsort), not their scores.
def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    logits = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T
    return logits.argsort(dim=1, descending=True)

# %% ranking-by-ratings
# 1d: It returns every movie's rating, the second result of forward, in place of the interaction.
def score_all_items(self, user_ids):
    num_items = self.B.num_embeddings
    rows = []
    for user in user_ids:
        items = torch.arange(num_items)
        rows.append(self.forward(user.repeat(num_items), items)[1])
    return torch.stack(rows)

# %% ranking-with-a-column-of-movie-biases
# 1d: The movies' biases are added as a column, without turning them into a row, so the shapes do not fit.
def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    scores = U(user_ids) @ Q.weight.T
    scores = scores + self.A(user_ids) + self.B.weight  # <- 1
    return scores

# %% ranking-lacks-movie-zero
# 1d: Movie 0 is left out, so there is a column too few and all others are moved.
def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    item_ids = torch.arange(1, Q.num_embeddings)
    return U(user_ids) @ Q(item_ids).T + self.A(user_ids) + self.B(item_ids).T

# %% ranking-without-the-users-bias (part)
# 1d: The users' bias is missing ("it does not change the order").
def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    return torch.einsum("bd,nd->bn", U(user_ids), Q.weight) + self.B.weight[:, 0]

# %% ranking-squashed (part)
# 1d: The scores are passed through a sigmoid.
def score_all_items(self, user_ids):
    if self.embedding_sharing:
        s = self.U(user_ids) @ self.Q.weight.T
    else:
        s = self.U_fact(user_ids) @ self.Q_fact.weight.T
    s += self.A(user_ids)
    s += self.B.weight.T
    return torch.sigmoid(s)

# %% ranking-one-too-far (part)
# 1d: The movies' ids run from 1 to num_items, so the last one is out of range.
def score_all_items(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
    items = torch.arange(1, Q.num_embeddings + 1)
    return U(user_ids) @ Q(items).T + self.A(user_ids) + self.B(items).T  # <- 1
