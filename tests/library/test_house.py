"""What holds for the package as a whole: names, import, figures, and the law object itself."""

import inspect
import subprocess
import sys
import types
from collections.abc import Hashable

import hypothesis.strategies
import numpy as np
import pytest
import torch
import torchvision
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import seeing_tensors as st
from seeing_tensors.course.laws import LawBroken, finding, law
from seeing_tensors.course.laws.expectations import expect_arguments_kept, expect_close, expect_raises, expect_same


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_nothing_heavy():
    loaded = python("import sys, seeing_tensors; print(*sys.modules)").split()
    heavy = {"torch", "torchvision", "cv2", "matplotlib", "seaborn", "wandb", "numpy", "PIL", "hypothesis"}
    assert not heavy & set(loaded)


def test_importing_the_package_is_cheap():
    # A ratio of seconds of computing, each the least of five interpreters': other work on the machine has no say.
    def cost(names):
        code = f"import time; begin = time.process_time(); import {names}; print(time.process_time() - begin)"
        return min(float(python(code)) for _ in range(5))

    assert cost("seeing_tensors") < cost("json, email.message, http.client")


def test_what_needs_the_extra_says_how_to_get_it():
    for name, missing in (("check", "hypothesis"), ("prove", "hypothesis"), ("answer", "hypothesis")):
        told = python(
            f"import sys; sys.modules['{missing}'] = None\n"
            "import seeing_tensors as st\n"
            f"try: st.{name}\n"
            "except ModuleNotFoundError as error: print(error.name, error)"
        )
        assert told.startswith(f"{missing} st.{name} needs {missing}") and 'pip install -e ".[course]"' in told
    # What the library itself misses is no matter of the course.
    told = python(
        "import sys; sys.modules['torch'] = None\n"
        "import seeing_tensors as st\n"
        "try: st.to_tensor\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    assert "course" not in told and "torch" in told


def test_every_public_name_exists_and_is_documented():
    for name in st.__all__:
        value = getattr(st, name)
        if callable(value):
            assert inspect.getdoc(value), f"{name} has no docstring"
    assert set(dir(st)) == set(st.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        st.no_such_name  # noqa: B018


def test_every_public_function_has_laws():
    functions = {
        name
        for name in st.__all__
        if callable(getattr(st, name)) and not isinstance(getattr(st, name), types.ModuleType)
    }
    # An exception, and what takes a figure or laws: the tests below hold these. The live figures: tests/browser.
    without = {"ImageReadError", "data_path", "figure", "prove", "check", "answer", "predict", "guesses"} | {
        name for name in functions if name.startswith("live_")
    }
    assert functions - without == {each.about for each in finding.laws()}


def test_laws_have_sentences_and_names_of_their_own():
    found = finding.laws()
    for each in found:
        assert each.sentence.endswith("."), f"{each.name}: a law is a sentence"
    names = [(each.about, each.name) for each in found]
    assert len(set(names)) == len(names)


# ------------------------------------------------------------------- figures


def test_a_figure_needs_words(capsys):
    fig = Figure()
    for alt, caption in [("", "caption"), ("alt", " ")]:
        with pytest.raises(ValueError, match="alt text and a caption"):
            st.figure(fig, alt=alt, caption=caption)
    st.figure(fig, alt="A black square.", caption="What is this?")
    assert capsys.readouterr().out == "[figure] What is this?\n  A black square.\n"


# ------------------------------------------------------------ the law object


@law("double", lesson=0, rank="mathematics", x=hypothesis.strategies.integers(-1000, 1000))
def is_twice(double, x):
    """Doubling gives
    twice the number."""
    expect_same(double(x), 2 * x, "multiply by 2")


@law("double", lesson=0, rank="manners", cases=[{"thing": None}, {"thing": "a"}])
def refuses_what_is_no_number(double, thing):
    """What is no number is a TypeError that names the type."""
    expect_raises(TypeError, double, thing, mention=[type(thing).__name__])


def double(x):
    if not isinstance(x, int):
        raise TypeError(f"double needs a number, got {type(x).__name__}")
    return 2 * x


def test_a_law_that_holds_counts_its_cases():
    assert is_twice.sentence == "Doubling gives twice the number."
    assert is_twice.run(double, "check") == 20
    assert is_twice.run(double, "test") == 100
    assert refuses_what_is_no_number.run(double) == 2


def report(function, which=is_twice):
    with pytest.raises(LawBroken) as broken:
        which.run(function)
    return str(broken.value)


def test_a_broken_law_tells_the_smallest_counterexample():
    def double(x):
        return 2 * x if x < 7 else 0

    lines = report(double).splitlines()
    assert lines == [
        "double breaks a law of lesson 0",
        "  law       Doubling gives twice the number.",
        "  call      double(7)",
        "  got       0",
        "  expected  14",
        "  see to    multiply by 2",
        "  again     double(7)",
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda x: None, "got       None"),
        (lambda x: 1 / 0, "got       ZeroDivisionError: division by zero"),
        (lambda x: np.zeros(3), "got       np.array([0.0, 0.0, 0.0]"),
    ],
)
def test_whatever_comes_back_is_reported(body, words):
    body.__name__ = "double"
    assert words in report(body)


