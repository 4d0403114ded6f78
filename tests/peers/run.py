"""The laws held up to other libraries, and the page of the book that says what came of it.

    python tests/peers/run.py            judge those that are installed, print which laws they break
    python tests/peers/run.py --check    compare with lessons/peers.md; status 1 if it is out of date
    python tests/peers/run.py --write    write lessons/peers.md

An adapter in ``tests/peers`` calls one library the way its documentation says.
A library has aims of its own: where its documentation says otherwise than a law,
or leaves open what the law demands, the adapter's file names the law, the reason
and the place in the documentation.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.metadata
import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch

from seeing_tensors.course.book.law_pages import as_text
from seeing_tensors.course.laws import Law, LawBroken
from seeing_tensors.course.laws.expectations import refusals_in_any_words
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.repository import ROOT, lesson_files

PEERS = {
    "torch": "torch",
    "torchvision": "torchvision",
    "kornia": "kornia",
    "albumentations": "albumentations",
    "skimage": "scikit-image",
    "keras": "keras",
}  # adapter -> distribution, in the order of the page's columns

HELD, OWN_WORDS, DIFFERENT, BROKEN = "✓ held", "≠ own words", "≠ different", "✗ broken"

# torch's convolution breaks it by its code for AVX-512, and by no other: the page says so wherever it is judged.
BY_PROCESSOR = "conv2d.memory_layout_does_not_matter"


@dataclass(frozen=True)
class Verdict:
    """What came of one law: one of the four words above, why (with a link), and the counterexample."""

    word: str
    why: str = ""
    example: str = ""


class Peer:
    """A library that is installed: its adapters, and what it does otherwise by its own documentation."""

    def __init__(self, name: str, adapters: ModuleType):
        self.name, self.version = PEERS[name], importlib.metadata.version(PEERS[name])
        self.functions = vars(adapters)
        self.different = {law: reason(why, link) for why, link, names in adapters.DIFFERENT for law in names}
        self.remarks = adapters.REMARKS

    def laws(self) -> list[Law]:
        return [law for law in laws() if callable(self.functions.get(law.about))]

    def judge(self) -> dict[str, Verdict]:
        """Hold every function that this library has to our laws about it: {"function.law": verdict}."""
        return {key(law): self.judge_one(law) for law in self.laws()}

    def judge_one(self, law: Law) -> Verdict:
        if key(law) in self.different:
            return Verdict(DIFFERENT, self.different[key(law)])
        verdict = judge(law, self.functions[law.about])
        remark = self.remarks.get(key(law), "")
        if verdict.word == BROKEN or (key(law) == BY_PROCESSOR and remark and not avx512()):
            return Verdict(BROKEN, remark, verdict.example)
        return verdict


def installed(root: Path, names=PEERS) -> list[Peer]:
    """The libraries of these names that this environment has."""
    found = []
    for name in names:
        with contextlib.suppress(ModuleNotFoundError):
            found.append(Peer(name, loaded(root / "tests" / "peers" / f"{name}_peer.py")))
    return found


def reason(why: str, link: str) -> str:
    return f"{why} ([{'discussion' if '/github.com/' in link else 'documentation'}]({link}))"


def avx512() -> bool:
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def key(law: Law) -> str:
    return f"{law.about}.{law.name}"


def judge(law: Law, function: Callable) -> Verdict:
    """Hold one function to one law."""
    try:
        law.run(function)
        return Verdict(HELD)
    except LawBroken:
        pass
    try:
        # Nobody owes us the types of our exceptions, or the words in them.
        with refusals_in_any_words():
            law.run(function)
        return Verdict(OWN_WORDS, "refuses it too, with an error or words of its own")
    except LawBroken as broken:
        return Verdict(BROKEN, example=in_one_line(broken))


def in_one_line(broken: LawBroken) -> str:
    """The counterexample of a report, without the folders of this machine."""
    call, got, expected = re.search(
        r"\n  call {6}(.*?)\n  got {7}(.*?)\n  expected {2}(.*?)\n", f"{broken}\n", re.S
    ).groups()
    got = re.sub(r" at line \d+(: .*)?$", "", got, flags=re.S)
    text = " ".join(f"{call} gave {got}; expected {expected}".split()).replace("`", "'")
    return re.sub(r"(['\"])/[^'\"]*/([^/'\"]*)\1", r"\1\2\1", text)


# ------------------------------------------------------------------- the page

_INTRODUCTION = """# The laws and other libraries

