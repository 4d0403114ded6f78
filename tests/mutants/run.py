"""Break the library on purpose, in every place and one place at a time, and see which laws notice.

    python tests/mutants/run.py                  the numeric modules
    python tests/mutants/run.py display density  these modules; `_arrays`, which all share, takes long
    python tests/mutants/run.py --jobs 1         one child at a time, on a machine that has other work (default: 2)
    python tests/mutants/run.py --messages       judge the mutants of messages too, for information

mutmut makes the mutants: another number, operator or branch, an argument left out or None, a value never assigned.
The laws of `tests/spec` judge each one: those about the function that was changed and no others. For a class they
are the laws about the class; for a private function or a constant those about the public functions of its module
that use it; for `_arrays`, which all share, those of every module that imports from it. A mutant is killed when one
of these laws breaks, when its module cannot be imported, or when it runs out of time. After the laws come those tests
of `tests/library` (three files, TESTS) that need nothing but the library and that name such a function: what it must
do and a learner's need not. A mutant is a module of its own (of `_arrays`, with those that import it, made anew): the
rest of the library, and so what a law computes beside it, stays whole.

Left out: docstrings, annotations, imports, decorators, the arguments of `len` and `isinstance` (never None), the
`strict=` of `zip` (it asserts that lengths are equal which were checked or made so before), another spelling of the
same number, constants that no function of the module reads (a law is about a function). Counted apart as messages:
what can only change the text of an error, that is everything after `raise`, variables that are read only there, and
the names that are handed to private functions for it. A law reads a message only where it says `mention=`.

`equivalent.md` lists every mutant that may survive, with the reason. The exit status is 0 when no other survives and
each one listed still does. Those listed as Device change what only another device than the CPU computes: where torch
sees none they survive and are counted apart. "crashed" are the killed ones that raised where a result is expected, the
easy kind.
"""

from __future__ import annotations

import argparse
import functools
import gc
import graphlib
import importlib.util
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

import pytest
import torch
from making import Mutant, mutants_of, private_signatures, who_judges

import seeing_tensors
from seeing_tensors.course.laws import Law, LawBroken
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.repository import path as repository_path

NUMERIC = ("tensors", "display", "normalization", "dataset_statistics", "batchnorm", "density", "convolution")
SOURCES = repository_path("src/seeing_tensors")
EQUIVALENTS = Path(__file__).with_name("equivalent.md")
TESTS = ("test_house", "test_batchnorm_and_density", "test_normalization")  # of tests/library
SURVIVED = ""
MEMORY = 16 * 2**30  # of addresses, of which torch takes several GiB before anything is computed


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
        if profile == profiles[0] and (failed := failed_test(module, {law.about for law in by})):
            return failed
    return SURVIVED


def failed_test(module: types.ModuleType, names: set[str]) -> str:
    """The first test in TESTS without arguments that uses one of these names and fails; or ""."""
    public = {name: value for name, value in vars(module).items() if name in seeing_tensors.__all__}
    library = types.SimpleNamespace(**{**vars(seeing_tensors), **public})
    for tests in map(vars, _tests()):
        tests["st"] = library
        for name, test in tests.items():
            if not name.startswith("test_") or test.__code__.co_argcount:
                continue
            used = set(test.__code__.co_names)
            if "st" in used and names & used:
                try:
                    test()
                except (Exception, pytest.fail.Exception):
                    return name
    return ""


@functools.cache
def _tests() -> list[types.ModuleType]:
    modules = []
    for name in TESTS:
        spec = importlib.util.spec_from_file_location(f"mutants_{name}", repository_path(f"tests/library/{name}.py"))
        modules.append(importlib.util.module_from_spec(spec))
        spec.loader.exec_module(modules[-1])
    return modules


def as_module(name: str, source: str) -> types.ModuleType:
    """A module of the library made of this source, beside the real one; a private one with the public functions of
    modules that import from it, made anew upon it."""
    users = importers_of(name)
    before = {f"seeing_tensors.{each}": sys.modules.pop(f"seeing_tensors.{each}", None) for each in (name, *users)}
    try:
        module = _made(name, source)
        for user in users:
            made = vars(_made(user, (SOURCES / f"{user}.py").read_text()))
            vars(module).update((public, made[public]) for public in made.keys() & set(seeing_tensors.__all__))
    finally:
        for each, real in before.items():
            sys.modules.pop(each, None)
            if real is not None:
                sys.modules[each] = real
    return module