def test_a_refusal_must_be_of_the_right_kind_and_say_what_it_should():
    def double(x):
        raise ValueError("no")

    assert "got       ValueError: no" in report(double, refuses_what_is_no_number)

    def double(x):
        raise TypeError("no")

    assert "a message that contains ['NoneType']" in report(double, refuses_what_is_no_number)
    assert "expected  TypeError" in report(lambda x: x, refuses_what_is_no_number)


def test_expectations_notice_every_kind_of_difference():
    x = torch.tensor([1.0, float("nan")])
    expect_same(x, x.clone())
    for other in (x.double(), x.numpy(), x[:1], torch.tensor([1.0, 2.0]), None, [1.0, float("nan")]):
        with pytest.raises(AssertionError):
            expect_same(other, x)
    expect_close(torch.tensor([1.0]), torch.tensor([1.5]), within=0.5)
    for other, within in [(torch.tensor([1.0]), 0.4), (torch.tensor([float("nan")]), 9), (torch.ones(2), 9)]:
        with pytest.raises(AssertionError):
            expect_close(other, torch.tensor([1.5]), within=within)


def test_every_kind_of_tensor_can_be_reported():
    for x in (torch.ones(2, dtype=torch.bfloat16), torch.ones(9, dtype=torch.bfloat16), torch.ones(2, device="meta")):

        def double(_, x=x):
            return x

        assert "expected  0" in report(double), x


def test_a_changed_argument_and_shared_memory_are_noticed():
    x = torch.zeros(3)
    expect_arguments_kept(lambda t: t + 1, x)
    with pytest.raises(AssertionError, match="changed"):
        expect_arguments_kept(lambda t: t.add_(1), x)
    with pytest.raises(AssertionError, match="memory"):
        expect_arguments_kept(lambda t: t.reshape(3, 1), x)


def test_prove_counts_the_laws_says_two_and_refuses_unknown_names(capsys):
    st.prove("split_view")
    headline, *held = capsys.readouterr().out.splitlines()
    assert headline.startswith(f"✓ split_view: {len(finding.laws('split_view'))} laws held,")
    said = [law.sentence for law in finding.laws("split_view") if law.rank == "mathematics"][:2]
    assert " ".join(" ".join(held).split()).startswith(" ".join(f"✓ {sentence}" for sentence in said) + " ✓ and ")
    with pytest.raises(ValueError, match="no_such_function"):
        st.prove("no_such_function")


def test_a_shape_may_be_written_in_two_ways():
    def shape_error(x):
        raise ValueError(f"bad shape {x.shape}")

    expect_raises(ValueError, shape_error, torch.zeros(3, 0), mention=["(3, 0)"])
    expect_raises(ValueError, shape_error, torch.zeros(3), mention=["(3,)"])
    expect_raises(ValueError, shape_error, torch.zeros(()), mention=["()"])


def test_an_empty_argument_keeps_its_shape_in_the_report():
    @law("double", lesson=0, rank="mathematics")
    def refuses_nothing(double):
        """Nothing is refused."""
        expect_raises(ValueError, double, np.zeros((0, 3), np.uint8))

    call = f"from {__name__} import double_quietly; import numpy as np; double_quietly(np.zeros((0, 3), '|u1'))"
    assert f"again     {call}" in report(double_quietly, refuses_nothing)


def double_quietly(x):
    return x


def test_a_report_says_when_the_argument_was_a_view():
    @law("double", lesson=0, rank="mathematics")
    def takes_views(double, x=None):
        """Views are as good as copies."""
        expect_same(double(np.arange(6, dtype=np.uint8).reshape(2, 3)[::-1]), 1)

    assert "(np.array([[0, 1, 2], [3, 4, 5]], dtype='|u1')[::-1, :])" in report(lambda x: 0, takes_views)


