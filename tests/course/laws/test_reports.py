"""Whatever a learner's function does, the report says it in a line or two: through `check`, and through pytest."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import strategies

import seeing_tensors as st
from seeing_tensors.course.laws import LawBroken, expect_raises, expect_same, law, report
from seeing_tensors.course.laws.expectations import Unmet, expect_contains, literal, picture_of, with_imports
from seeing_tensors.course.laws.finding import judged, laws
from seeing_tensors.course.laws.watching import copied
from seeing_tensors.course.practice.verdicts import what_to_do

ROOT = st.data_path(".").parent

# What is wrong, the body of a function, and what the report must say.
KINDS = {
    "nothing": ("to_uint8", "(x): x.round()", "None", "nothing came back: does every way"),
    "nothing made into an array": ("unseen", "(x): x.sum()", "None", "nothing came back: does every way"),
    "nothing to unpack": ("attainable_range", "(weight, bias=None): weight.sum()", "None", "nothing came back"),
    "wrong shape": ("to_tensor", "(image): return st.to_tensor(image)[None]", "", "and must be (3, 1, "),
    "another order of axes": ("unseen", "(x): return st.unseen(x).T", "", "transpose, do not reshape"),
    "an array for a tensor": (
        "to_tensor",
        "(image): return st.to_tensor(image).numpy()",
        "",
        "end with torch.from_numpy",
    ),
    "a tensor for an array": ("unseen", "(x): return torch.from_numpy(st.unseen(x))", "", "end with .numpy()"),
    "a list": (
        "to_tensor",
        "(image): return st.to_tensor(image).tolist()",
        "[[[",
        "list came back where Tensor is expected",
    ),
    "a text": ("conv2d_output_size", "(*n): return 'one'", "'one'", "str came back where int is expected"),
    "wrong type": (
        "to_tensor",
        "(image): return st.to_tensor(image).double()",
        "",
        "is torch.float64 and must be torch.float32",
    ),
    "too few things": (
        "attainable_range",
        "(w, b=None): return w.sum((1, 2, 3))",
        "could not go on",
        "Tensor came back: compare",
    ),
    "NaN": ("unseen", "(x): return st.unseen(x) * np.nan", "nan at [0, 0]", "NaN comes from 0 / 0"),
    "one NaN": ("conv2d_output_size", "(*n): return float('nan')", "nan", "NaN comes from 0 / 0"),
    "a changed argument": (
        "inverse_normalize",
        "(x, mean, std): return x.mul_(torch.tensor(std)[:, None, None]).add_(torch.tensor(mean)[:, None, None])",
        "",
        "the call changed its argument number 1: work on a copy",
    ),
    "an exception from deep inside": ("to_tensor", "(image): return deep(image)", "at line 7: return torch.cat([", ""),
    "an exception that cannot be printed": (
        "to_tensor",
        "(image): raise Mute()",
        "Mute: <its text raises ZeroDivisionError>",
        "",
    ),
    "a value that cannot be printed": (
        "to_tensor",
        "(image): return Shy()",
        "<Shy whose repr raises",
        "Shy came back where Tensor",
    ),
    "a very long exception": ("to_tensor", "(image): raise ValueError('x' * 10**6)", "xxx...", ""),
    "another signature": (
        "to_tensor",
        "(): return 1",
        "TypeError: to_tensor() takes 0 positional",
        "compare the names of your arguments",
    ),
    "leaving": ("to_tensor", "(image): raise SystemExit", "SystemExit at line", ""),
    "for ever deeper": ("to_tensor", "(image): return to_tensor(image)", "RecursionError: maximum recursion depth", ""),
}
BESIDE = """import numpy as np
import torch
import seeing_tensors as st


def deep(image):
    return torch.cat([torch.zeros(1), torch.zeros(7, 7)])


class Mute(Exception):
    def __str__(self):
        return 1 / 0


class Shy:
    def __repr__(self):
        return 1 / 0


"""
EACH = pytest.mark.parametrize("kind", KINDS)


def source(kind):
    name, rest, *_ = KINDS[kind]
    return f"def {name}{rest}\n"


def made(kind, tmp_path):
    """The function, from a file, as a learner has it."""
    file = tmp_path / "reported.py"
    file.write_text(BESIDE + source(kind))
    scope = {"__name__": "somewhere"}
    exec(compile(file.read_text(), str(file), "exec"), scope)
    return scope[KINDS[kind][0]]


def parts(report):
    """The report's lines by their first word."""
    lines = report.splitlines()
    assert re.fullmatch(r"\w+ breaks a law of lesson \d", lines[0])
    return dict(re.fullmatch(r"  (\w+) +(.+)", line).groups() for line in lines[1:])


