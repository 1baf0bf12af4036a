"""Questions 1a to 1d: one network that predicts what a user watches and how they rate it.

For a user ``i`` and a movie ``j`` the network predicts two numbers, from their rows ``u_i`` and
``q_j`` in two embedding tables and from their biases ``a_i`` and ``b_j``:

- interaction: ``p_ij = u_i . q_j + a_i + b_j``, higher when the user is likelier to watch the
  movie (matrix factorization; Koren, Bell and Volinsky, 2009);
- rating: ``r_ij = MLP([u_i, q_j, u_i * q_j])``, the stars that the user would give it.

With ``embedding_sharing=True`` both predictions read the same two tables; without, each task
has a pair of its own.

``ScaledEmbedding``, ``ZeroEmbedding``, ``MultiTaskNet.__init__`` and ``MultiTaskNet.forward``
are given. Write the code between the solution markers. A loop over pairs is right, if slow: one
call in a test may take 20 seconds of processor time, and all calls that judge this file twice that.
"""

import torch
from torch import Tensor, nn


class ScaledEmbedding(nn.Embedding):
    """Embedding table whose entries start normal, mean 0, standard deviation 1/embedding_dim."""

    def reset_parameters(self) -> None:
        nn.init.normal_(self.weight, mean=0.0, std=1.0 / self.embedding_dim)