def test_check_tells_blank_from_right_from_wrong(capsys):
    def split_view(left, right): ...

    st.check(split_view)
    assert capsys.readouterr().out.startswith("○ split_view: not written yet. ")

    def split_view(left, right):
        return left

    st.check(split_view)
    printed = capsys.readouterr().out
    assert "  law       Columns before W // 2" in printed and "expected" in printed
    st.check(st.split_view)
    assert "✓ split_view: unbreakable\n  ✓ " in capsys.readouterr().out

    class ChannelStatistics:
        def update(self, image): ...

    st.check(ChannelStatistics)
    assert "not written yet" in capsys.readouterr().out


def test_another_implementation_is_judged(tmp_path):
    answers = tmp_path / "my_answers.py"
    answers.write_text("def split_view(left, right):\n    return left\n")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/spec/test_laws.py",
            "--implementation",
            str(answers),
            "-k",
            "split_view or saturation",
            "-rs",
        ],
        cwd=st.data_path(".").parent,
        capture_output=True,
        text=True,
    )
    # Laws of split_view are broken; of saturation nothing is written yet.
    assert run.returncode == 1 and "saturation is not written yet" in run.stdout, run.stdout
    assert "split_view breaks a law of lesson 2" in run.stdout and "5 skipped" in run.stdout, run.stdout


def test_no_module_hides_a_public_name():
    # Importing a module sets its name on the package: a function of the same name would be lost.
    import seeing_tensors

    assert not set(seeing_tensors.MODULES) & set(st.__all__)


# ------------------------------------------- what only the library must do, not a learner

PICTURE = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)


def test_statistics_can_be_compared_and_printed():
    one, two = st.channel_statistics([PICTURE]), st.channel_statistics([PICTURE[::-1]])
    assert one == two and one != st.channel_statistics([PICTURE, PICTURE]) and one != 5
    assert not isinstance(one, Hashable)  # it changes with each picture
    assert repr(st.ChannelStatistics()) == "ChannelStatistics(no picture yet)"
    expected = "ChannelStatistics(4 pixels, mean 0.0176, 0.0216, 0.0255, std 0.0132, 0.0132, 0.0132)"
    assert repr(one) == expected and one.counts.sum() == 12


def labels(*masks):
    """The LabelStatistics of some masks."""
    statistics = st.LabelStatistics()
    for mask in masks:
        statistics.update(np.array(mask), void=255)
    return statistics


def test_label_statistics_can_be_compared_and_printed():
    assert st.LabelStatistics() != st.ChannelStatistics()
    one = labels([[0, 2, 2, 255]])
    assert one == labels([[2, 255, 0, 2]]) and not isinstance(one, Hashable)  # it changes with each mask
    for other in (labels([[0, 0, 2, 255]]), labels([[0, 2, 2]]), labels([[0, 2, 2, 255]], [[255]]), one.counts, 5):
        assert one != other
    assert repr(one) == "LabelStatistics(1 masks, 3 pixels of 2 classes, 1 void)"
    assert {row.dtype for row in (one.counts, one.pictures, one.surroundings)} == {np.dtype(np.int64)}


