"""The driver of the mutants tells a mutant that a law notices from one that none can, on a module made for it."""

import importlib.util
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from spec import files

import seeing_tensors
from seeing_tensors.course.laws import law
from seeing_tensors.course.laws.expectations import expect_raises, expect_same

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("mutants_run", HERE / "run.py")
run = sys.modules["mutants_run"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)

TOY = '''
"""Double numbers."""
FACTOR = 2
UNREAD = 7


def double(x):
    """Twice x."""
    _require_whole("x", x)
    if not x:
        return 0
    return FACTOR * x


def _require_whole(label, x):
    word = "whole"
    if not isinstance(x, int):
        raise TypeError(f"{label} must be a {word} number" + "!")


def loop(x):
    while x > 0:
        x -= 1
    return x


def untouched(x: int = 3) -> int:
    return x


def paired(a, b):
    return [*zip(a, b, strict=True)], 1e18
'''


@law("double", lesson=0, rank="mathematics", x=st.integers(-9, 9))
def is_twice(double, x):
    """Twice the number."""
    expect_same(double(x), x + x)


@law("double", lesson=0, rank="mathematics", cases=[{"thing": None}, {"thing": "a"}])
def refuses_what_is_no_number(double, thing):
    """What is no number is a TypeError."""
    expect_raises(TypeError, double, thing)


@law("loop", lesson=0, rank="mathematics", cases=[{"x": 3}])
def ends_at_0(loop, x):
    """The loop ends at 0."""
    expect_same(loop(x), 0)


LAWS = {"double": [is_twice, refuses_what_is_no_number], "loop": [ends_at_0]}
MUTANTS = run.mutants_of("toy", TOY)


def judged(function, *afters, limit=5.0):
    """What becomes of the mutants of a toy function whose changed line is one of these."""
    owners = run.who_judges(TOY, set(LAWS))
    found = {m.after: m for m in MUTANTS if m.function == function and not m.message}
    by = [law for name in owners[function] for law in LAWS[name]]
    return list(run.in_children([(lambda m=found[after]: run.judge(m, by), limit) for after in afters], 1))


def test_a_planted_mutant_is_killed_and_an_equivalent_one_survives():
    assert judged("double", "return FACTOR / x", "return 1", "if x:") == ["is_twice"] * 3
    without_short_cut = TOY.replace("    if not x:\n        return 0\n", "")  # 2 times 0 is 0 all the same
    assert run.judge(run.Mutant("toy", "double", "", "", without_short_cut), LAWS["double"]) == run.SURVIVED


def test_a_constant_and_a_private_function_are_judged_by_those_that_use_them():
    owners = run.who_judges(TOY, set(LAWS))
    assert owners["FACTOR"] == owners["_require_whole"] == {"double"}
    assert owners["UNREAD"] == owners["untouched"] == set()
    assert judged("FACTOR", "FACTOR = 3", "FACTOR = None") == ["is_twice", "crashed in is_twice"]
    assert judged("_require_whole", "if isinstance(x, int):") == ["crashed in is_twice"]


def test_a_private_module_is_judged_by_those_that_import_from_it():
    shared = "FACTOR = 2\ndef times(x): return FACTOR * x\ndef unread(): ...\n"
    importer = "from ._shared import times\ndef double(x): return _inner(x)\ndef _inner(x): return times(x)\n"
    expected = {"FACTOR": {"double"}, "times": {"double"}, "unread": set()}
    assert run.who_judges(shared, set(LAWS), [importer]) == expected

    source = (run.SOURCES / "_arrays.py").read_text()
    broken = run.as_module("_arrays", source.replace('return f"{fraction:.0%}"', 'return "a half"'))
    x = np.array([[-1.0, 1.0]])
    assert "unseen: a half below" in broken.describe(x) and "unseen: 50% below" in seeing_tensors.describe(x)
    from seeing_tensors import _arrays, display

    assert _arrays.percent(0.5) == display.percent(0.5) == "50%"


def test_a_mutant_that_runs_for_ever_is_killed():
    assert judged("loop", "x += 1", limit=0.3) == ["out of time"]


def test_a_child_that_dies_is_killed_and_the_next_one_is_judged():
    tasks = [(lambda: os.kill(os.getpid(), signal.SIGTERM), 1), (lambda: run.SURVIVED, 1), (lambda: 1 / 0, 1)]
    assert list(run.in_children(tasks, 2)) == ["died", run.SURVIVED, {"error": "ZeroDivisionError: division by zero"}]