@EACH
def test_the_report_says_what_is_wrong(kind, tmp_path):
    name, _, got, likely = KINDS[kind]
    reports = [str(broken) for *_, broken in judged(made(kind, tmp_path), laws(name)) if broken]
    said = [parts(report) for report in reports]
    assert any(got in each["got"] and likely in each.get("likely", "") for each in said)
    assert all(len(each["got"]) < 450 for each in said) and not any("Traceback" in report for report in reports)


def test_check_prints_the_same_report(tmp_path, capsys):
    st.check(made("an array for a tensor", tmp_path))
    printed = capsys.readouterr()
    assert "end with torch.from_numpy" in printed.out and "Traceback" not in printed.out + printed.err


def test_what_the_function_prints_is_left_out_but_for_the_call_in_the_report(capsys):
    def to_uint8(x):
        print("of shape", tuple(x.shape), "\n" + "and more " * 1000)
        return (255 * x.detach()).clamp(0, 255).to(torch.uint8)

    st.check(to_uint8)
    told = capsys.readouterr().out
    (line,) = re.findall(r"^  printed   (of shape .*?)\n  \w", told, re.M | re.S)
    line = " ".join(line.split())
    assert re.fullmatch(r"of shape \(1, 1, \d\) (and more )+.{0,8}\.\.\.", line) and len(line) < 220
    assert " ".join(told.split()).count("and more") == line.count("and more")


def test_a_method_that_returns_nothing_or_changes_its_argument(capsys):
    class ChannelStatistics(st.ChannelStatistics):
        def update(self, image):
            super().update(image)

    st.check(ChannelStatistics, star=2)
    assert "likely    nothing came back" in capsys.readouterr().out

    class ChannelStatistics(st.ChannelStatistics):
        def update(self, image):
            super().update(image)
            image[:] = 0
            return self

    st.check(ChannelStatistics, star=2)
    assert "likely    a call changed its argument number 1: work on a copy" in capsys.readouterr().out


def test_a_function_that_may_return_nothing_is_not_blamed_for_it():
    broken = [str(b) for *_, b in judged(lambda *arguments, **options: None, laws("log_images")) if b]
    assert broken and not any("nothing came back" in report for report in broken)


def test_a_refusal_that_is_missing_is_not_blamed_on_what_came_back():
    reports = [
        b for *_, b in judged(lambda x: None, laws("min_max_scale")) if b and b.unmet and b.unmet.concerns == "refusal"
    ]
    assert reports and not any("nothing came back" in str(report) for report in reports)


@law("roll", lesson=0, rank="mathematics", x=strategies.integers(0, 9))
def gives_the_number(roll, x):
    """What goes in comes out."""
    expect_same(roll(x), x)


def test_chance_is_named():
    seen = set()

    def roll(x):
        known = x in seen
        seen.add(x)
        return x if known else -1

    with pytest.raises(LawBroken) as broken:
        gives_the_number.run(roll)
    assert "nothing may depend on chance, on the clock, or on earlier calls" in str(broken.value)


# ------------------------------------------------------------------ a line to paste

