# Question 1a: tables and biases.

# %% rows-the-other-way-round (part)
# 1a: U has a row for each movie and Q a row for each user: the two numbers are swapped.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = ScaledEmbedding(num_items, embedding_dim)
    Q = ScaledEmbedding(num_users, embedding_dim)
    return U, Q

# %% biases-as-wide-as-embeddings
# 1a: The biases A and B have embedding_dim columns in place of one.
def init_user_and_item_bias(self, num_users, num_items):
    A = ZeroEmbedding(num_users, self.embedding_dim)
    B = ZeroEmbedding(num_items, self.embedding_dim)
    return A, B

# %% movie-bias-per-user
# 1a: The movies' bias B has a row for each user, not for each movie.
def init_user_and_item_bias(self, num_users, num_items):
    # one scalar per user / per item
    A = ZeroEmbedding(num_users, 1)
    B = ZeroEmbedding(num_users, 1)
    return A, B

# %% user-bias-per-movie
# 1a: The users' bias A has a row for each movie, not for each user.
def init_user_and_item_bias(self, num_users, num_items):
    biases = nn.ModuleList(ZeroEmbedding(num_items, 1) for _ in range(2))
    return biases[0], biases[1]

# %% one-pair-under-two-names
# 1a: The separate tables are not separate: the factorization gets the same two modules as the regression.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U_reg = U_fact = ScaledEmbedding(num_users, embedding_dim)
    Q_reg = Q_fact = ScaledEmbedding(num_items, embedding_dim)
    return U_reg, Q_reg, U_fact, Q_fact

# %% copies-of-the-first-pair (part)
# 1a: The factorization's tables are copies of the regression's and start with the same numbers.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    import copy
    reg = [ScaledEmbedding(num_users, embedding_dim), ScaledEmbedding(num_items, embedding_dim)]
    fact = copy.deepcopy(reg)
    return (*reg, *fact)

# %% only-the-movies-are-tied
# 1a: Both tasks have one and the same movie table; only the user tables are separate.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U_reg = ScaledEmbedding(num_users, embedding_dim)
    U_fact = ScaledEmbedding(num_users, embedding_dim)
    Q = ScaledEmbedding(num_items, embedding_dim)
    return U_reg, Q, U_fact, Q

# %% weights-tied-by-assignment
# 1a: The user tables of both tasks share one weight, so that training one changes the other.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    ur, qr = ScaledEmbedding(num_users, embedding_dim), ScaledEmbedding(num_items, embedding_dim)
    uf, qf = ScaledEmbedding(num_users, embedding_dim), ScaledEmbedding(num_items, embedding_dim)
    uf.weight = ur.weight
    return ur, qr, uf, qf

# %% default-embeddings
# 1a: The embeddings are plain nn.Embedding, which start with standard deviation 1.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = torch.nn.Embedding(num_embeddings=num_users, embedding_dim=embedding_dim)
    Q = torch.nn.Embedding(num_embeddings=num_items, embedding_dim=embedding_dim)
    return U, Q

def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U_reg, Q_reg = self.init_shared_user_and_item_embeddings(num_users, num_items, embedding_dim)
    U_fact, Q_fact = self.init_shared_user_and_item_embeddings(num_users, num_items, embedding_dim)
    return U_reg, Q_reg, U_fact, Q_fact

# %% biases-of-the-wrong-class
# 1a: The biases start with small random numbers (ScaledEmbedding), not at zero.
def init_user_and_item_bias(self, num_users, num_items):
    return ScaledEmbedding(num_users, 1), ScaledEmbedding(num_items, 1)

# %% biases-at-one
# 1a: The biases start at 1, not at zero.
def init_user_and_item_bias(self, num_users, num_items):
    A = nn.Embedding(num_users, 1)
    B = nn.Embedding(num_items, 1)
    A.weight.data.fill_(1.0)
    B.weight.data.fill_(1.0)
    return A, B

# %% xavier (part)
# 1a: The embeddings start with Xavier's uniform numbers, not normal with standard deviation 1/embedding_dim.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = nn.Embedding(num_users, embedding_dim)
    Q = nn.Embedding(num_items, embedding_dim)
    for emb in (U, Q):
        nn.init.xavier_uniform_(emb.weight)
    return U, Q

