"""Changes of the reference solution that real students made, and what each may cost."""

from collections.abc import Mapping
from dataclasses import dataclass

Change = tuple[str, str]


@dataclass(frozen=True)
class Fair:
    """A submission, and the questions that may lose points for it.

    Attributes
    ----------
    changes : mapping
        From a file's name without ``.py`` to what is replaced in the reference by what.
    loses : set of str
        Each of these questions loses points; every other one keeps all of them.
    same_as : str
        Another submission of the bank that gets exactly the same points.
    """

    changes: Mapping[str, tuple[Change, ...]]
    loses: frozenset[str] = frozenset()
    same_as: str = ""


PLAIN_LIST = (
    "        mlp_layers = nn.Sequential(*layers[:-1])\n",
    "        mlp_layers = layers[:-1:2]\n",
)


def rating(relu: str) -> Change:
    """Return a rating that goes through a list of layers, ``relu`` between them."""
    return (
        "        return self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)\n",
        "        x = torch.cat([u, q, u * q], dim=1)\n"
        "        linears = [m for m in self.mlp_layers if isinstance(m, nn.Linear)]\n"
        "        for layer in linears[:-1]:\n"
        f"            x = {relu}(layer(x))\n"
        "        return linears[-1](x).squeeze(1)\n",
    )


def before(text: str, line: str) -> Change:
    return text, line + text


