"""Break the library on purpose, in every place and one place at a time, and see which laws notice.

    python tests/mutants/run.py                  the numeric modules
    python tests/mutants/run.py display density  these modules
    python tests/mutants/run.py --jobs 1         one child at a time, on a machine that has other work (default: 2)
    python tests/mutants/run.py --messages       judge the mutants of messages too, for information

mutmut makes the mutants: another number, operator or branch, an argument left out or None, a value never assigned.
The laws of `tests/spec` judge each one: those about the function that was changed and no others. For a class they
are the laws about the class; for a private function or a constant those about the public functions of its module
that use it. A mutant is killed when one of these laws breaks, when its module cannot be imported, or when it runs
out of time. It is a module of its own: the rest of the library, and so what a law computes beside it, stays whole.

Left out: docstrings, annotations, imports, decorators, the arguments of `len` and `isinstance` (never None),
constants that no function of the module reads (a law is about a function). Counted apart as messages: what can only
change the text of an error, that is everything after `raise`, variables that are read only there, and the names
that are handed to private functions for it. A law reads a message only where it says `mention=`.

`equivalent.md` lists every mutant that may survive, with the reason. The exit status is 0 when no other survives and
each one listed still does. "crashed" are the killed ones that raised where a result is expected, the easy kind.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import json
import os
import re
import resource
import signal
import sys
import time
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import libcst as cst
from mutmut.mutation.mutators import mutation_operators

from seeing_tensors.laws import Law, LawBroken, laws
from seeing_tensors.reading import repository_path

NUMERIC = ("tensors", "display", "normalization", "batchnorm", "density", "convolution")
SOURCES = repository_path("src/seeing_tensors")
EQUIVALENTS = Path(__file__).with_name("equivalent.md")
# The names of those parameters of private functions that do nothing but stand in messages.
IN_MESSAGES = {"name", "label", "what"}
SURVIVED = ""
MEMORY = 16 * 2**30  # of addresses, of which torch takes several GiB before anything is computed


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


# ---------------------------------------------------------------- making


def mutants_of(module: str, source: str, signatures: dict[str, list[str]] | None = None) -> list[Mutant]:
    """Every mutant of a module, in the order of the source, each once. `signatures`: of private functions elsewhere."""
    tree = cst.parse_module(source)
    signatures = {**(signatures or {}), **private_signatures(source)}
    only_in_messages = read_only_in_raise(source)
    found = {}
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
                found.setdefault(mutant.source, mutant)
    return list(found.values())


def owner_of(statement: cst.CSTNode) -> str | None:
    """The name that a statement at the top of a module defines; None for imports and docstrings."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return statement.name.value
    if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assign):
        return statement.body[0].targets[0].target.value
    return None


