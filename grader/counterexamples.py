"""Small inputs on which mistakes show, for each question: the first one that does is shown.

They are written by hand and no test's: hidden tests draw theirs. So what is right on one of them
decides no point.
"""

from collections.abc import Iterator

from grader.engine.counterexample import Example

NET = "MultiTaskNet"
FORWARD = {True: "forward_with_embedding_sharing", False: "forward_without_embedding_sharing"}


def sizes(
    sharing: bool, users: int = 2, movies: int = 2, columns: int = 2, layers: str = ""
) -> str:
    """Return a line that makes a net."""
    layers = layers or f"({3 * columns},)"
    kind = "" if sharing else ", embedding_sharing=False"
    given = f"{users}, {movies}, embedding_dim={columns}, layer_sizes={layers}"
    return f"net = MultiTaskNet({given}{kind})"


def filled(sharing: bool, low: bool = False, mlp: str = "", layers: str = "(6, 2)") -> str:
    """Return lines that make a net whose parameters are small whole numbers.

    All others are 1, or 2 where ``mlp`` says what the MLP's are; with ``low``, some are negative.
    """
    U, Q = ([[-1, 0], [-2, -1]], [[2, 1], [1, 3]]) if low else ([[1, 0], [2, 1]], [[1, 2], [3, 1]])
    tables = {"U": U, "Q": Q} if sharing else {"U_reg": U, "Q_reg": Q}
    tables |= {} if sharing else {"U_fact": [[0, 1], [1, 3]], "Q_fact": [[2, 2], [1, 0]]}
    tables |= {"A": [[1], [2]], "B": [[0], [-4 if low else 4]]}
    rest = 2 if mlp else 1
    lines = [sizes(sharing, layers=layers), "with torch.no_grad():"]
    lines += ["    for parameter in net.parameters():", f"        parameter.fill_({rest})"]
    lines += [f"    net.{name}.weight[:] = tensor({rows})" for name, rows in tables.items()]
    if mlp:
        lines += ["    for parameter in net.mlp_layers.parameters():"]
        lines += [f"        parameter[:] = {mlp}"]
    return "\n".join(lines)


IN_ORDER = "torch.arange(parameter.numel()).view_as(parameter)"


def tables() -> Iterator[Example]:
    """Shapes, whether tables are one, how they start, what is trained."""
    of_kind = {True: ("U", "Q", "A", "B"), False: ("U_reg", "Q_reg", "U_fact", "Q_fact")}
    for sharing, names in of_kind.items():
        net = sizes(sharing, movies=3)
        for name in names:
            yield Example("model", NET, f"net.{name}.weight.shape", net)
        for first, second in zip(names[::2], names[1::2]):
            yield Example("model", NET, f"net.{first} is net.{second}", sizes(sharing))
    for first, second in (("U_reg", "U_fact"), ("Q_reg", "Q_fact")):
        same = f"net.{first}.weight is net.{second}.weight"
        yield Example("model", NET, same, sizes(False))
        equal = f"torch.equal(net.{first}.weight, net.{second}.weight)"
        yield Example("model", NET, equal, sizes(False))
    for sharing, names in of_kind.items():
        for name in names:
            yield Example("model", NET, f"net.{name}.weight.requires_grad", sizes(sharing))
            count = "sum(weight is parameter for parameter in net.parameters())"
            before = f"{sizes(sharing)}\nweight = net.{name}.weight"
            yield Example("model", NET, count, before)
            threes = f"{sizes(sharing)}\nwith torch.no_grad():\n    net.{name}.weight[:] = 3"
            yield Example("model", NET, "rows", f"{threes}\n    rows = net.{name}(tensor([0, 1]))")
            after = f"{sizes(sharing)}\nnet.{name}(tensor([0, 1])).sum().backward()"
            yield Example("model", NET, f"net.{name}.weight.grad", after)
    for name in "AB":
        yield Example("model", NET, f"net.{name}.weight.any().item()", sizes(True))
    for sharing, names in of_kind.items():
        # Of 20,000 numbers, whose spread is the same in every net when it is rounded.
        net = sizes(sharing, users=10_000, movies=10_000)
        for name in names[: 2 if sharing else 4]:
            yield Example("model", NET, f"round(net.{name}.weight.std().item(), 1)", net)
            share = f"round((net.{name}.weight > 0).double().mean().item(), 1)"
            yield Example("model", NET, share, net)
            share = f"round((net.{name}.weight.abs() < 0.5).double().mean().item(), 1)"
            yield Example("model", NET, share, net)
    first, second = sizes(True), sizes(True).replace("net =", "other =")
    before = f"torch.manual_seed(1)\n{first}\ntorch.manual_seed(2)\n{second}"
    yield Example("model", NET, "torch.equal(net.U.weight, other.U.weight)", before)


