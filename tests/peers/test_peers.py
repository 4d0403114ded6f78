"""The verdicts on torch and torchvision are those of the page, and what is said about every library is said properly.

The others are judged by `make peers`, in an environment that has them.
"""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seeing_tensors.course.book.law_pages import as_text
from seeing_tensors.course.laws.expectations import expect_raises, refusals_in_any_words
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.repository import ROOT


def loaded():
    """run.py beside this file; tests/mutants has a module of the same name."""
    spec = importlib.util.spec_from_file_location("peers_run", Path(__file__).with_name("run.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


peers = loaded()

PAGE = (ROOT / "lessons" / "peers.md").read_text(encoding="utf-8")
FILES = sorted(Path(__file__).parent.glob("*_peer.py"))
LAWS = {peers.key(law): law for law in laws()}
HERE = ("torch", "torchvision")


def verdicts_on(page: str, name: str) -> dict[str, str]:
    """The words in one library's column: {"function.law": word}. A law that is newer than the page has none."""
    sentences = {(law.about, as_text(law.sentence)): key for key, law in LAWS.items()}
    found = {}
    for function, table in re.findall(r"<summary><code>(\w+)</code>.*?\n\n(\| no\. \| law .*?)\n\n", page, re.S):
        head, _, *rows = [re.split(r" (?<!\\)\| ", line[2:-2]) for line in table.splitlines()]
        if name in head:
            found |= {sentences.get((function, row[1])): row[head.index(name)] for row in rows}
    found.pop(None, None)
    return found


JUDGE = """
import json, sys, torch
import importlib.util
spec = importlib.util.spec_from_file_location('peers_run', sys.argv[1])
peers = sys.modules['peers_run'] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peers)
torch.set_num_threads(1)
installed = peers.installed(peers.ROOT, sys.argv[2:])
print(json.dumps({p.name: {law: [v.word, v.why, v.example] for law, v in p.judge().items()} for p in installed}))
"""


@pytest.fixture(scope="module")
def judged():
    # In a process of its own: Hypothesis takes examples from the modules that are loaded, and other tests load others.
    run = subprocess.run(
        [sys.executable, "-c", JUDGE, str(Path(__file__).with_name("run.py")), *HERE],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout.splitlines()[-1])
    return {name: {law: peers.Verdict(*parts) for law, parts in each.items()} for name, each in found.items()}


@pytest.mark.parametrize("name", HERE)
def test_the_page_tells_the_verdicts(judged, name):
    told = verdicts_on(PAGE, name)
    now = {key: verdict.word for key, verdict in judged[name].items() if key in told}
    assert len(told) > 60 and len(set(told.values())) >= 3
    assert now == told, "lessons/peers.md is out of date: `make peers` shows what changed"


def test_the_page_tells_the_versions():
    for peer in peers.installed(ROOT, HERE):
        assert f"| {peer.name} | {peer.version} |" in PAGE
    pins = (ROOT / "constraints-peers.txt").read_text(encoding="utf-8")
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in pins.splitlines())
    for name, version in re.findall(r"^(kornia|albumentations|scikit-image|keras)==(.+)$", pins, re.M):
        assert f"| {name} | {version} |" in PAGE


def test_a_changed_verdict_is_noticed(judged):
    law = "conv2d.two_devices_are_refused"
    row = f" | {as_text(LAWS[law].sentence)} | "
    assert row + "✗ broken |" in PAGE and judged["torch"][law].word == peers.BROKEN
    changed = PAGE.replace(row + "✗ broken |", row + "✓ held |")
    assert verdicts_on(changed, "torch") == verdicts_on(PAGE, "torch") | {law: peers.HELD}
    assert peers.differences(PAGE, changed)
    assert peers.differences(PAGE, PAGE.replace("| torch | ", "| torch | 9", 1))
    # Another counterexample is as good, so it is no difference.
    assert not peers.differences(PAGE, re.sub(r"^  `.*`$", "  `another`", PAGE, count=1, flags=re.M))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_adapter_is_thin_and_its_reasons_are_complete(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    long = {node.name: node.end_lineno - node.lineno for node in functions if node.end_lineno - node.lineno >= 12}
    assert functions and not long
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try)], "an adapter hides no error"
    names = {node.name for node in functions} | {"BatchNorm2d"}
    values = _constants(tree)
    named = [law for _, _, its_laws in values["DIFFERENT"] for law in its_laws]
    assert len(named) == len(set(named))
    assert set(named) <= set(LAWS), "no such law"
    assert {name.split(".")[0] for name in [*named, *values["REMARKS"]]} <= names
    assert set(values["REMARKS"]) <= set(LAWS) - set(named)
    for why, link, _ in values["DIFFERENT"]:
        assert len(why) > 10 and link.startswith("https://")