# %% root-of-the-dimension
# 1a: All embeddings start with standard deviation 1/sqrt(embedding_dim).
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    def table(rows):
        e = nn.Embedding(rows, embedding_dim)
        nn.init.normal_(e.weight, std=embedding_dim ** -0.5)
        return e
    return table(num_users), table(num_items)

def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    return (*self.init_shared_user_and_item_embeddings(num_users, num_items, embedding_dim),
            *self.init_shared_user_and_item_embeddings(num_users, num_items, embedding_dim))

# %% mean-in-place-of-spread (part)
# 1a: The embeddings are drawn with mean 1/embedding_dim and standard deviation 1: the number went to the wrong argument.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = nn.Embedding(num_users, embedding_dim)
    nn.init.normal_(U.weight, 1 / embedding_dim)
    Q = nn.Embedding(num_items, embedding_dim)
    nn.init.normal_(Q.weight, 1 / embedding_dim)
    return U, Q

# %% movie-zero-is-padding
# 1a: The movie table has padding_idx=0, so row 0 is zero and is never trained.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = ScaledEmbedding(num_users, embedding_dim)
    Q = ScaledEmbedding(num_items, embedding_dim, padding_idx=0)  # ids start at 1
    return U, Q

# %% norm-is-cut
# 1a: The user tables have max_norm=1: rows that are longer are shortened when they are looked up.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = ScaledEmbedding(num_users, embedding_dim, max_norm=1.0)
    Q = ScaledEmbedding(num_items, embedding_dim)
    return U, Q

# %% biases-are-frozen
# 1a: The biases do not require gradients, so they stay zero.
def init_user_and_item_bias(self, num_users, num_items):
    A, B = ZeroEmbedding(num_users, 1), ZeroEmbedding(num_items, 1)
    for p in [*A.parameters(), *B.parameters()]:
        p.requires_grad = False
    return A, B

# %% embeddings-at-zero (part)
# 1a: The embeddings start at zero, where the product has no gradient.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U, Q = ZeroEmbedding(num_users, embedding_dim), ZeroEmbedding(num_items, embedding_dim)
    return U, Q

# %% thirty-two-columns (part)
# 1a: The tables have 32 columns whatever embedding_dim is.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U = ScaledEmbedding(num_users, 32)
    Q = ScaledEmbedding(num_items, 32)
    return U, Q

# %% users-first-then-movies (part)
# 1a: The four tables are returned in the order U_reg, U_fact, Q_reg, Q_fact.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U_reg = ScaledEmbedding(num_users, embedding_dim)
    U_fact = ScaledEmbedding(num_users, embedding_dim)
    Q_reg = ScaledEmbedding(num_items, embedding_dim)
    Q_fact = ScaledEmbedding(num_items, embedding_dim)
    return U_reg, U_fact, Q_reg, Q_fact

# %% one-of-four-has-users-rows
# 1a: Q_fact has a row for each user, not for each movie.
def init_separate_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    U_reg = ScaledEmbedding(num_users, embedding_dim)
    Q_reg = ScaledEmbedding(num_items, embedding_dim)
    U_fact = ScaledEmbedding(num_users, embedding_dim)
    Q_fact = ScaledEmbedding(num_users, embedding_dim)
    return U_reg, Q_reg, U_fact, Q_fact

# %% a-row-too-many (part)
# 1a: The tables have a row more than there are users and movies.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    # MovieLens ids start at 1!
    U = ScaledEmbedding(num_users + 1, embedding_dim)
    Q = ScaledEmbedding(num_items + 1, embedding_dim)
    return U, Q

# %% from-pretrained (part)
# 1a: The tables come from from_pretrained, which freezes them.
def init_shared_user_and_item_embeddings(self, num_users, num_items, embedding_dim):
    make = lambda n: nn.Embedding.from_pretrained(torch.randn(n, embedding_dim) / embedding_dim)
    return make(num_users), make(num_items)

# %% one-bias-for-everybody
# 1a: A and B have a single row, so there is one bias for all users and one for all movies.
def init_user_and_item_bias(self, num_users, num_items):
    return ZeroEmbedding(1, 1), ZeroEmbedding(1, 1)