def test_a_file_that_a_child_left_is_in_nobodys_way():
    with files.file_of(b"the folder is made"):
        pass

    def break_a_law_on_a_file():
        return files.file_of(b"kept, for the report").__enter__()

    left = list(run.in_children([(break_a_law_on_a_file, 1)] * 2, 1))
    with files.file_of(b"ours") as ours:
        assert len({ours, *left}) == 3 and all(os.path.exists(path) for path in left)
    for path in left:
        os.remove(path)
        os.rmdir(os.path.dirname(path))


def test_messages_are_told_apart():
    of_messages = {(m.function, m.after) for m in MUTANTS if m.message}
    assert ("double", '_require_whole("XXxXX", x)') in of_messages
    assert ("double", "_require_whole(None, x)") in of_messages
    assert ("_require_whole", 'word = "WHOLE"') in of_messages
    assert ("_require_whole", 'raise TypeError(f"{label} must be a {word} number" - "!")') in of_messages
    assert not any(function in ("loop", "FACTOR", "untouched") for function, _ in of_messages)
    assert ("double", "return FACTOR / x") not in of_messages
    assert run.private_signatures("def check(name, x): ...") == {}
    assert run.private_signatures("def check(name, x): ...", of_private_module=True) == {"check": ["name", "x"]}


def test_docstrings_annotations_and_isinstance_are_left_alone():
    afters = {m.after for m in MUTANTS}
    assert not any("Twice" in after or "None, int" in after or "(x, None)" in after for after in afters)
    assert "def untouched(x: int = 4) -> int:" in afters
    assert len({m.source for m in MUTANTS}) == len(MUTANTS) and TOY not in {m.source for m in MUTANTS}


def test_strict_and_another_spelling_of_a_number_are_left_alone():
    afters = {m.after for m in MUTANTS if m.function == "paired"}
    arguments = ("None, b, strict=True", "a, None, strict=True", "b, strict=True", "a, strict=True")
    assert afters == {f"return [*zip({each})], 1e18" for each in arguments}


def test_the_list_is_read_and_a_broken_one_is_not():
    text = "# Title\n\n### toy: double\nEquivalent: for\na reason.\n```diff\n- a\n+ b\n- c\n+ \n```\n"
    found = {("toy", "double", "a", "b"), ("toy", "double", "c", "")}
    assert run.accepted(text) == dict.fromkeys(found, "Equivalent: for a reason.")
    with pytest.raises(ValueError, match="in turn"):
        run.accepted(text.replace("+ b", "- b"))


def test_each_accepted_survivor_is_in_the_library_and_has_a_reason():
    text = run.EQUIVALENTS.read_text()
    listed = run.accepted(text)
    assert len(listed) == sum(line.startswith("+ ") for line in text.splitlines()), "a pair of lines that was not read"
    for (module, function, before, after), reason in listed.items():
        kind, _, why = reason.partition(": ")
        assert (
            kind in ("Equivalent", "Message", "Speed", "Device", "Look") and len(why.split()) >= 5 and why.endswith(".")
        ), reason
        source = (run.SOURCES / f"{module}.py").read_text()
        assert before in " ".join(line.strip() for line in source.splitlines()), f"{module} has no such line: {before}"
        assert before != after
        assert function.split(".")[0] in run.who_judges(source, set()), f"{module} has no {function}"


@pytest.mark.parametrize("has_cuda", [False, True])
def test_what_only_another_device_reaches_is_counted_apart_where_there_is_none(has_cuda, monkeypatch):
    monkeypatch.setattr(run.torch.cuda, "is_available", lambda: has_cuda)
    one, two, three = MUTANTS[:3]
    verdicts = {one: run.SURVIVED, two: "a law", three: run.SURVIVED}
    row = run._row("toy", verdicts, {one.key: "Device: a reason.", two.key: "Device: a reason."}).split()
    assert row == (["toy", "3", "1", "0", "2", "33.3"] if has_cuda else ["toy", "2", "1", "0", "1", "50.0"])


def test_no_module_is_judged_that_is_not_there(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", "display", "nonsense"])
    with pytest.raises(SystemExit) as stopped:
        run.main()
    assert stopped.value.code == 2 and "no module nonsense" in capsys.readouterr().err