def test_describe_in_full():
    x = torch.arange(24.0).reshape(2, 3, 4) / 23
    few, many = torch.zeros(1, 1, 1000), torch.zeros(1, 1, 200)
    few[..., 0], few[..., 1:101] = -1, 2  # 0.1 % below and 10 % above
    many[..., 1:] = -1  # 99.5 %
    for thing, words in [
        (x, "float32 (C 2, H 3, W 4) contiguous | 0 … 1, mean 0.5, std 0.301 | all displayable"),
        (x[:, ::2], "float32 (C 2, H 2, W 4) strided view | 0 … 1, mean 0.5, std 0.3173 | all displayable"),
        (x[0].T, "float32 (H 4, W 3) strided view | 0 … 0.4783, mean 0.2391, std 0.1501 | all displayable"),
        (x.permute(1, 2, 0), "float32 (C 3, H 4, W 2) strided view | 0 … 1, mean 0.5, std 0.301 | all displayable"),
        (
            x.permute(2, 0, 1),
            "float32 (C 4, H 2, W 3) channels-last view | 0 … 1, mean 0.5, std 0.301 | all displayable",
        ),
        (x.numpy(), "float32 (H 2, W 3, C 4) contiguous | 0 … 1, mean 0.5, std 0.301 | all displayable"),
        (x.numpy()[:, ::-1], "float32 (H 2, W 3, C 4) strided view | 0 … 1, mean 0.5, std 0.301 | all displayable"),
        (x[None, None], "float32 (1, 1, 2, 3, 4) contiguous | 0 … 1, mean 0.5, std 0.301"),
        (few, "float32 (C 1, H 1, W 1000) contiguous | -1 … 2, mean 0.199, std 0.6012 | unseen: 0.1% below, 10% above"),
        (
            many,
            "float32 (C 1, H 1, W 200) contiguous | -1 … 0, mean -0.995, std 0.07053 | unseen: >99% below, 0% above",
        ),
        (
            many[..., 1:],
            "float32 (C 1, H 1, W 199) contiguous | -1 … -1, mean -1, std 0 | unseen: 100% below, 0% above",
        ),
        (
            torch.cat([few, few[..., 101:102].expand(1, 1, 1000)], dim=2),
            "float32 (C 1, H 1, W 2000) contiguous | -1 … 2, mean 0.0995, std 0.4366 | unseen: <0.1% below, 5.0% above",
        ),
        (PICTURE, "uint8 (H 2, W 2, C 3) contiguous | 0 … 11, mean 5.5, std 3.452"),
        (torch.full((1, 2, 2), 999), "int64 (C 1, H 2, W 2) contiguous | 999 … 999, mean 999, std 0"),
        (
            np.array([[[-1, 256, 0]]]),
            "int64 (H 1, W 1, C 3) contiguous | -1 … 256, mean 85, std 120.9 | unseen: 33% below, 33% above",
        ),
        (few.int() * 9999, "int32 (C 1, H 1, W 1000) contiguous | -9999 … 2e+04, mean 1990, std 6011"),
        (
            torch.tensor([[np.nan, 0.5]]),
            "float32 (H 1, W 2) contiguous | 0.5 … 0.5, mean 0.5, std 0 | the finite ones displayable | 1 NaN, 0 inf",
        ),
        (torch.tensor([[np.nan, np.inf]]), "float32 (H 1, W 2) contiguous | no finite value | 1 NaN, 1 inf"),
    ]:
        assert st.describe(thing) == words


def test_the_largest_floats_become_bytes_quietly():
    x = torch.tensor([3e38, -3e38, torch.inf])
    with np.errstate(all="raise"):
        assert st.to_uint8(x).tolist() == [255, 0, 255] and st.to_image(x[None, None]).tolist() == [[255, 0, 255]]
        with pytest.raises(ValueError, match="1 of 2 values are NaN"):
            st.to_uint8(torch.tensor([0.5, torch.nan]))
        white = np.full((1, 1, 1), 255, np.uint8)
        assert st.to_tensor(white, mean=[-9.0], std=[float(np.finfo(np.float32).tiny)]).tolist() == [[[np.inf]]]


def test_to_uint8_looks_at_every_block_and_takes_a_lazy_negative():
    x = torch.zeros(2**19)
    x[0] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        st.to_uint8(x)
    assert st.to_uint8(torch.tensor([-1j]).conj().imag).tolist() == [255]  # torch has not turned the sign yet


def test_imshow_pixels_is_quiet():
    wide = np.array([[-3e38, 3e38]], np.float32)  # a range that float32 cannot hold, as matplotlib finds too
    with np.errstate(all="raise"):
        assert st.imshow_pixels(wide, cmap="gray").shape == (1, 2, 4)
        assert st.imshow_pixels(np.full((1, 1, 3), np.nan)).min() == 255


def test_a_density_plot_makes_its_own_limits():
    spread = np.array([0.0, 9.0]).std(ddof=1) * 2 ** (-1 / 5)
    for x, reach in [
        (torch.tensor([[[0.4, 0.5, 0.6]]]), 2),
        (np.array([[0, 100, 200]], np.uint8), 510),
        (torch.tensor([[[0.0, 9.0]]]), 9 + 3 * spread),
        (torch.tensor([[[-9.0, 0.0]]]), 9 + 3 * spread),
        (torch.full((1, 2, 2), 9.0), 9),
        (torch.full((1, 1, 1), 9.0), 9),
    ]:
        low, high = st.plot_channel_densities(x, Figure().subplots()).get_xlim()
        assert (low, high) == pytest.approx((-reach, reach), rel=1e-12)