TABLES = "        U = ScaledEmbedding(num_users, embedding_dim)\n"
BIASES = "        A = ZeroEmbedding(num_users, 1)\n"
MADE = "self.mlp_layers = self.init_mlp_layers(layer_sizes)\n"
TORCH = "import torch\nfrom torch import Tensor, nn\n"
MODEL_TORCH = (TORCH, TORCH + "import torch.nn.functional as F\n")
INTERACTION = "        return (u * q).sum(dim=1) + a + b\n"
SCORES = "        scores = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T\n"
PAIR_BY_PAIR = (
    (
        "        u = self.U(user_ids)\n        q = self.Q(item_ids)\n"
        "        predictions = self._interaction(u, q, user_ids, item_ids)\n"
        "        score = self._rating(u, q)\n",
        "        pairs = zip(user_ids.split(1), item_ids.split(1))\n"
        "        both = [self._pair(self.U, self.Q, self.U, self.Q, i, j) for i, j in pairs]\n"
        "        predictions, score = (torch.cat(each) for each in zip(*both))\n",
    ),
    (
        "        u, q = self.U_fact(user_ids), self.Q_fact(item_ids)\n"
        "        predictions = self._interaction(u, q, user_ids, item_ids)\n"
        "        score = self._rating(self.U_reg(user_ids), self.Q_reg(item_ids))\n",
        "        tables = self.U_fact, self.Q_fact, self.U_reg, self.Q_reg\n"
        "        pairs = zip(user_ids.split(1), item_ids.split(1))\n"
        "        both = [self._pair(*tables, i, j) for i, j in pairs]\n"
        "        predictions, score = (torch.cat(each) for each in zip(*both))\n",
    ),
    (
        "    def _rating(self,",
        "    def _pair(self, U, Q, V, R, i, j):\n"
        "        return self._interaction(U(i), Q(j), i, j), self._rating(V(i), R(j))\n\n"
        "    def _rating(self,",
    ),
)
PAIR_BY_PAIR_SCORES = (
    SCORES,
    "        rows = [\n"
    "            [self.forward(user, torch.tensor([j]))[0] for j in range(len(Q.weight))]\n"
    "            for user in user_ids.split(1)\n"
    "        ]\n"
    "        scores = torch.stack([torch.cat(row) for row in rows])\n",
)
SQUARES = "((observed_ratings - predicted_ratings) ** 2)"
WEIGHED = "    loss = factorization_weight *"
# Layers one too wide, in a module of the student's own kind, which forward calls by its names.
OWN_KIND = Fair(
    {
        "model": (
            (
                "        mlp_layers = nn.Sequential(*layers[:-1])\n",
                "        middle = sum(layer_sizes[1:], 1)\n"
                "        first, last = nn.Linear(layer_sizes[0], middle), nn.Linear(middle, 1)\n"
                '        mlp_layers = nn.ModuleDict({"first": first, "last": last})\n',
            ),
            (
                "self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)",
                'self.mlp_layers["last"](self.mlp_layers["first"](torch.cat([u, q, u * q], dim=1))'
                ".relu()).squeeze(1)",
            ),
        )
    },
    frozenset({"1b", "1c"}),
)
ENDLESS = Fair(
    {"loss": ((WEIGHED, "    while True:\n        pass\n" + WEIGHED),)}, frozenset({"2c"})
)
FAIR = {
    # Attributes that are made while tables or layers are made, and used in forward.
    "relu in the list's place": Fair(
        {"model": (MODEL_TORCH, PLAIN_LIST, rating("F.relu"))}, frozenset({"1b"})
    ),
    "relu made with the list": Fair(
        {
            "model": (
                PLAIN_LIST,
                before("        layers: list[nn.Module] = []\n", "        self.relu = nn.ReLU()\n"),
                rating("self.relu"),
            )
        },
        frozenset({"1b"}),
        "relu in the list's place",
    ),
    "layers that forward knows by names of its own": Fair(
        {
            "model": (
                (
                    "        mlp_layers = nn.Sequential(*layers[:-1])\n",
                    "        mlp_layers = layers[:-1:2]\n"
                    "        for index, layer in enumerate(mlp_layers):\n"
                    '            setattr(self, f"fc{index}", layer)\n',
                ),
                (
                    "        return self.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)\n",
                    "        x, index = self.fc0(torch.cat([u, q, u * q], dim=1)), 1\n"
                    '        while hasattr(self, f"fc{index}"):\n'
                    '            x, index = getattr(self, f"fc{index}")(x.relu()), index + 1\n'
                    "        return x.squeeze(1)\n",
                ),
            )
        },
        frozenset({"1b"}),
    ),
    "helper made with biases of one": Fair(
        {
            "model": (
                before(BIASES, "        self.offset = 0.0\n"),
                (BIASES, BIASES + "        nn.init.ones_(A.weight)\n"),
                (INTERACTION, "        return (u * q).sum(dim=1) + a + b + self.offset\n"),
            )
        },
        frozenset({"1a"}),
    ),
    "layers made with wrong tables": Fair(
        {
            "model": (
                (
                    TABLES,
                    "        self.wide = nn.Identity()\n"
                    "        U = ScaledEmbedding(num_users, embedding_dim + 1)\n",
                ),
                ("        u = self.U(user_ids)\n", "        u = self.wide(self.U(user_ids))\n"),
            )
        },
        frozenset({"1a"}),
    ),
    # Slow, and right.
    "a loop over pairs": Fair({"model": PAIR_BY_PAIR}),
    "forward for each pair": Fair({"model": (PAIR_BY_PAIR_SCORES,)}),
    "a loop over pairs, and a mistake elsewhere": Fair(
        {"model": PAIR_BY_PAIR, "loss": ((f"{SQUARES}.mean()", f"{SQUARES}.sum()"),)},
        frozenset({"2b"}),
    ),
    "a comment with the word pandas": Fair(
        {"model": ((TORCH, "# scipy and pandas are not needed\n" + TORCH),)}
    ),
    # One mistake that shows in several questions.
    "rows that are scaled down": Fair(
        {
            "model": (
                (
                    "class ScaledEmbedding(nn.Embedding):\n",
                    "class Bounded(nn.Embedding):\n"
                    "    def __init__(self, rows, columns):\n"
                    "        super().__init__(rows, columns, max_norm=1.0)\n\n\n"
                    "class ScaledEmbedding(Bounded):\n",
                ),
            )
        },
        frozenset({"1a"}),
    ),
    "widths of 96 and 64": Fair(
        {
            "model": (
                (
                    "        layers: list[nn.Module] = []\n",
                    "        layer_sizes, layers = (96, 64), []\n",
                ),
            )
        },
        frozenset({"1b"}),
    ),
    "biases of one": Fair(
        {"model": ((BIASES, BIASES + "        nn.init.ones_(A.weight)\n"),)}, frozenset({"1a"})
    ),
    "a sigmoid on the interaction": Fair(
        {"model": ((INTERACTION, "        return torch.sigmoid((u * q).sum(dim=1) + a + b)\n"),)},
        frozenset({"1c"}),
    ),
    "a batch of one that lost its dimension": Fair(
        {
            "model": (
                ("a = self.A(user_ids).squeeze(1)", "a = self.A(user_ids).squeeze()"),
                (
                    "b = self.B(item_ids).squeeze(1)\n        return (u * q).sum(dim=1) + a + b",
                    "b = self.B(item_ids).squeeze()\n"
                    "        return ((u * q).sum(dim=1) + a + b).squeeze()",
                ),
            )
        },
        frozenset({"1c"}),
    ),
    "sparse tables": Fair(
        {
            "model": (
                (TABLES, "        U = ScaledEmbedding(num_users, embedding_dim, sparse=True)\n"),
            )
        }
    ),
}