def dense() -> Iterator[Example]:
    """Shapes of the layers, and what they do to a row of ones and one of minus ones."""
    for layers in ("(6,)", "(6, 2)", "(6, 4, 2)", "(6, 6, 6)"):
        net = sizes(True, layers=layers)
        shapes = "[tuple(p.shape) for p in net.mlp_layers.parameters()]"
        yield Example("model", NET, shapes, net)
    rows = ("tensor([[1.0] * 6, [-1.0] * 6])", "tensor([[-1.0] * 5 + [1.0], [0.0] * 6])")
    for layers in ("(6,)", "(6, 2)", "(6, 3, 2)"):
        for number in ("1", "-1"):
            lines = f"{sizes(True, layers=layers)}\nwith torch.no_grad():\n"
            lines += "    for parameter in net.mlp_layers.parameters():\n"
            lines += f"        parameter[:] = {number}\n"
            for given in rows:
                before = f"{lines}    output = net.mlp_layers({given})"
                yield Example("model", NET, "output", before)
            before = f"{lines}    net.eval()\n    output = net.mlp_layers({rows[0]})"
            yield Example("model", NET, "output", before)
    net = sizes(True, layers="(6, 6, 6)")
    parameters = "net.mlp_layers.parameters()"
    yield Example("model", NET, f"all(p.requires_grad for p in {parameters})", net)
    named = '"mlp_layers" in dict(net.named_children())'
    yield Example("model", NET, named, net)
    weights = f"{net}\nfirst, second = [p for p in {parameters} if p.dim() == 2][:2]"
    yield Example("model", NET, "first.std().item() > 0", weights)
    yield Example("model", NET, "torch.equal(first, second)", weights)


PAIRS = (
    ("[0, 1]", "[0, 1]"),
    ("[0, 1]", "[1, 1]"),
    ("[1, 1]", "[0, 1]"),
    ("[1]", "[1]"),
    ("[0, 1, 1]", "[1, 0, 1]"),
)


def forward() -> Iterator[Example]:
    """Both predictions of two pairs: of small numbers, of negative ones, alone, when evaluating."""
    for mlp in ("", IN_ORDER):
        for low in (False, True):
            for users, movies in PAIRS:
                for sharing in (True, False):
                    call = f"net.{FORWARD[sharing]}(tensor({users}), tensor({movies}))"
                    before = f"{filled(sharing, low, mlp)}\n    predictions, score = {call}"
                    yield Example("model", NET, "predictions", before)
                    yield Example("model", NET, "score", before)
    for sharing in (True, False):
        call = f"net.{FORWARD[sharing]}(tensor([0, 1]), tensor([1, 1]))"
        lines = filled(sharing, low=True)
        before = f"{lines}\n    net.eval()\n    predictions, score = {call}"
        yield Example("model", NET, "predictions", before)
        yield Example("model", NET, "score", before)
        again = f"{lines}\n    {call}\n    net.U.weight[:] = 3\n    predictions, score = {call}"
        if sharing:
            yield Example("model", NET, "predictions", again)
            yield Example("model", NET, "score", again)
    for sharing in (True, False):
        lines = filled(sharing, True, "-1")
        for call in (f"net.{FORWARD[sharing]}", "net"):
            before = f"{lines}\n    predictions, score = {call}(tensor([0, 1]), tensor([1, 1]))"
            yield Example("model", NET, "predictions", before)
            yield Example("model", NET, "score", before)
        wide = f"{sizes(sharing, columns=40)}\nwith torch.no_grad():\n"
        wide += "    for parameter in net.parameters():\n        parameter.fill_(1)\n"
        wide += f"    predictions, score = net.{FORWARD[sharing]}(tensor([0, 1]), tensor([0, 1]))"
        yield Example("model", NET, "score", wide)
    for sharing in (True, False):
        call = f"net.{FORWARD[sharing]}(tensor([0, 1]), tensor([0, 1]))"
        for output in ("predictions", "score"):
            made = f"{filled(sharing)}\npredictions, score = {call}\n{output}.sum().backward()"
            names = ("U", "Q") if sharing else ("U_reg", "Q_reg", "U_fact", "Q_fact")
            for name in (*names, "A", "B"):
                yield Example("model", NET, f"net.{name}.weight.grad", made)
            trained = "[p.grad is not None for p in net.mlp_layers.parameters()]"
            yield Example("model", NET, trained, made)


