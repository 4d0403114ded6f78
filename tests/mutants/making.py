"""The mutants of a module: what mutmut's operators make of each node, and who judges each of them."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst
import libcst.matchers as matchers
from mutmut.mutation.mutators import mutation_operators

# The names of those parameters of private functions that do nothing but stand in messages.
IN_MESSAGES = {"name", "label", "what"}
STRICT = matchers.Arg(keyword=matchers.Name("strict"))


class Mutant(NamedTuple):
    """One change. `before` and `after` are the changed lines, in one: they name it, since line numbers do not last."""

    module: str
    function: str
    before: str
    after: str
    source: str  # of the whole module
    message: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self[:4]


def mutants_of(module: str, source: str, signatures: dict[str, list[str]] | None = None) -> list[Mutant]:
    """Every mutant of a module, in the order of the source, each once. `signatures`: of private functions elsewhere."""
    tree = cst.parse_module(source)
    signatures = {**(signatures or {}), **private_signatures(source)}
    only_in_messages = read_only_in_raise(source)
    found = {}
    as_it_is = ast.dump(ast.parse(source))
    for statement in tree.body:
        owner = owner_of(statement)
        if owner is None:
            continue
        code = tree.code_for_node(statement)
        changes = _Changes(owner, code, signatures)
        statement.visit(changes)
        for function, old, new, message in changes.found:
            changed = tree.code_for_node(statement.deep_replace(old, new))
            mutant = Mutant(module, function, *_difference(code, changed), source.replace(code, changed, 1))
            mutant = mutant._replace(message=message or owner in only_in_messages)
            with contextlib.suppress(SyntaxError):
                compile(mutant.source, module, "exec")
                if ast.dump(ast.parse(mutant.source)) != as_it_is:  # 1e18 + 1 is 1e18
                    found.setdefault(mutant.source, mutant)
    return list(found.values())


def owner_of(statement: cst.CSTNode) -> str | None:
    """The name that a statement at the top of a module defines; None for imports and docstrings."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return statement.name.value
    if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assign):
        return statement.body[0].targets[0].target.value
    return None


def private_signatures(source: str, *, of_private_module: bool = False) -> dict[str, list[str]]:
    """The parameters of each private function at the top of a module; of a private module, of every function."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    functions = [node for node in functions if of_private_module or node.name[0] == "_"]
    return {f.name: [a.arg for a in f.args.args + f.args.kwonlyargs] for f in functions}


class _Changes(cst.CSTVisitor):
    """Collects what mutmut's operators make of a statement: (function, old node, new node, changes only a message)."""

    def __init__(self, owner: str, code: str, signatures: dict[str, list[str]]):
        self.found: list[tuple[str, cst.CSTNode, cst.CSTNode, bool]] = []
        self.names, self.signatures = [owner], signatures
        self.message_variables = read_only_in_raise(code)
        self.message_parts: set[cst.CSTNode] = set()  # nodes in which everything is part of a message
        self.depth = 0  # how many of them are open

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (cst.Annotation, cst.Decorator)) or matchers.matches(node, STRICT):
            return False
        if isinstance(node, cst.FunctionDef) and node.name.value != self.names[0]:
            self.names.append(node.name.value)
        self.message_parts.update(self.parts_for_messages(node))
        self.depth += node in self.message_parts
        for kind, operator in mutation_operators:
            if not isinstance(node, kind):
                continue
            if operator.__name__ == "operator_arg_removal" and _name(node.func) in ("len", "isinstance"):
                continue
            for new in operator(node):
                if isinstance(node, cst.Call) and _name(node.func) == "zip" and _differ_in_strict(node, new):
                    continue
                changed = set(_children_that_differ(node, new))
                message = self.depth > 0 or (bool(changed) and changed <= self.message_parts)
                self.found.append((".".join(self.names), node, new, message))
        return True

    def on_leave(self, node: cst.CSTNode) -> None:
        self.depth -= node in self.message_parts
        if isinstance(node, cst.FunctionDef) and len(self.names) > 1 and node.name.value == self.names[-1]:
            self.names.pop()

    def parts_for_messages(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        if isinstance(node, cst.Raise):
            return [node]
        if isinstance(node, cst.Assign) and _name(node.targets[0].target) in self.message_variables:
            return [node]
        if isinstance(node, cst.For) and isinstance(node.target, cst.Tuple):
            # for label, value in (("mean", mean), ("std", std)): the words, where only messages read `label`
            places = [i for i, each in enumerate(node.target.elements) if _name(each.value) in self.message_variables]
            rows = [row.elements for row in matchers.findall(node.iter, matchers.Tuple())]
            return [row[i] for row in rows for i in places if len(row) == len(node.target.elements) > i]
        if isinstance(node, cst.Call):
            names = self.signatures.get(_name(node.func), [])
            return [arg for arg, name in zip(node.args, names, strict=False) if not arg.star and name in IN_MESSAGES]
        return []


def _name(node: cst.CSTNode) -> str:
    return node.value if isinstance(node, cst.Name) else ""


def _differ_in_strict(old: cst.Call, new: cst.Call) -> bool:
    """Whether two calls of zip are one but for `strict`."""
    args = [[arg for arg in call.args if not matchers.matches(arg, STRICT)] for call in (old, new)]
    return len(args[0]) == len(args[1]) and all(map(cst.CSTNode.deep_equals, *args))


def _children_that_differ(old: cst.CSTNode, new: cst.CSTNode) -> list[cst.CSTNode]:
    """Those children of `old` that are not in `new`, which an operator has replaced or left out."""
    kept = {id(child) for child in new.children}
    return [child for child in old.children if id(child) not in kept] if len(old.children) == len(new.children) else []


def read_only_in_raise(code: str) -> set[str]:
    """Names that are read, but nowhere outside a `raise`."""
    tree = ast.parse(code)
    inside = {id(node) for each in ast.walk(tree) if isinstance(each, ast.Raise) for node in ast.walk(each)}
    loads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    return {node.id for node in loads if id(node) in inside} - {node.id for node in loads if id(node) not in inside}


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, each side in one line."""
    old, new = before.splitlines(), after.splitlines()
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    joined = (" ".join(line.strip() for line in lines[start : len(lines) - end]) for lines in (old, new))
    return tuple(joined)


def who_judges(source: str, judged: set[str], importers: Sequence[str] = ()) -> dict[str, set[str]]:
    """For each name at the top of a module, the public names whose laws judge it: its own, or those that reach it.

    `importers` are the sources of modules that import names of this one: what is reached there, judges, too.
    """
    all_users = [_users(each) for each in (source, *importers)]

    def reached(name: str, users: dict[str, set[str]], seen: frozenset[str]) -> set[str]:
        if name in judged:
            return {name}
        return {public for user in users.get(name, set()) - seen for public in reached(user, users, seen | {user})}

    def judges(name: str, seen: frozenset[str]) -> set[str]:
        if name in judged:
            return {name}
        found = set().union(*(reached(name, users, frozenset({name})) for users in all_users))
        return found.union(*(judges(user, seen | {user}) for user in all_users[0].get(name, set()) - seen))

    names = {owner_of(statement) for statement in cst.parse_module(source).body} - {None}
    return {name: judges(name, frozenset({name})) for name in names}


def _users(source: str) -> dict[str, set[str]]:
    """For each name, the functions and classes at the top of a module in which it stands."""
    users: dict[str, set[str]] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            for node in _without_annotations(statement):
                if isinstance(node, ast.Name):
                    users.setdefault(node.id, set()).add(statement.name)
    return users


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _without_annotations(child)