The laws of this course judge our own functions, and yours. On this page the same laws judge functions of other
libraries that do similar work, each called the way its documentation says.

These libraries have other aims: speed, graphics cards, many kinds of data. They never promised our laws. So a law that
does not hold is not yet a mistake, and there are four verdicts:

- **✓ held**: the law holds.
- **≠ own words**: what the law wants refused is refused, with another error or other words than ours.
- **≠ different**: another convention. The library's documentation says otherwise than the law. Or it leaves the case
  open, and what the function does is one sound answer: then the reason says *left open*.
- **✗ broken**: the result contradicts what the documentation says the function does.

In the tables, *differ* counts both kinds of ≠. A dash means: no such function, or none that the laws can be pointed at
in a few lines. Open a function to see it law by law, with the reasons, their sources, and a counterexample for each ✗.
"""

_DETAILS = """<details><summary><code>{function}</code>, law by law</summary>

{table}

{notes}
</details>
"""

_PROCESSOR = """## A convolution that depends on the processor

On a processor with AVX-512, torch's `conv2d` gives a wrong number here, and no error:

```python
import torch
import torch.nn.functional as F

x = torch.arange(16.0).reshape(1, 4, 4, 1)
x = x.repeat(2, 1, 1, 1).permute(0, 3, 1, 2)  # 2 pictures, 1 channel
y = F.conv2d(x, torch.ones(1, 1, 3, 3), stride=(1, 2))
print(y[0].flatten())  # right is 45 and 81
```

The first number is right. The second is another one, and need not be the same in the next run: memory that is not the
picture's
goes into the sum. It takes all of this at once:

- float32 on the CPU;
- one channel, permuted from (N, H, W, 1), so that its axis has stride 1;
- a kernel that moves by 1 down and by 2 or more across;
- a result one column wide. Even then some sizes come out right.

`x.contiguous()` does not help, for torch calls such a tensor contiguous. A copy in plain order does, and so does
float64:

```python
x = x.clone(memory_format=torch.contiguous_format)
```

With `ONEDNN_MAX_CPU_ISA=AVX2` in the environment, which takes the code of processors without AVX-512, the number is
right too. Our own `conv2d` computes 81 everywhere; a law about its memory layouts holds this case.
"""


def page(peers: list[Peer], verdicts: Mapping[str, Mapping[str, Verdict]], lessons: Mapping[int, str]) -> str:
    """The Markdown of the page. `verdicts`: by name of the peer; `lessons`: the document of each lesson."""
    about: dict[str, list[Law]] = {}
    for law in laws():
        if any(key(law) in its for its in verdicts.values()):
            about.setdefault(law.about, []).append(law)
    parts = [_INTRODUCTION]
    for number, document in lessons.items():
        functions = [name for name, its_laws in about.items() if min(law.lesson for law in its_laws) == number]
        if functions:
            columns = [p for p in peers if any(key(law) in verdicts[p.name] for f in functions for law in about[f])]
            rows = [
                [f"[`{f}`](laws-of-{f})", *(_counts(about[f], verdicts[p.name]) for p in columns)] for f in functions
            ]
            table = _table(["function", *(p.name for p in columns)], rows)
            parts.append(f"## Lesson {number}\n\n{{doc}}`/{document}`\n\n{table}\n")
            parts += [_law_by_law(f, about[f], columns, verdicts) for f in functions]
    parts.append(_PROCESSOR)
    versions = _table(["library", "version"], [[p.name, p.version] for p in peers])
    parts.append(
        f"## Versions\n\n{versions}\n\nKeras runs on torch. `make peers` judges these versions again and compares.\n"
    )
    return "\n".join(parts)


def _counts(its_laws: list[Law], verdicts: Mapping[str, Verdict]) -> str:
    count = Counter(verdicts[key(law)].word for law in its_laws if key(law) in verdicts)
    told = [(count[HELD], "held"), (count[OWN_WORDS] + count[DIFFERENT], "differ"), (count[BROKEN], "**broken**")]
    return "<br>".join(f"{n}\N{NO-BREAK SPACE}{word}" for n, word in told if n) or "–"


def _law_by_law(function: str, its_laws: list[Law], peers: list[Peer], verdicts: Mapping) -> str:
    columns = [p for p in peers if key(its_laws[0]) in verdicts[p.name]]
    rows, notes = [], []
    for number, law in enumerate(its_laws, 1):
        words = [verdicts[p.name][key(law)].word for p in columns]
        rows.append([str(number), as_text(law.sentence), *words])
    for peer in columns:
        reasons: dict[str, list[int]] = {}
        for number, law in enumerate(its_laws, 1):
            verdict = verdicts[peer.name][key(law)]
            if verdict.word == DIFFERENT:
                reasons.setdefault(verdict.why, []).append(number)
            elif verdict.word == BROKEN:
                notes.append(
                    f"- **{peer.name}, ✗ broken**, law {number}. {verdict.why}".rstrip() + f"\n\n  `{verdict.example}`"
                )
        for why, numbers in reasons.items():
            which = f"law{'s' if numbers[1:] else ''} {', '.join(map(str, numbers))}"
            notes.append(f"- **{peer.name}, ≠ different**, {which}: {why}.")
    return _DETAILS.format(
        function=function,
        table=_table(["no.", "law", *(p.name for p in columns)], rows),
        notes="\n".join(notes) + "\n" * bool(notes),
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def differences(old: str, new: str) -> list[str]:
    """The lines of two pages that differ, counterexamples left out: another is as good."""
    old, new = ([line for line in text.splitlines() if not line.startswith("  `")] for text in (old, new))
    return list(difflib.unified_diff(old, new, "the page", "judged now", lineterm="", n=0))


# ---------------------------------------------------------------- the command


def broken_claims(root: Path) -> list[str]:
    """What the lessons say of Keras' BatchNormalization, and the installed one does not do."""
    import keras

    return loaded(root / "tests" / "peers" / "keras_claims.py").broken(keras.layers.BatchNormalization)