def all_items() -> Iterator[Example]:
    """The scores of two movies for one user, for two, for one who comes twice."""
    for low in (False, True):
        for users in ("[0]", "[0, 1]", "[1, 1]", "[1, 0]"):
            for sharing in (True, False):
                before = (
                    f"{filled(sharing, low)}\n    scores = net.score_all_items(tensor({users}))"
                )
                yield Example("model", NET, "scores", before)
    for sharing in (True, False):
        asked = "net.score_all_items(tensor([0, 1]))"
        lines = filled(sharing, low=True)
        yield Example("model", NET, "scores", f"{lines}\n    net.eval()\n    scores = {asked}")
        for name in ("U" if sharing else "U_fact", "Q" if sharing else "Q_fact", "A", "B"):
            again = f"{lines}\n    {asked}\n    net.{name}.weight[:] = 3\n    scores = {asked}"
            yield Example("model", NET, "scores", again)
    many = f"{sizes(True, movies=2000)}\nscores = net.score_all_items(tensor([0, 1]))"
    yield Example("model", NET, "scores.shape", many)
    scored = f"{filled(True)}\nnet.score_all_items(tensor([0, 1]))"
    biases = "net.A(tensor([0, 1]))"
    yield Example("model", NET, f"{biases}.requires_grad", scored)


def bpr_loss() -> Iterator[Example]:
    """Two pairs with scores as small as possible, then further apart."""
    for positive, negative in (
        ("[0.0, 0.0]", "[0.0, 0.0]"),
        ("[1.0, 0.0]", "[0.0, 0.0]"),
        ("[1.0, 2.0]", "[0.0, 1.0]"),
        ("[0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0]"),
        ("[1.0, 0.0]", "[2.0, 0.0]"),
        ("[3.0, 1.0]", "[0.0, 4.0]"),
        ("[9.0, 9.0]", "[0.0, 0.0]"),
    ):
        value = f"bpr_loss(tensor({positive}), tensor({negative}))"
        yield Example("loss", "bpr_loss", value)
    for name in ("positive", "negative"):
        made = "positive = tensor([1.0, 0.0], requires_grad=True)\n"
        made += "negative = tensor([0.0, 0.0], requires_grad=True)\n"
        yield Example(
            "loss", "bpr_loss", f"{name}.grad", f"{made}bpr_loss(positive, negative).backward()"
        )


def regression_loss() -> Iterator[Example]:
    """Two ratings of whole stars; then halves, and predictions that are far away."""
    for observed, predicted in (
        ("[1.0, 1.0]", "[2.0, 1.0]"),
        ("[1.0, 1.0, 1.0]", "[2.0, 1.0, 1.0]"),
        ("[1.0, 3.0]", "[2.0, 2.0]"),
        ("[1.0, 4.0]", "[3.0, 4.0]"),
        ("[5.0, 1.0]", "[3.0, 2.0]"),
        ("[1.0, 5.0]", "[0.0, 7.0]"),
        ("[2.0, 1.0]", "[2.25, 1.0]"),
        ("[1.0, 5.0]", "[11.0, 5.0]"),
        ("[1.0, 5.0]", "[-1.0, 5.0]"),
        ("[2.5, 1.0]", "[2.0, 1.0]"),
    ):
        value = f"regression_loss(tensor({observed}), tensor({predicted}))"
        yield Example("loss", "regression_loss", value)
    made = "predicted = tensor([2.0, 1.0], requires_grad=True)\n"
    made += "regression_loss(tensor([1.0, 2.0]), predicted).backward()"
    yield Example("loss", "regression_loss", "predicted.grad", made)