def _constants(tree: ast.Module) -> dict:
    """The module's constants without its imports and functions: the library itself need not be installed."""
    libraries = {"os", "torch"}
    used = lambda node: {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}  # noqa: E731
    kept = [node for node in tree.body if isinstance(node, ast.Assign) and not used(node) & libraries]
    scope = {}
    exec(compile(ast.Module(kept, []), "constants", "exec"), scope)
    return scope


def test_every_reason_is_on_the_page():
    for file in FILES:
        for why, link, _ in _constants(ast.parse(file.read_text(encoding="utf-8")))["DIFFERENT"]:
            assert peers.reason(why, link) in PAGE


def test_the_page_has_no_path_of_a_machine():
    assert not re.search(r"/tmp|/home|/root|/work|seeing-tensors-\w", PAGE)


def test_another_exception_is_own_words_and_a_result_is_broken():
    (law,) = [law for law in laws("to_uint8") if law.name == "refuses_nan"]

    def refuses(x):
        raise RuntimeError("no")

    assert peers.judge(law, refuses).word == peers.OWN_WORDS
    verdict = peers.judge(law, lambda x: x.byte())
    assert verdict.word == peers.BROKEN and "expected ValueError" in verdict.example
    with refusals_in_any_words():
        expect_raises(ValueError, refuses, 1, mention=["another word"])
    with pytest.raises(AssertionError):
        expect_raises(ValueError, refuses, 1)


class Layer:
    """As Keras' BatchNormalization, in short: epsilon 1e-3, momentum 0.99, axes (N, H, W, C), the mode in the call."""

    def __init__(self):
        self.moving_mean, self.moving_variance, self.trainable = np.zeros(2), np.ones(2), True

    def __call__(self, x, training=False):
        mean, variance = self.moving_mean, self.moving_variance
        if self.is_training(training):
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            self.moving_mean = 0.99 * self.moving_mean + 0.01 * mean
            self.moving_variance = 0.99 * self.moving_variance + 0.01 * variance
        return (x - mean) / np.sqrt(variance + 1e-3)

    def is_training(self, training):
        return training and self.trainable


def test_what_the_lessons_say_of_keras_can_fail():
    """`make peers` tries the same claims on the real layer."""
    claims = peers.loaded(Path(__file__).with_name("keras_claims.py"))
    told = " ".join((ROOT / "lessons" / "04_batchnorm_and_the_range.py").read_text(encoding="utf-8").split())
    assert "(In Keras the mode is an argument of the call, and `trainable = False` does stop them" in told
    more = (ROOT / "lessons" / "more_04_layers.py").read_text(encoding="utf-8")
    more = " ".join(word for word in more.split() if word != "#")
    assert "`layer(x, training=True)`, and `trainable = False` puts a BatchNorm into inference whatever the" in more

    class TorchsMode(Layer):  # frozen weights do not stop the averages
        def is_training(self, training):
            return training

    class LayersMode(Layer):  # the mode is the layer's: the argument changes nothing
        def is_training(self, training):
            return self.trainable

    class Frozen(Layer):  # never trains
        def is_training(self, training):
            return False

    assert claims.broken(Layer) == []
    first, second = (claim.__name__ for claim in claims.CLAIMS)
    wrong = {kind: [fault.split(":")[0] for fault in claims.broken(kind)] for kind in (TorchsMode, LayersMode, Frozen)}
    assert list(wrong.values()) == [[second], [first], [first, second]]


def test_without_the_libraries_the_command_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(peers, "installed", lambda root: [])
    assert peers.command(ROOT, check=True) == 1
    assert "`make peers`" in capsys.readouterr().err
    assert peers.command(ROOT) == 0
    assert "kornia" in capsys.readouterr().out