def wrong_alarms(root: Path) -> list[str]:
    """The pipelines of albumentations of which `inspect_pipeline` says something wrong."""
    return loaded(root / "tests" / "peers" / "albumentations_pipelines.py").faults()


def loaded(path: Path) -> ModuleType:
    """A file beside this one, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command(root: Path, *, write: bool = False, check: bool = False) -> int:
    """Judge the libraries that are installed and print what came of it; return the exit status."""
    file = root / "lessons" / "peers.md"
    torch.set_num_threads(1)  # the order of a sum, and with it the last bit, is that of the threads
    peers = installed(root)
    missing = [name for name in PEERS.values() if name not in {peer.name for peer in peers}]
    if missing and (write or check):
        print(
            f"Not installed here: {', '.join(missing)}. `make peers` makes an environment that has them.",
            file=sys.stderr,
        )
        return 1
    verdicts = {}
    for peer in peers:
        verdicts[peer.name] = peer.judge()
        count = Counter(verdict.word for verdict in verdicts[peer.name].values())
        print(f"{peer.name} {peer.version}: " + ", ".join(f"{count[word]} {word}" for word in sorted(count)))
        for law, verdict in verdicts[peer.name].items():
            if verdict.word == BROKEN:
                print(f"    ✗ {law}: {verdict.example}")
        stale = [
            key(law)
            for law in peer.laws()
            if key(law) in peer.different and judge(law, peer.functions[law.about]).word == HELD
        ]
        if stale:
            print(f"    held here although named as different: {', '.join(stale)}")
    if missing:
        print(f"Not installed here: {', '.join(missing)}. `make peers` makes an environment that has them.")
        return 0
    text = page(peers, verdicts, {int(lesson.stem[:2]): lesson.stem for lesson in lesson_files(root)})
    if write:
        file.write_text(text, encoding="utf-8")
    faults = broken_claims(root)
    for fault in faults:
        print(f"keras: what lesson 4 says does not hold: {fault}")
    alarms = wrong_alarms(root)
    for alarm in alarms:
        print(f"albumentations, inspect_pipeline: {alarm}")
    changed = differences(file.read_text(encoding="utf-8"), text) if file.exists() else ["lessons/peers.md is missing"]
    if check and changed:
        print(
            *changed,
            "lessons/peers.md is out of date: `.venv-peers/bin/python tests/peers/run.py --write` writes it.",
            sep="\n",
        )
    return int(bool(faults or alarms) or (check and bool(changed)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with lessons/peers.md; status 1 if out of date")
    parser.add_argument("--write", action="store_true", help="write lessons/peers.md")
    options = parser.parse_args()
    sys.exit(command(ROOT, write=options.write, check=options.check))
