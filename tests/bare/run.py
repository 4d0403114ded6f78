"""Install the clone without extras in an environment of its own, and call there every public name that needs none.

    python tests/bare/run.py            pip brings everything: 5 GB on disk while it runs, and several minutes
    python tests/bare/run.py --linked   what the base needs is linked from the environment that runs this: a minute

In both pip installs the library, without extras and with the versions of constraints.txt, and would bring what is
missing. `--only-calls` makes no environment and calls with the Python that it is run by.

The exit status is 0 when nothing but the base is installed, every name is called once or refuses, and each that
refuses is one of those below and says what to install.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
# What a refusal must name, for each public name that needs more than the base.
NEEDS = dict.fromkeys(("to_wandb_image", "to_wandb_grid", "to_wandb_maps", "log_images"), "pip install wandb")
NEEDS |= dict.fromkeys(("check", "prove", "answer"), 'pip install -e ".[course]"')
NEEDS["data_path"] = "clone"  # this environment has no clone: the package is copied into it


def main(arguments: list[str]) -> int:
    if "--only-calls" in arguments:
        return call_all()
    build = ROOT / "build"  # on the disk of the packages: else there are no links
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bare-", dir=build) as folder:
        python = Path(folder) / "env" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # A copy of the package alone: what an earlier build has left in the clone must not get in.
        shutil.copytree(ROOT / "src" / "seeing_tensors", Path(folder) / "copy" / "src" / "seeing_tensors")
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, Path(folder) / "copy")
        if "--linked" in arguments:
            link(base(), next(python.parents[1].glob("lib/python*/site-packages")))
        subprocess.run([*install, "-c", ROOT / "constraints.txt", Path(folder) / "copy"], check=True)
        # Outside the clone, so that nothing is found beside the script but the script.
        return subprocess.run([python, "-I", Path(__file__), "--only-calls"], cwd=folder, check=False).returncode


def base() -> set[str]:
    """The distributions that pyproject.toml's dependencies need, and what these need in turn."""
    from packaging.requirements import Requirement

    found = set()

    def add(line: str, extras: Iterable[str] = ()) -> None:
        needed = Requirement(line)
        asked = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras))
        if asked and (needed.name, *sorted(needed.extras)) not in found:
            found.add((needed.name, *sorted(needed.extras)))
            for each in importlib.metadata.requires(needed.name) or []:
                add(each, needed.extras)

    for line in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]:
        add(line)
    return {name for name, *_ in found}


def link(names: Iterable[str], packages: Path) -> None:
    """Link the files of these distributions into another environment's packages: no copy, no download."""
    for name in sorted(names):
        for file in importlib.metadata.files(name) or []:
            target = packages / file
            if ".." not in file.parts and not target.exists() and file.locate().exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(file.locate(), target)


def call_all() -> int:
    """Call every public name, print what came of it; return the exit status."""
    import seeing_tensors as st

    faults = [f"{name} is installed" for name in sorted(beyond_the_base())]
    called = calls(st)
    faults += [f"{name} is never called" for name in sorted(set(st.__all__) - set(called))]
    for name, call in called.items():
        try:
            call()
            said = "works"
            if name in NEEDS:
                faults.append(f"{name} should need {NEEDS[name]}")
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            if name not in NEEDS or NEEDS[name] not in str(error):
                faults.append(f"{name}: {said}")
        print(f"{name:24} {said}")
    print(
        "\n".join(f"FAIL  {fault}" for fault in faults) or f"OK    seeing-tensors {st.__version__}, {len(called)} names"
    )
    return int(bool(faults))


