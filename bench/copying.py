"""How code is copied so that it does not look like a copy; what comes out need not run."""

import ast

from bench.scoreboard.bank import GIVEN_CLASSES, GIVEN_METHODS, HOME

# What is called from outside keeps its name.
KEPT = {
    *HOME,
    "init_shared_user_and_item_embeddings",
    "init_separate_user_and_item_embeddings",
    "init_user_and_item_bias",
    "init_mlp_layers",
    "forward_with_embedding_sharing",
    "forward_without_embedding_sharing",
    "score_all_items",
}


def reformatted(text: str) -> str:
    """Return code without its comments and docstrings, laid out anew, with other comments."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    lines = ast.unparse(tree).splitlines()
    return "\n".join(f"{line}  # step {n}" if n % 3 == 0 else line for n, line in enumerate(lines))


def renamed(text: str) -> str:
    """Return code whose parameters, variables and helpers have other names."""
    tree = ast.parse(text)
    taken = {*KEPT, *GIVEN_CLASSES, *GIVEN_METHODS, "self", "MultiTaskNet"}
    names = dict[str, str]()
    for node in ast.walk(tree):
        found = ""
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found = node.name
        elif isinstance(node, ast.arg):
            found = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found = node.id
        if found and found not in taken and not found.startswith("__"):
            names.setdefault(found, f"my_{len(names)}_value")
    for node in ast.walk(tree):
        for field in ("name", "arg", "id", "attr"):
            old = getattr(node, field, None)
            own = field != "attr" or (isinstance(node, ast.Attribute) and _of_self(node))
            if isinstance(old, str) and own and old in names:
                setattr(node, field, names[old])
    return ast.unparse(tree)


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def reordered(text: str) -> str:
    """Return code with functions and methods the other way round, and statements that may be."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            _swap(node.body)
        elif isinstance(node, ast.ClassDef):
            node.body.reverse()
    kept = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    moved = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tree.body = [*kept, *reversed(moved)]
    return ast.unparse(tree)


def _swap(body: list[ast.stmt]) -> None:
    """Swap neighbours that assign, of which neither reads what the other assigns."""
    number = 0
    while number + 1 < len(body):
        one, other = body[number : number + 2]
        both = isinstance(one, ast.Assign) and isinstance(other, ast.Assign)
        if both and not (_stored(one) & _names(other) or _stored(other) & _names(one)):
            body[number : number + 2] = other, one
            number += 1
        number += 1


def _stored(node: ast.stmt) -> set[str]:
    names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return {each.id for each in names if isinstance(each.ctx, ast.Store)}


def _names(node: ast.stmt) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def moved(text: str) -> str:
    """Return code with what is returned computed in helpers, and comprehensions as loops."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [each for stmt in node.body for each in _as_loop(stmt)]
    helpers = list[ast.stmt]()
    for node in [*ast.walk(tree)]:
        if not isinstance(node, ast.FunctionDef) or node.name not in KEPT:
            continue
        last = node.body[-1]
        if isinstance(last, ast.Return) and last.value and len(node.body) > 1:
            helper = f"_end_{len(helpers)}"
            names = sorted(_names(last) & (_stored_in(node) | {arg.arg for arg in node.args.args}))
            call = ast.parse(f"{helper}({', '.join(names)})").body[0]
            helpers += ast.parse(
                f"def {helper}({', '.join(names)}):\n    return {ast.unparse(last.value)}"
            ).body
            assert isinstance(call, ast.Expr)
            last.value = call.value
    tree.body = [*tree.body, *helpers]
    return ast.unparse(ast.fix_missing_locations(tree))


def _stored_in(node: ast.FunctionDef) -> set[str]:
    return set().union(*(_stored(stmt) for stmt in node.body))


def _as_loop(stmt: ast.stmt) -> list[ast.stmt]:
    """Return ``x = [e for y in z if c]`` as a loop that appends, any other statement as it is."""
    if (
        isinstance(stmt, ast.Assign)
        and isinstance(stmt.targets[0], ast.Name)
        and isinstance(stmt.value, ast.ListComp)
        and len(stmt.value.generators) == 1
    ):
        name, made = stmt.targets[0].id, stmt.value
        loop = made.generators[0]
        lines = [f"for {ast.unparse(loop.target)} in {ast.unparse(loop.iter)}:"]
        lines += [f"if {ast.unparse(condition)}:" for condition in loop.ifs]
        lines += [f"{name}.append({ast.unparse(made.elt)})"]
        text = "\n".join("    " * depth + line for depth, line in enumerate(lines))
        return ast.parse(f"{name} = []\n{text}").body
    return [stmt]


def everything(text: str) -> str:
    return reformatted(reordered(moved(renamed(text))))