def private_signatures(source: str) -> dict[str, list[str]]:
    """The parameters of each private function at the top of a module."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name[0] == "_"]
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
        if isinstance(node, (cst.Annotation, cst.Decorator)):
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
        if isinstance(node, cst.Call):
            names = self.signatures.get(_name(node.func), [])
            return [arg for arg, name in zip(node.args, names, strict=False) if not arg.star and name in IN_MESSAGES]
        return []


def _name(node: cst.CSTNode) -> str:
    return node.value if isinstance(node, cst.Name) else ""


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


def who_judges(source: str, judged: set[str]) -> dict[str, set[str]]:
    """For each name at the top of a module, the public names whose laws judge it: its own, or those that reach it."""
    users: dict[str, set[str]] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            for node in _without_annotations(statement):
                if isinstance(node, ast.Name):
                    users.setdefault(node.id, set()).add(statement.name)

    def reached(name: str, seen: frozenset[str]) -> set[str]:
        if name in judged:
            return {name}
        return {public for user in users.get(name, set()) - seen for public in reached(user, seen | {user})}

    names = {owner_of(statement) for statement in cst.parse_module(source).body} - {None}
    return {name: reached(name, frozenset({name})) for name in names}


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _without_annotations(child)


# --------------------------------------------------------------- judging


def judge(mutant: Mutant, by: Sequence[Law], profiles: Sequence[str] = ("check", "test")) -> str:
    """What kills a mutant: the name of a law, or SURVIVED. Runs in a process of its own, see `in_children`."""
    try:
        module = as_module(mutant.module, mutant.source)
    except Exception as error:
        return f"crashed at import: {type(error).__name__}"
    for profile in profiles:
        for law in by:
            if not law.given and profile != profiles[0]:
                continue  # fixed cases are the same in every profile
            try:
                law.run(getattr(module, law.about), profile, smallest=False)
            except LawBroken as broken:
                return law.name if broken.unmet else f"crashed in {law.name}"
            except Exception as error:  # Hypothesis: the function does not do the same thing twice
                return f"{law.name}: {type(error).__name__}"
    return SURVIVED


def as_module(name: str, source: str) -> types.ModuleType:
    """A module of the library made of this source, beside the real one."""
    module = types.ModuleType(f"seeing_tensors.{name}")
    module.__package__, module.__file__ = "seeing_tensors", str(SOURCES / f"{name}.py")
    exec(compile(source, module.__file__, "exec"), vars(module))
    return module


def seconds_of(module: str, source: str, by: Sequence[Law]) -> dict[str, float]:
    """How long each law takes on the library as it is; a law that does not hold ends everything."""
    library, seconds = as_module(module, source), {}
    for law in by:
        begin = time.process_time()
        law.run(getattr(library, law.about), "check", smallest=False)
        seconds[f"{law.about} {law.name}"] = time.process_time() - begin
    return seconds


def in_children(tasks: Iterable[tuple[Callable, float]], jobs: int) -> Iterator[object]:
    """Do each task in a fork of this process, `jobs` at a time; yield what they return, in order.

    A task is a function and how many seconds it may compute. One that takes longer gives "out of time", one that
    dies gives "died". The forks have torch and the laws in memory, so that a task begins at once.
    """
    waiting: list[tuple[int, int]] = []
    for task, limit in tasks:
        if len(waiting) == jobs:
            yield _result(*waiting.pop(0))
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            _answer(task, limit, writes)
        os.close(writes)
        waiting.append((child, reads))
    while waiting:
        yield _result(*waiting.pop(0))


def _answer(task: Callable, limit: float, writes: int) -> None:
    """In the child: do the task, write what it returns, end."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.setitimer(signal.ITIMER_PROF, limit)  # seconds of computing: other work on the machine does not count
    signal.setitimer(signal.ITIMER_REAL, 20 * limit)  # for one that waits in place of computing
    with open("/dev/null", "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        answer = task()
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    os.write(writes, json.dumps(answer).encode())
    os._exit(0)


def _result(child: int, reads: int) -> object:
    with open(reads, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "out of time" if os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM) else "died"
    return json.loads(answer)


# -------------------------------------------------- mutants that may survive


def accepted(text: str) -> dict[tuple[str, str, str, str], str]:
    """What `equivalent.md` lists: the keys of mutants, and why each may survive.

        ### module: function
        Equivalent: the reason, for all pairs of lines in the block.
        ```diff
        - before
        + after
        ```
    """
    found = {}
    for module, function, reason, block in re.findall(r"^### (\S+): (\S+)\n(.*?)\n```diff\n(.*?)\n```$", text, re.M | re.S):
        lines = block.splitlines()
        for before, after in zip(lines[::2], lines[1::2], strict=True):
            if before[:2] != "- " or after[:2] not in ("+ ", "+"):
                raise ValueError(f"{module}: {function}: a line with - and one with + in turn, got {before!r} and {after!r}")
            found[module, function, before[2:], after[2:]] = " ".join(reason.split())
    return found


def as_block(mutant: Mutant) -> str:
    return f"### {mutant.module}: {mutant.function}\n```diff\n- {mutant.before}\n+ {mutant.after}\n```"


# ------------------------------------------------------------------ main


def judge_module(module: str, jobs: int, messages: bool, by_name: dict[str, list[Law]]) -> dict[Mutant, str]:
    """Every judged mutant of a module, and what killed it."""
    source = (SOURCES / f"{module}.py").read_text()
    judges = who_judges(source, set(by_name))
    by_owner = {owner: [law for name in sorted(names) for law in by_name[name]] for owner, names in judges.items()}
    concerned = list({id(law): law for found in by_owner.values() for law in found}.values())
    seconds = seconds_of(module, source, concerned)  # in this process: what loads at its first use is loaded for all
    gc.collect()
    gc.freeze()  # the children share this memory, and do not look through it

    def cost(law: Law) -> float:
        return seconds[f"{law.about} {law.name}"]

    signatures = {}
    for path in SOURCES.glob("*.py"):
        signatures.update(private_signatures(path.read_text()))
    made = [m for m in mutants_of(module, source, signatures) if by_owner.get(m.function.split(".")[0])]
    made = [m for m in made if messages or not m.message]
    tasks = []
    for mutant in made:
        by = sorted(by_owner[mutant.function.split(".")[0]], key=cost)  # the quick ones first: most die at once
        tasks.append((lambda mutant=mutant, by=by: judge(mutant, by), 10 + 20 * sum(map(cost, by))))
    verdicts = dict(zip(made, in_children(tasks, jobs), strict=True))
    gc.unfreeze()
    return verdicts


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("modules", nargs="*", default=NUMERIC, metavar="module")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--messages", action="store_true")
    chosen = options.parse_args()
    if missing := [name for name in chosen.modules if not (SOURCES / f"{name}.py").exists()]:
        options.error(f"src/seeing_tensors has no module {', '.join(missing)}")
    by_name: dict[str, list[Law]] = {}
    for law in laws():
        by_name.setdefault(law.about, []).append(law)
    listed = accepted(EQUIVALENTS.read_text())

    verdicts: dict[Mutant, str] = {}
    print(f"{'module':16}{'mutants':>8}{'killed':>8}{'crashed':>9}{'survived':>10}{'killed %':>10}{'seconds':>9}", flush=True)
    for module in chosen.modules:
        begin = time.monotonic()
        found = judge_module(module, chosen.jobs, chosen.messages, by_name)
        verdicts.update(found)
        print(_row(module, found, time.monotonic() - begin), flush=True)
    if len(chosen.modules) > 1:
        print(_row("all", verdicts))

    survivors = [mutant for mutant, verdict in verdicts.items() if verdict == SURVIVED and not mutant.message]
    unknown = [mutant for mutant in survivors if mutant.key not in listed]
    stale = [key for key in listed if key[0] in chosen.modules and key not in {mutant.key for mutant in survivors}]
    kinds = Counter(listed[mutant.key].split(":")[0] for mutant in survivors if mutant.key in listed)
    print(f"\n{len(survivors)} survive, accepted in {EQUIVALENTS.name}: {dict(kinds)}")
    if chosen.messages:
        of_messages = [verdict for mutant, verdict in verdicts.items() if mutant.message]
        print(f"messages: {len(of_messages)} mutants, {sum(v != SURVIVED for v in of_messages)} killed")
    for mutant in unknown:
        print(f"\nno law notices:\n{as_block(mutant)}")
    for module, function, before, after in stale:
        print(f"\nlisted in {EQUIVALENTS.name}, but killed or gone: {module}: {function}\n- {before}\n+ {after}")
    return 1 if unknown or stale else 0


def _row(name: str, verdicts: dict[Mutant, str], seconds: float | None = None) -> str:
    found = [verdict for mutant, verdict in verdicts.items() if not mutant.message]
    killed, crashed = sum(v != SURVIVED for v in found), sum(v.startswith("crashed") for v in found)
    percent = f"{100 * killed / max(1, len(found)):.1f}"
    took = "" if seconds is None else f"{seconds:.0f}"
    return f"{name:16}{len(found):8}{killed:8}{crashed:9}{len(found) - killed:10}{percent:>10}{took:>9}"


if __name__ == "__main__":
    sys.exit(main())