def beyond_the_base() -> set[str]:
    """The packages of the extras that are installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = {line.split(">=")[0] for line in extras["wandb"] + extras["course"] + extras["dev"]} - {
        "seeing-tensors[wandb]"
    }
    base = {"packaging", "filelock"}  # matplotlib and torch bring these two
    return (names - base) & {each.metadata["Name"].lower() for each in importlib.metadata.distributions()}


def calls(st) -> dict:
    """Something that calls each public name once."""
    import matplotlib
    import numpy as np
    import torch
    from PIL import Image

    matplotlib.use("Agg")
    folder = Path(tempfile.mkdtemp())
    image = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    mask = np.arange(256, dtype=np.uint8).reshape(16, 16) % 3
    Image.fromarray(image).save(folder / "image.png")
    Image.fromarray(mask).save(folder / "mask.png")
    x = torch.linspace(0, 1, 3 * 16 * 16).reshape(3, 16, 16)
    noise = torch.rand(3, 16, 16)
    mean, std = st.IMAGENET_MEAN, st.IMAGENET_STD
    kernel = torch.ones(1, 3, 3, 3)
    axes = lambda: matplotlib.figure.Figure().subplots()  # noqa: E731

    still = {"alt": "a mask", "caption": "A mask."}

    def drawn():
        fig = matplotlib.figure.Figure()
        fig.subplots().imshow(mask)
        return fig

    return {
        **{name: lambda name=name: len(getattr(st, name)) for name in ("COLORS", "HATCHES", "LINES", "STYLE")},
        **{name: lambda name=name: len(getattr(st, name)) for name in ("IMAGENET_MEAN", "IMAGENET_STD")},
        "ImageReadError": lambda: st.ImageReadError("no picture"),
        "read_image": lambda: st.read_image(folder / "image.png"),
        "read_mask": lambda: st.read_mask(folder / "mask.png"),
        "resize_mask": lambda: st.resize_mask(mask, 8, 8),
        "mask_to_tensor": lambda: st.mask_to_tensor(mask),
        "to_image": lambda: st.to_image(x),
        "to_tensor": lambda: st.to_tensor(image),
        "to_uint8": lambda: st.to_uint8(x),
        "describe": lambda: st.describe(x),
        "imshow_pixels": lambda: st.imshow_pixels(mask, cmap="gray"),
        "min_max_scale": lambda: st.min_max_scale(x),
        "saturation": lambda: st.saturation(x),
        "split_view": lambda: st.split_view(image, image),
        "unseen": lambda: st.unseen(x),
        "show": lambda: st.show(x),
        "show_grid": lambda: st.show_grid([x, x]),
        "figure": lambda: st.figure(drawn(), **still),
        "live_batch": lambda: st.live_batch(drawn(), x, {"alone": []}, st.BatchNorm2d(3), history="nothing", **still),
        "live_display": lambda: st.live_display(drawn(), x, **still),
        "live_filter": lambda: st.live_filter(drawn(), x[:1], **still),
        "live_logger": lambda: st.live_logger(drawn(), x, **still),
        "live_nearest": lambda: st.live_nearest(drawn(), mask[0], size=3, **still),
        "live_normalize": lambda: st.live_normalize(drawn(), x, **still),
        "live_pipelines": lambda: st.live_pipelines(drawn(), [0.2, 0.5, 0.8], **still),
        "ChannelStatistics": lambda: st.ChannelStatistics().update(image),
        "InverseNormalize": lambda: st.InverseNormalize(mean, std)(x),
        "LabelStatistics": lambda: st.LabelStatistics().update(mask),
        "channel_statistics": lambda: st.channel_statistics([image]),
        "inspect_pipeline": lambda: st.inspect_pipeline([(x, 1)], mean=mean, std=std),
        "inverse_mean_std": lambda: st.inverse_mean_std(mean, std),
        "inverse_normalize": lambda: st.inverse_normalize(x, mean, std),
        "normalize": lambda: st.normalize(x, mean, std),
        "BatchNorm2d": lambda: st.BatchNorm2d(3)(x[None]),
        "batch_norm": lambda: st.batch_norm(x[None]),
        "keras_options": lambda: st.keras_options(),
        "channel_densities": lambda: st.channel_densities(x, np.linspace(0, 1, 9)),
        "plot_channel_densities": lambda: st.plot_channel_densities(x, axes()),
        "attainable_range": lambda: st.attainable_range(kernel),
        "compose_kernels": lambda: st.compose_kernels(kernel, torch.ones(1, 1, 3, 3)),
        "conv2d": lambda: st.conv2d(x[None], kernel),
        "conv2d_output_size": lambda: st.conv2d_output_size(16, 3),
        "receptive_field": lambda: st.receptive_field([(3, 1, 1), (3, 2, 1)]),
        "applied_mean_std": lambda: st.applied_mean_std(st.normalize(x, mean, std), x),
        "channel_order": lambda: st.channel_order(noise, noise),
        "superposition_error": lambda: st.superposition_error(torch.relu, x, -x),
        "confusion_matrix": lambda: st.confusion_matrix(mask, mask, 3),
        "class_iou": lambda: st.class_iou(st.confusion_matrix(mask, mask, 3)),
        "feature_maps": lambda: st.feature_maps(torch.nn.Conv2d(3, 4, 3), x[None]),
        "pretrained_filters": lambda: st.pretrained_filters,  # it would fetch a file
        "show_feature_maps": lambda: st.show_feature_maps(torch.rand(4, 8, 8)),
        "to_wandb_mask": lambda: st.to_wandb_mask(mask),
        "to_wandb_image": lambda: st.to_wandb_image(image),
        "to_wandb_grid": lambda: st.to_wandb_grid([image]),
        "to_wandb_maps": lambda: st.to_wandb_maps(torch.rand(4, 8, 8)),
        "log_images": lambda: st.log_images(SimpleNamespace(log=print), "pictures", [image]),
        "guesses": lambda: st.guesses(1),
        "predict": lambda: st.predict("How many?", guess=3).reveal(4),
        "data_path": lambda: st.data_path("masks/cat.png"),
        "answer": lambda: st.answer("to_tensor"),
        "check": lambda: st.check(st.to_tensor),
        "prove": lambda: st.prove("to_tensor"),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