def test_a_density_plot_can_be_read():
    """Words and legend stand above the axes; what is unseen is pale and hatched, behind the curves; each part has its
    style."""
    x = torch.cat([torch.linspace(-1, 2, 24).reshape(1, 4, 6) * k for k in (1, 0.5, 0)])
    for inches in ((6.4, 4.8), (2.0, 1.5)):
        fig = Figure(figsize=inches)
        ax = st.plot_channel_densities(x, fig.add_axes((0.1, 0.1, 0.9, 0.9)), limits=(-2, 3))
        FigureCanvasAgg(fig).draw()
        inside = ax.get_window_extent()

        assert (ax.get_xlabel(), ax.get_ylabel()) == ("value", "density")
        assert ax.get_ylim()[0] == 0 and 2 <= len(ax.get_yticks()) <= 6
        for line, name in zip(ax.get_lines(), "RGB", strict=True):
            assert (line.get_color(), line.get_linestyle()) == (st.COLORS[name], st.LINES[name])
            assert line.get_label() == (name if name != "B" else "B (constant)")
        curves = ax.get_lines()[:2]
        for line in curves:
            np.testing.assert_allclose(line.get_xdata(), np.linspace(-2, 3, 1024))
        top = max(line.get_ydata().max() for line in curves) / ax.get_ylim()[1]
        assert 0.9 < top < 1, "the curves have the axes for themselves"

        texts = [text.get_text() for text in ax.texts]
        assert texts == ["unseen (black)\nR 33%\nG 33%\nB 0%", "unseen (white)\nR 33%\nG 0%\nB 0%"]
        for side, text, patch in zip(("below", "above"), ax.texts, ax.patches, strict=True):
            box = text.get_window_extent()
            assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and box.y0 >= inside.y1
            left, right = box.x0 - inside.x0, inside.x1 - box.x1
            assert left < right if side == "below" else right < left
            face, edge = patch.get_facecolor(), patch.get_edgecolor()
            assert face == to_rgba(st.COLORS[side], 0.12) and edge == to_rgba(st.COLORS[side], 0.6)
            assert patch.get_hatch() == st.HATCHES[side] and patch.get_linewidth() == 0
            assert patch.get_zorder() < min(line.get_zorder() for line in curves)
        legend = ax.get_legend().get_window_extent()
        middle = (legend.x0 + legend.x1 - inside.x0 - inside.x1) / 2
        assert abs(middle) < 2 and legend.y0 >= inside.y1
        if inches[0] > 3:  # there is room for all of it
            assert len(ax.get_xticks()) > 5
            assert not any(legend.overlaps(text.get_window_extent()) for text in ax.texts)


def test_counts_say_how_often_each_value_occurs():
    fresh = st.ChannelStatistics().counts
    assert (fresh.dtype, fresh.shape) == (np.int64, (0, 256))
    expected = np.zeros((3, 256), np.int64)
    for value in range(12):
        expected[value % 3, value] = 2
    expect_same(st.channel_statistics([PICTURE, PICTURE]).counts, expected)


def test_all_reduce_needs_a_group_and_adds_nothing_in_a_group_of_one():
    with pytest.raises(RuntimeError, match="init_process_group"):
        st.channel_statistics([PICTURE]).all_reduce()
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        assert st.channel_statistics([PICTURE]).all_reduce() == st.channel_statistics([PICTURE])
        assert st.ChannelStatistics().all_reduce().count == 0
        masks = [[0, 2, 255]], [[255]]
        assert labels(*masks).all_reduce() == labels(*masks)
        assert st.LabelStatistics().all_reduce() == st.LabelStatistics()
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize("mean", ["123", ("0.5",) * 3, torch.zeros(3, 2), None, 0.5], ids=str)
def test_the_inverse_wants_numbers_too(mean):
    with pytest.raises(TypeError, match="mean must be a sequence of numbers"):
        st.inverse_normalize(torch.rand(3, 2, 2), mean, st.IMAGENET_STD)
    with pytest.raises(TypeError, match="mean must be a sequence of numbers"):
        st.InverseNormalize(mean, st.IMAGENET_STD)


def test_the_imagenet_statistics_are_torchvisions():
    transforms = torchvision.models.ResNet18_Weights.DEFAULT.transforms()
    assert (tuple(transforms.mean), tuple(transforms.std)) == (st.IMAGENET_MEAN, st.IMAGENET_STD)