VALUES = {
    "backwards": np.arange(6)[::-1],
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "both": np.arange(24, dtype=np.uint8).reshape(2, 3, 4).transpose(2, 0, 1)[:, ::-1],
    "one axis of size 1": np.arange(6).reshape(3, 1, 2).transpose(2, 1, 0),
    "big-endian": np.arange(3, dtype=">u2"),
    "permuted": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
    "with a gradient": torch.arange(2.0, requires_grad=True),
    "without data": torch.empty(2, 3, device="meta"),
    "a dict": {"mask": np.arange(2), 3: (torch.ones(1), None)},
    "a type": [torch.float16],
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_written_with_its_layout_its_gradient_and_its_device(kind):
    value = VALUES[kind]
    line = with_imports(literal(value))
    *imports, written = line.split("; ")
    scope = {}
    exec("; ".join(imports), scope)
    again = eval(written, scope)
    for made in (again, copied(value)):
        assert report._same(made, value)
        assert getattr(made, "strides", None) == getattr(value, "strides", None)
        if isinstance(value, torch.Tensor):
            assert (made.stride(), made.requires_grad, made.device) == (
                value.stride(),
                value.requires_grad,
                value.device,
            )


def test_a_printed_call_says_that_there_is_a_gradient():
    assert (
        picture_of(torch.ones(1, requires_grad=True)) == "torch.tensor([1.0], dtype=torch.float32, requires_grad=True)"
    )
    assert picture_of(torch.ones(9, requires_grad=True)) == "<tensor float32 (9,), with a gradient>"


def broken_by(function, law):
    with pytest.raises(LawBroken) as broken:
        law.run(function)
    return broken.value


def test_the_line_to_paste_is_left_out_where_it_does_not_show_the_fault():
    @law("total", lesson=0, rank="range")
    def any_device(total):
        """A tensor made without a device lies on the CPU."""
        with torch.device("meta"):
            expect_same(total(torch.ones(2, device="cpu")), torch.tensor(2.0, device="cpu"))

    def total(x):
        return (x * torch.tensor([1.0, 1.0]).to("cpu")).sum()

    found = broken_by(total, any_device)
    assert found.again == "" and "  again" not in str(found) and "the call in the report" in what_to_do(found)


def test_an_objects_history_is_short_and_without_what_was_rightly_refused():
    @law("Counter", lesson=0, rank="mathematics")
    def counts(Counter):
        """Counts."""
        other, counter = Counter(), Counter()
        other.add(5)
        expect_raises(ValueError, counter.add, -1)
        counter.add(2)
        expect_same(counter.add(1), 3)

    class Counter:
        n = 0

        def add(self, number):
            if number < 0:
                raise ValueError(number)
            self.n = number
            return self.n

    found = broken_by(Counter, counts)
    assert found.again == "b = Counter(); b.add(2); b.add(1)"


def test_a_cause_with_a_value_is_said_only_where_that_value_came():
    @law("half", lesson=0, rank="mathematics")
    def halves(half):
        """Half of it."""
        x = torch.tensor([1.0, 3.0, 5.0, 7.0])  # fewer numbers could be a coincidence
        expect_same(
            half(x), torch.tensor([0.5, 1.5, 2.5, 3.5]), {"divide, do not multiply": 2 * x, "keep the fraction": x // 2}
        )

    assert "  likely    divide, do not multiply" in str(broken_by(lambda x: x * 2, halves))
    assert "  likely    keep the fraction" in str(broken_by(lambda x: (x / 2).floor(), halves))
    assert "likely" not in str(broken_by(lambda x: x + 7, halves))


def test_words_that_are_missing_are_named_and_something_else_than_a_text_is_of_the_wrong_kind():
    expect_contains("24 levels of 256", "24", "256")
    with pytest.raises(Unmet) as missing:
        expect_contains("24 levels", "24", "256", "lost")
    assert missing.value.expected == "a text that contains '256' and 'lost'" and missing.value.concerns == "wording"
    with pytest.raises(Unmet) as nothing:
        expect_contains(None, "24")
    assert nothing.value.concerns == "kind"


# ------------------------------------------------------------------- through pytest


def pytest_on(implementation, *options, cwd=ROOT):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "tests/spec")]
    command += ["--implementation", str(implementation), *options]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_pytest_prints_reports_and_a_table_and_nothing_else(tmp_path):
    # Functions of many kinds of wrong, a right one, a blank one and a borrowed one, judged by a worker of pytest-xdist.
    chosen = ["nothing", "wrong shape", "a changed argument"]
    file = tmp_path / "my_answers.py"
    blank = "def to_image(x):\n    '''Not yet.'''\n    ...\n\nfrom seeing_tensors import split_view\n"
    right = "def conv2d_output_size(*a, **k):\n    return st.conv2d_output_size(*a, **k)\n"
    file.write_text(BESIDE + "\n".join(map(source, chosen)) + blank + right)
    names = "to_uint8 to_tensor inverse_normalize to_image split_view conv2d_output_size"
    run = pytest_on("my_answers.py", "-n", "1", "-k", " or ".join(names.split()), cwd=tmp_path)
    assert run.returncode == 1
    for noise in ("Traceback", "During handling", "site-packages", "law.run("):
        assert noise not in run.stdout
    for likely in ("nothing came back", "work on a copy", "and must be (3, "):
        assert f"{likely}" in run.stdout, run.stdout
    assert "the laws, and my_answers.py" in run.stdout and "FAILED" not in run.stdout
    row = {
        name: re.search(rf"^ +\d  {name} +(.*)$", run.stdout, re.M)[1].split()
        for name in ("to_image", "conv2d_output_size", "split_view")
    }
    assert row == {name: [str(len(laws(name)))] for name in row}  # each in one column; the columns are looked at below
    header = next(line for line in run.stdout.splitlines() if line.startswith("lesson  function"))
    line = next(line for line in run.stdout.splitlines() if " conv2d_output_size " in line)
    assert len(line) == header.index("held") + 4  # under "held"
    waiting = next(line for line in run.stdout.splitlines() if line.startswith("     2  to_image"))
    assert len(waiting) == len(header)  # under "not written"
    assert "test_house" not in run.stdout  # what is not a law is about our library
    # The line behind `again` works where the answers are.
    again = re.findall(r"^  again     (from my_answers import to_uint8; .*)$", run.stdout, re.M)
    subprocess.run([sys.executable, "-c", again[0]], cwd=tmp_path, check=True)


def test_what_cannot_be_loaded_is_one_line(tmp_path):
    (tmp_path / "fails.py").write_text("\nimport nunpy")
    run = pytest_on("fails", cwd=tmp_path)
    assert run.returncode == 4 and run.stdout == ""
    assert (
        run.stderr.strip() == "ERROR: --implementation: fails.py, line 2: ModuleNotFoundError: No module named 'nunpy'"
    )