class ZeroEmbedding(nn.Embedding):
    """Embedding table whose entries start at zero; with one column, a bias per user or movie."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)


class MultiTaskNet(nn.Module):
    """Predict, for pairs of a user and a movie, the interaction and the rating.

    Parameters
    ----------
    num_users, num_items : int
        Rows of the user tables and of the movie tables. Ids run from 0 to one less.
    embedding_dim : int
        Columns of ``U`` and ``Q``.
    layer_sizes : sequence of int
        Input widths of the MLP's dense layers; the first is ``3 * embedding_dim``.
    embedding_sharing : bool
        One pair of embedding tables for both tasks, or a pair for each.

    Attributes
    ----------
    U, Q : ScaledEmbedding
        User and movie embeddings, with ``embedding_sharing=True`` only.
    U_reg, Q_reg, U_fact, Q_fact : ScaledEmbedding
        The same for the rating (regression) and for the interaction (factorization), with
        ``embedding_sharing=False`` only.
    A, B : ZeroEmbedding
        User and movie biases of the interaction, one column each.
    mlp_layers : nn.Module
        The dense layers of the rating.
    """

    def __init__(
        self,
        num_users: int,
        num_items: int,
        embedding_dim: int = 32,
        layer_sizes: tuple[int, ...] = (96, 64),
        embedding_sharing: bool = True,
    ) -> None:
        super().__init__()
        self.embedding_dim = embedding_dim
        self.embedding_sharing = embedding_sharing
        # The order in which tables and layers are made fixes the random numbers that they get.
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

    def forward(self, user_ids: Tensor, item_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Predict the interaction and the rating of each pair in a batch.

        Parameters
        ----------
        user_ids, item_ids : integer tensors, shape (batch,)
            Pair ``k`` is user ``user_ids[k]`` with movie ``item_ids[k]``.

        Returns
        -------
        predictions : float tensor, shape (batch,)
            Interactions ``p_ij``.
        score : float tensor, shape (batch,)
            Ratings ``r_ij``: with how many stars the user would score the movie.

        Raises
        ------
        ValueError
            If the ids are not two 1-D tensors of one length, or what your
            ``forward_with_embedding_sharing`` or ``forward_without_embedding_sharing``
            returned is not two tensors of shape (batch,).
        """
        if user_ids.dim() != 1 or user_ids.shape != item_ids.shape:
            raise ValueError(
                "forward expects user_ids and item_ids of one shape (batch,), got "
                f"{tuple(user_ids.shape)} and {tuple(item_ids.shape)}"
            )
        if self.embedding_sharing:
            method = self.forward_with_embedding_sharing
        else:
            method = self.forward_without_embedding_sharing
        returned = method(user_ids, item_ids)
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            raise ValueError(
                f"{method.__name__} should return two tensors, predictions and score; "
                f"it returned {type(returned).__name__}"
                + (f" of length {len(returned)}" if isinstance(returned, (tuple, list)) else "")
            )
        for name, value in zip(("predictions", "score"), returned):
            got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            if got != (len(user_ids),):
                raise ValueError(
                    f"{method.__name__} should return {name} of shape (batch,) = "
                    f"({len(user_ids)},), got {got}"
                )
        predictions, score = returned
        return predictions, score

    def init_shared_user_and_item_embeddings(
        self, num_users: int, num_items: int, embedding_dim: int
    ) -> tuple[nn.Embedding, nn.Embedding]:
        """Make the tables that both tasks read.

        Returns
        -------
        U : ScaledEmbedding, weight of shape (num_users, embedding_dim)
        Q : ScaledEmbedding, weight of shape (num_items, embedding_dim)
        """
        # Question 1a: make one table for the users, then one for the movies.
        ### BEGIN SOLUTION
        U = ScaledEmbedding(num_users, embedding_dim)
        Q = ScaledEmbedding(num_items, embedding_dim)
        ### END SOLUTION
        return U, Q

    def init_separate_user_and_item_embeddings(
        self, num_users: int, num_items: int, embedding_dim: int
    ) -> tuple[nn.Embedding, nn.Embedding, nn.Embedding, nn.Embedding]:
        """Make a pair of tables for each task: four tables that have nothing in common.

        Returns
        -------
        U_reg : ScaledEmbedding, weight of shape (num_users, embedding_dim)
        Q_reg : ScaledEmbedding, weight of shape (num_items, embedding_dim)
            For the rating.
        U_fact : ScaledEmbedding, weight of shape (num_users, embedding_dim)
        Q_fact : ScaledEmbedding, weight of shape (num_items, embedding_dim)
            For the interaction.
        """
        # Question 1a: make four tables, in the order in which they are returned.
        ### BEGIN SOLUTION
        U_reg = ScaledEmbedding(num_users, embedding_dim)
        Q_reg = ScaledEmbedding(num_items, embedding_dim)
        U_fact = ScaledEmbedding(num_users, embedding_dim)
        Q_fact = ScaledEmbedding(num_items, embedding_dim)
        ### END SOLUTION
        return U_reg, Q_reg, U_fact, Q_fact

    def init_user_and_item_bias(
        self, num_users: int, num_items: int
    ) -> tuple[nn.Embedding, nn.Embedding]:
        """Make the biases: one number a user, one number a movie, all zero at first.

        Returns
        -------
        A : ZeroEmbedding, weight of shape (num_users, 1)
        B : ZeroEmbedding, weight of shape (num_items, 1)
        """
        # Question 1a: make the users' biases, then the movies'.
        ### BEGIN SOLUTION
        A = ZeroEmbedding(num_users, 1)
        B = ZeroEmbedding(num_items, 1)
        ### END SOLUTION
        return A, B

    def init_mlp_layers(self, layer_sizes: tuple[int, ...]) -> nn.Module:
        """Make the dense layers that turn ``[u_i, q_j, u_i * q_j]`` into a rating.

        Parameters
        ----------
        layer_sizes : sequence of int
            Input widths, one for each dense layer. With ``(96, 64)`` there are two layers,
            96 to 64 and 64 to 1: each layer's output is as wide as the next one's input, and
            the last layer has one output. A ReLU follows each layer but the last.

        Returns
        -------
        nn.Module
            An ``nn.Sequential`` or an ``nn.ModuleList``; your ``forward_*`` methods call it.
        """
        # Question 1b: make the dense layers with a ReLU between each two of them.
        ### BEGIN SOLUTION
        layers: list[nn.Module] = []
        for inputs, outputs in zip(layer_sizes, (*layer_sizes[1:], 1)):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        mlp_layers = nn.Sequential(*layers[:-1])
        ### END SOLUTION
        return mlp_layers

    def forward_with_embedding_sharing(
        self, user_ids: Tensor, item_ids: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Predict interactions and ratings, both from the tables ``U`` and ``Q``.

        Parameters
        ----------
        user_ids, item_ids : integer tensors, shape (batch,)

        Returns
        -------
        predictions : float tensor, shape (batch,)
            ``p_ij = u_i . q_j + a_i + b_j``, unbounded.
        score : float tensor, shape (batch,)
            ``r_ij = MLP([u_i, q_j, u_i * q_j])``, as the MLP gives it.

        Notes
        -----
        A batch may hold one pair, and then both results have shape (1,). An embedding of one
        column returns shape (batch, 1).
        """
        # Question 1c: compute both predictions from U, Q, A, B and mlp_layers.
        ### BEGIN SOLUTION
        u = self.U(user_ids)
        q = self.Q(item_ids)
        predictions = self._interaction(u, q, user_ids, item_ids)
        score = self._rating(u, q)
        ### END SOLUTION
        return predictions, score

    def forward_without_embedding_sharing(
        self, user_ids: Tensor, item_ids: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Predict interactions from ``U_fact, Q_fact`` and ratings from ``U_reg, Q_reg``.

        Parameters, returned values and shapes are those of ``forward_with_embedding_sharing``.
        """
        # Question 1c: the same two equations, each with the tables of its own task.
        ### BEGIN SOLUTION
        u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
        predictions = self._interaction(u, q, user_ids, item_ids)
        score = self._rating(self.U_reg(user_ids), self.Q_reg(item_ids))
        ### END SOLUTION
        return predictions, score

    def score_all_items(self, user_ids: Tensor) -> Tensor:
        """Score every movie for each of the users, to rank the movies.

        Parameters
        ----------
        user_ids : integer tensor, shape (batch,)

        Returns
        -------
        float tensor, shape (batch, num_items)
            Row ``k``, column ``j``: the interaction ``p_ij`` of user ``i = user_ids[k]`` and
            movie ``j``, equal to the first result of ``forward`` for that pair.

        Notes
        -----
        One matrix product scores all the pairs at once; calling ``forward`` for every pair
        would compute each rating as well.
        """
        # Question 1d: compute p_ij for all movies at once, with sharing and without.
        ### BEGIN SOLUTION
        U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_fact)
        scores = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T
        ### END SOLUTION
        return scores

    ### BEGIN SOLUTION
    def _interaction(self, u: Tensor, q: Tensor, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        """Return ``u . q + a + b`` of each row, shape (batch,)."""
        a = self.A(user_ids).squeeze(1)
        b = self.B(item_ids).squeeze(1)
        return (u * q).sum(dim=1) + a + b

    def _rating(self, u: Tensor, q: Tensor) -> Tensor:
        """Return ``MLP([u, q, u * q])`` of each row, shape (batch,)."""
        return self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)

    ### END SOLUTION