def joint_loss() -> Iterator[Example]:
    """Whole losses and weights; then weights of which one is zero."""
    for numbers in ("2.0 4.0 1.0 3.0", "1.0 2.0 3.0 0.0", "1.0 2.0 0.5 0.5", "1.0 1.0 2.0 2.0"):
        first, second, *weights = numbers.split()
        value = f"joint_loss(tensor({first}), tensor({second}), {', '.join(weights)})"
        yield Example("loss", "joint_loss", value)
    for name in ("factorization", "regression"):
        made = "factorization = tensor(2.0, requires_grad=True)\n"
        made += "regression = tensor(4.0, requires_grad=True)\n"
        made += "joint_loss(factorization, regression, 1.0, 3.0).backward()"
        yield Example("loss", "joint_loss", f"{name}.grad", made)


def ranks() -> Iterator[Example]:
    """Two users and few movies: one held out, several, ties, seen ones, nobody; then many."""
    T, F = True, False
    tables = (
        ([[2, 1], [1, 2]], [[T, F], [T, F]], None),
        ([[3, 2, 1], [1, 3, 2]], [[F, T, F], [F, F, T]], None),
        ([[3, 2, 1], [1, 2, 3]], [[T, F, T], [T, F, F]], None),
        ([[3, 2, 1], [1, 2, 3]], [[F, T, T], [T, T, F]], None),
        ([[4, 1, 2, 3], [1, 3, 4, 2]], [[F, T, F, F], [T, F, F, T]], None),
        ([[1, 1], [2, 1]], [[T, F], [F, T]], None),
        ([[1, 1, 1], [2, 2, 1]], [[F, F, T], [F, F, T]], None),
        ([[1, 1, 1], [2, 1, 1]], [[F, T, F], [F, F, T]], None),
        ([[2, 1], [1, 2]], [[F, F], [T, F]], None),
        ([[3, 2, 1], [1, 2, 3]], [[F, T, F], [T, F, F]], [[T, F, F], [F, T, F]]),
        ([[3, 2, 1], [-3, -2, -1]], [[F, F, T], [T, F, F]], [[T, F, F], [F, T, F]]),
        ([[-300, -200], [-300, -200]], [[T, F], [T, F]], [[F, T], [F, T]]),
        ([[2, 1, 0], [0, 2, 1]], [[F, F, T], [T, F, F]], [[T, F, F], [F, T, F]]),
        ([[-3000, -2000], [-3000, -2000]], [[T, F], [T, F]], [[F, T], [F, T]]),
    )
    for scores, heldout, seen in tables:
        given = f"scores = tensor({_floats(scores)})\nheldout = tensor({heldout})"
        given += f"\nseen = tensor({seen})" if seen else ""
        for function in ("reciprocal_ranks", "mrr_score"):
            value = f"{function}(scores, heldout{', seen' if seen else ''})"
            yield Example("mrr", function, value, given)
    for row, held in (
        ("[[1.2, 1.4]]", "[[True, False]]"),
        ("[[1.0, 1.000001]]", "[[True, False]]"),
        ("[[100.0, 200.0]]", "[[True, False]]"),
        ("[[0.0, -200.0, -300.0]]", "[[False, True, False]]"),
    ):
        value = f"reciprocal_ranks(tensor({row}), tensor({held}))"
        yield Example("mrr", "reciprocal_ranks", value)
    for movies in (20, 200):
        made = f"scores = torch.arange({movies}.0).view(1, {movies})"
        yield Example("mrr", "reciprocal_ranks", "reciprocal_ranks(scores, scores == 0)", made)
    made = "scores = tensor([[2.0, 1.0], [1.0, 2.0]])\nheldout = scores == 2\n"
    made += "reciprocal_ranks(scores, heldout, scores == 1)"
    yield Example("mrr", "reciprocal_ranks", "scores", made)
    value = "reciprocal_ranks(scores, scores == 2).dtype"
    yield Example("mrr", "reciprocal_ranks", value, "scores = tensor([[2.0, 1.0]])")
    # Users of several batches, of whom the last ones have another value.
    made = "scores = torch.arange(2.0).repeat(300, 1)\nheldout = scores == 1\n"
    made += "heldout[290:] = scores[290:] == 0"
    yield Example("mrr", "mrr_score", "mrr_score(scores, heldout)", made)


def _floats(rows: list[list[int]]) -> list[list[float]]:
    return [[float(number) for number in row] for row in rows]


EXAMPLES = {
    "1a": tuple(tables()),
    "1b": tuple(dense()),
    "1c": tuple(forward()),
    "1d": tuple(all_items()),
    "2a": tuple(bpr_loss()),
    "2b": tuple(regression_loss()),
    "2c": tuple(joint_loss()),
    "2d": tuple(ranks()),
}