def _made(name: str, source: str) -> types.ModuleType:
    """A module made of this source, in the place of the real one."""
    module = types.ModuleType(f"seeing_tensors.{name}")
    module.__package__, module.__file__ = "seeing_tensors", str(SOURCES / f"{name}.py")
    sys.modules[module.__name__] = module  # first, as Python does it: a dataclass looks its module up
    exec(compile(source, module.__file__, "exec"), vars(module))
    return module


def importers_of(name: str) -> list[str]:
    """The modules that import from a private one, each after those that it imports from itself."""
    if name[0] != "_":
        return []
    texts = {path.stem: path.read_text() for path in SOURCES.glob("*.py")}
    imports = {stem: set(re.findall(r"^from \.(\w+) import", text, re.M)) for stem, text in texts.items()}
    order = graphlib.TopologicalSorter(imports).static_order()
    return [stem for stem in order if name in imports.get(stem, ())]


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
    entry = r"^### (\S+): (\S+)\n(.*?)\n```diff\n(.*?)\n```$"
    for module, function, reason, block in re.findall(entry, text, re.M | re.S):
        lines = block.splitlines()
        for before, after in zip(lines[::2], lines[1::2], strict=True):
            if before[:2] != "- " or after[:2] not in ("+ ", "+"):
                raise ValueError(f"{module}: {function}: lines with - and + in turn, got {before!r} and {after!r}")
            found[module, function, before[2:], after[2:]] = " ".join(reason.split())
    return found


def as_block(mutant: Mutant) -> str:
    return f"### {mutant.module}: {mutant.function}\n```diff\n- {mutant.before}\n+ {mutant.after}\n```"


# ------------------------------------------------------------------ main


def judge_module(module: str, jobs: int, messages: bool, by_name: dict[str, list[Law]]) -> dict[Mutant, str]:
    """Every judged mutant of a module, and what killed it."""
    source = (SOURCES / f"{module}.py").read_text()
    importers = [(SOURCES / f"{name}.py").read_text() for name in importers_of(module)]
    judges = who_judges(source, set(by_name), importers)
    by_owner = {owner: [law for name in sorted(names) for law in by_name[name]] for owner, names in judges.items()}
    concerned = list({id(law): law for found in by_owner.values() for law in found}.values())
    seconds = seconds_of(module, source, concerned)  # in this process: what loads at its first use is loaded for all
    [failed] = in_children([(lambda: failed_test(as_module(module, source), {law.about for law in concerned}), 600)], 1)
    if failed:
        sys.exit(f"{module}: the library as it is does not pass {failed} of tests/library")
    gc.collect()
    gc.freeze()  # the children share this memory, and do not look through it

    def cost(law: Law) -> float:
        return seconds[f"{law.about} {law.name}"]

    signatures = {}
    for path in SOURCES.glob("*.py"):
        signatures.update(private_signatures(path.read_text(), of_private_module=path.name[0] == "_"))
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
    heads = f"{'mutants':>8}{'killed':>8}{'crashed':>9}{'survived':>10}{'killed %':>10}{'seconds':>9}"
    print(f"{'module':16}{heads}", flush=True)
    for module in chosen.modules:
        begin = time.monotonic()
        found = judge_module(module, chosen.jobs, chosen.messages, by_name)
        verdicts.update(found)
        print(_row(module, found, listed, time.monotonic() - begin), flush=True)
    if len(chosen.modules) > 1:
        print(_row("all", verdicts, listed))

    survivors = [mutant for mutant, verdict in verdicts.items() if verdict == SURVIVED and not mutant.message]
    unknown = [mutant for mutant in survivors if mutant.key not in listed]
    stale = [key for key in listed if key[0] in chosen.modules and key not in {mutant.key for mutant in survivors}]
    stale = [key for key in stale if not (torch.cuda.is_available() and listed[key].startswith("Device:"))]
    late = {mutant.key for mutant, verdict in verdicts.items() if verdict == "out of time"}
    stale = [key for key in stale if not (key in late and listed[key].startswith("Speed:"))]
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


def _row(name: str, verdicts: dict[Mutant, str], listed: dict, seconds: float | None = None) -> str:
    found = []
    for mutant, verdict in verdicts.items():
        out_of_reach = verdict == SURVIVED and listed.get(mutant.key, "").startswith("Device:")
        if not mutant.message and not (out_of_reach and not torch.cuda.is_available()):
            found.append(verdict)
    killed, crashed = sum(v != SURVIVED for v in found), sum(v.startswith("crashed") for v in found)
    percent = f"{100 * killed / max(1, len(found)):.1f}"
    took = "" if seconds is None else f"{seconds:.0f}"
    return f"{name:16}{len(found):8}{killed:8}{crashed:9}{len(found) - killed:10}{percent:>10}{took:>9}"


if __name__ == "__main__":
    sys.exit(main())
