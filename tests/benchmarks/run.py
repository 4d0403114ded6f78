"""The library beside its peers: how long, how much memory, and how both grow.

    python tests/benchmarks/run.py                  everything; some minutes
    python tests/benchmarks/run.py --quick          224² and 1024², few rounds
    python tests/benchmarks/run.py to_image unseen  jobs with these words in their names
    python tests/benchmarks/run.py --write          also write lessons/speed.md

`jobs.py` says what is run. Within one process all ways to do a job take turns, and the clock is the processor's time,
so that a busy machine does not matter; each is checked to give the same numbers before a clock runs. A ratio is a
peer's time divided by ours in the same turn: below 1 the peer is quicker. The table gives the median and the quartiles
of these ratios.

The status is 1 when a bar of `BARS` is missed by more than a tenth, measured a second time.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import datetime
import gc
import importlib.metadata
import math
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))
from jobs import (
    ANSWERS,
    BATCH,
    FORTY_EIGHT,
    FORTY_EIGHT_LARGE,
    JOBS,
    LARGE,
    MEMORY,
    PER_CALL,
    PHOTO,
    SIZES,
    SQUARE,
    At,
    Job,
    Way,
)

ROOT = Path(__file__).parents[2]


class Bar(NamedTuple):
    """What is demanded: a peer's time divided by ours, or megabytes of memory or milliseconds at most."""

    job: str
    peer: str
    at: str
    least: float = 0
    most_memory: float = math.inf
    asked: float = 0  # what the issue asks for, where less is demanded
    limit: str = ""  # why


#: Issue by issue: the job, the peer, and at least how many times our time it takes at 224², 1024² and for the batch.
#: Besides these, every peer that does the same as exactly is held to 1.
_RATIOS = [
    ("to_normalised_tensor", "torchvision v1", 2, 2.5, 1),
    ("to_normalised_tensor", "torchvision v2", 2, 2.5, 1),
    ("to_normalised_tensor", "kornia", 4, 5, 1),
    ("to_normalised_tensor", "albumentations", 1.5, 1.5, 1),
    ("normalize", "torchvision v1", 1, 1.3, 1),
    ("normalize", "torchvision v2", 1, 1.3, 1),
    ("normalize", "kornia", 2, 2, 1),
    ("normalize", "copy", None, 1 / 1.8, None),
    ("inverse_normalize", "a second Normalize, v1", 1, 1.3, 1),
    ("inverse_normalize", "a second Normalize, v2", 1, 1.3, 1),
    ("inverse_normalize", "kornia", 2, 2, 1),
    ("inverse_normalize", "copy", None, 1 / 1.8, None),
    ("to_uint8", "numpy in one line", 1.2, 1.3, None),
    ("to_image", "numpy in one line", 1.2, 1.3, None),
    ("to_image", "to_pil_image", 3, 3, None),
    ("channel_statistics", "running float32", 2, 4, None),
    ("channel_statistics", "stacked float32", 5, 12, None),
    ("channel_statistics", "exact sums with OpenCV", 1 / 1.3, 1 / 1.3, None),
    ("statistics_of_files", "decoding alone", 1 / 1.3, 1 / 1.3, None),
    ("density_of_bytes", "seaborn", 500, 2000, None),
    ("density_of_bytes", "counting, and 1 ms", 1, 1, None),
    ("density_of_floats", "one sort", 1, 1, None),
    ("unseen", "three count_nonzero", 1, 1, None),
    ("describe", "numpy, with three count_nonzero", 1, 1, None),
    ("batch_norm", "F.batch_norm", 0.8, 1, 1),
    ("batch_norm_layer", "nn.BatchNorm2d", 0.8, 1, 1),
]
BARS = [
    *(
        Bar(job, peer, at.name, bar)
        for job, peer, *bars in _RATIOS
        for at, bar in zip((SQUARE, LARGE, BATCH), bars, strict=True)
        if bar
    ),
    Bar("show_grid", "48 axes", FORTY_EIGHT.name, 8),
    Bar("show_feature_maps", "48 axes", FORTY_EIGHT.name, 8),
    Bar("show_feature_maps", "ours", FORTY_EIGHT_LARGE.name, most_memory=300),
    # No temporary of the picture's size: half of it is far above what blocks need.
    Bar("unseen", "ours", LARGE.name, most_memory=6),
]
_COUNTED = {job.name: (SQUARE, LARGE, BATCH) if SQUARE in job.sizes else job.sizes for job in JOBS}
_ANSWERED = {
    (answer.job, answer.peer, at.name): (least, answer.limit)
    for answer in ANSWERS
    for at, least in zip(_COUNTED[answer.job], answer[2:5], strict=False)
    if least
}
IMPORT_MILLISECONDS = 15
TOLERATED = 0.9  # a bar is missed below this share of it


# ---------------------------------------------------------------- measuring


@dataclass
class Measured:
    """One job at one size: every way's times, turn by turn, and its peak memory in megabytes."""

    job: Job
    at: At
    ways: Mapping[str, Way]
    times: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    slow: bool = False  # a way takes seconds: three turns must do

    def ratio(self, peer: str) -> tuple[float, float, float]:
        """The quartiles and, in the middle, the median of the peer's time divided by ours."""
        ratios = np.array(self.times[peer]) / np.array(self.times["ours"])
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        return float(low), float(middle), float(high)


def numbers(result: Any) -> Iterator[np.ndarray]:
    """The numbers of a result as arrays, whatever holds them."""
    if isinstance(result, Mapping):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        for each in result:
            yield from numbers(each)
    elif isinstance(result, torch.Tensor):
        yield result.detach().as_subclass(torch.Tensor).numpy()
    elif result is not None:
        yield np.asarray(result)


def apart(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> float:
    """The largest distance between two results; infinite where they do not have as many numbers."""
    ours, theirs = (np.concatenate([np.ravel(part) for part in parts]) for parts in (ours, theirs))
    if ours.shape != theirs.shape:
        return math.inf
    steps = range(0, ours.size, 2**20)
    return max(float(np.abs(ours[i : i + 2**20].astype(np.float64) - theirs[i : i + 2**20]).max()) for i in steps)


def check_equal(job: Job, at: At, ways: Mapping[str, Way]) -> None:
    """Raise AssertionError unless every way with numbers gives ours."""
    numbers_of = job.numbers or numbers
    if all(way.within is None for name, way in ways.items() if name != "ours"):
        return
    ours = list(numbers_of(ways["ours"].run()))
    for name, way in ways.items():
        if name != "ours" and way.within is not None:
            distance = apart(ours, list(numbers_of(way.run())))
            assert distance <= way.within, f"{job.name} at {at.name}: {name} differs by {distance}, not {way.within}"


def peak_memory(run: Callable[[], Any]) -> float:
    """Megabytes that one call needs at its peak, its result among them; NaN where this system does not tell.

    tracemalloc would not see what torch and OpenCV allocate. So a forked child asks the system. A first call brings in
    the pages of code and what is made once; then the peak is set back, and the second call counts.
    """
    if not Path("/proc/self/clear_refs").exists():
        return math.nan
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            run()
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)  # free pages that the call could use again would not be counted
            Path("/proc/self/clear_refs").write_text("5")
            before = _pages("VmRSS")
            kept = run()  # noqa: F841
            os.write(writing, str((_pages("VmHWM") - before) / 1024).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.waitpid(child, 0)
    return float(text) if text else math.nan


def _pages(name: str) -> int:
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


def measure(found: Measured, seconds: float, least: int, clock: Callable[[], float] = time.process_time) -> None:
    """Let all ways take turns, until these seconds are over and each had its least number of turns.

    On one thread the clock is the processor's time that this process used: other programs do not count, and a busy
    machine gives the ratios of an idle one. What a second thread saves is seen on the clock on the wall alone.
    """
    repeats = {name: max(1, int(1e-3 / max(_time(way.run, 1, clock), 1e-7))) for name, way in found.ways.items()}
    names, turn, end = list(found.ways), 0, time.perf_counter() + seconds
    while turn < least or (time.perf_counter() < end and turn < 50):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            found.times.setdefault(name, []).append(_time(found.ways[name].run, repeats[name], clock))
        turn += 1


def _time(run: Callable[[], Any], repeats: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(repeats):
        run()
    return (clock() - start) / repeats


def measured(job: Job, at: At, *, seconds: float, least: int, threads: int = 1, quick: bool = False) -> Measured | None:
    """One job at one size: equal first, then memory, then time. None where no peer is installed."""
    ways = job.ways(at)
    if quick and at is LARGE:
        ways.pop("seaborn", None)
    if len(ways) < 2 and len(job.sizes) < 2:
        return None
    start = time.process_time()
    check_equal(job, at, ways)
    found = Measured(job, at, ways, slow=time.process_time() - start > 4)
    if threads == 1 and (at is LARGE or LARGE not in job.sizes):  # no child is forked from a process with two
        found.memory = {name: peak_memory(way.run) for name, way in ways.items() if name == "ours" or not found.slow}
    measure(
        found,
        seconds,
        3 if found.slow or at is PHOTO else least,
        time.process_time if threads == 1 else time.perf_counter,
    )
    return found


def import_milliseconds(rounds: int) -> float:
    """What `import seeing_tensors` adds to a bare interpreter, the median of pairs that take turns."""

    def run(code):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    run("import seeing_tensors")
    return 1e3 * float(np.median([run("import seeing_tensors") - run("pass") for _ in range(rounds)]))


# --------------------------------------------------------------------- bars


def bars_for(measured: Measured, bars: Sequence[Bar] = BARS) -> list[Bar]:
    """The bars that this measurement is held to: those written down, and 1 for every peer that does the same."""
    job, at = measured.job.name, measured.at.name
    written = [bar for bar in bars if (bar.job, bar.at) == (job, at) and bar.peer in measured.ways]
    named = {bar.peer for bar in bars if bar.job == job}
    counts = at in (SQUARE.name, LARGE.name, BATCH.name)
    same = [name for name, way in measured.ways.items() if name != "ours" and not way.less and name not in named]
    return [answered(bar) for bar in written + [Bar(job, name, at, 1.0) for name in same if counts]]


def answered(bar: Bar) -> Bar:
    """The bar with what can be demanded and why, where what is asked cannot be met."""
    least, limit = _ANSWERED.get(bar[:3], (bar.least, ""))
    return bar._replace(least=least, asked=bar.least, limit=limit) if limit else bar


def reached(bar: Bar, measured: Measured) -> float:
    """What was measured, as a share of the bar: 1 and more is met."""
    if bar.most_memory < math.inf:
        needed = measured.memory.get("ours", math.nan)
        return bar.most_memory / needed if needed > 0 else math.inf
    return measured.ratio(bar.peer)[1] / bar.least


def missed(measured: Measured, bars: Sequence[Bar] = BARS) -> list[Bar]:
    """The bars that are missed by more than a tenth."""
    return [bar for bar in bars_for(measured, bars) if reached(bar, measured) < TOLERATED]


def exponent(table: Sequence[Measured]) -> float:
    """The power of the number of pixels with which our time grows, fitted over the sizes of one picture."""
    points = [(m.at.height * m.at.width, np.median(m.times["ours"])) for m in table if m.at.count in (0, 48)]
    if len(points) < 2:
        return math.nan
    pixels, seconds = np.log(np.array(points).T)
    return float(np.polyfit(pixels, seconds, 1)[0])


def why(job: Job, power: float) -> str:
    """Why our time does not grow as the number of pixels; "" where it does."""
    if math.isnan(power) or abs(power - 1) <= 0.1:
        return ""
    return job.growth or (PER_CALL if power < 1 else MEMORY)


# ------------------------------------------------------------------ the page

INTRODUCTION = """# How fast

Every public function that computes, beside what else one could call. A number is the other's time divided by ours: at 2
the other takes twice as long, and **below 1 it is quicker**. All ways to do a job take turns in one process, and each
is checked to give the same numbers first. The clock is the processor's time, which other programs do not take; with two
threads it is the one on the wall. The number is the median over the turns, with the quartiles behind it. Seconds are
not told: they are the machine's.

Where a peer does less, or not as exactly, the table says what. *copy* is the plain copy that reads and writes as many
bytes: nothing that computes can be much quicker. Memory is what one call needs at its peak, its result among it, in
megabytes: ours, then the other's.

`make bench` measures this anew and ends with status 1 when a bar is missed by more than a tenth, or where one cannot be
met, when ours has become slower than it was. No test runs against a clock.

## The verdict
"""


def cell(measured: Measured | None, peer: str) -> str:
    if measured is None or peer not in measured.ways:
        return "–"
    low, middle, high = measured.ratio(peer)
    text = f"{figure(middle)} ({figure(low)}–{figure(high)})"
    return f"**{text}**" if middle < TOLERATED and not measured.ways[peer].less else text


def figure(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def megabytes(measured: Measured | None, peer: str) -> str:
    if measured is None or math.isnan(measured.memory.get(peer, math.nan)):
        return "–"
    return f"{figure(measured.memory['ours'])}, {figure(measured.memory[peer])}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def by_job(found: Sequence[Measured]) -> dict[Job, list[Measured]]:
    jobs = {}
    for each in found:
        jobs.setdefault(each.job, []).append(each)
    return jobs


def ratio_rows(found: Sequence[Measured]) -> list[list[str]]:
    rows = []
    for job, each in by_job(found).items():
        at = {m.at.name: m for m in each}
        for name in dict.fromkeys(name for m in each for name in m.ways if name != "ours"):
            less = next(m.ways[name].less for m in each if name in m.ways)
            cells = [cell(at.get(size.name), name) for size in SIZES]
            if not any(size.name in at for size in SIZES):
                cells = [f"{cell(m, name)} at {m.at.name}" for m in each[:1]] + ["–"] * (len(SIZES) - 1)
            largest = at.get(LARGE.name) or each[-1]
            rows.append([job.title, f"{name}{f' ({less})' if less else ''}", *cells, megabytes(largest, name)])
    return rows


def bar_rows(found: Sequence[Measured], *, with_limit: bool) -> list[list[str]]:
    """A row for each function and peer: what was measured at each size, and what is asked there."""
    rows = {}
    for each in found:
        for bar in bars_for(each):
            row = rows.setdefault((each.job.title, bar.peer), {"limit": ""})
            row[bar.at] = measured_of_asked(bar, each)
            if reached(bar._replace(least=bar.asked or bar.least), each) < TOLERATED:
                row["limit"] = bar.limit or "**missed**"
    sizes = (SQUARE.name, LARGE.name, BATCH.name)
    table = []
    for (title, peer), row in rows.items():
        elsewhere = [f"{text} at {name}" for name, text in row.items() if name not in (*sizes, "limit")]
        cells = elsewhere or [row.get(name, "–") for name in sizes]
        if bool(row["limit"]) == with_limit:
            cells += ["–"] * (len(sizes) - len(cells))
            table.append([title, "" if peer == "ours" else peer, *cells, *([row["limit"]] if with_limit else [])])
    return table


def measured_of_asked(bar: Bar, measured: Measured) -> str:
    if bar.most_memory < math.inf:
        return f"{measured.memory['ours']:.0f} MB of at most {bar.most_memory:g}"
    return f"{figure(measured.ratio(bar.peer)[1])} of {round(bar.asked or bar.least, 2):g}"


def verdict(found: Sequence[Measured], milliseconds: float) -> str:
    """How many bars are met, in words."""
    bars = [(bar, each) for each in found for bar in bars_for(each)]
    short = [(bar, each) for bar, each in bars if reached(bar._replace(least=bar.asked or bar.least), each) < TOLERATED]
    lost = sum(not bar.limit or reached(bar, each) < TOLERATED for bar, each in short)
    text = (
        f"{len(bars)} bars are set: so many times our time a peer should take, at one size; every peer that does the "
        f"same as exactly is held to 1. **{len(bars) - len(short)} are met**, or missed by no more than a tenth. "
        f"**{len(short) - lost} ask for more than we can give**; what sets the limit stands beside them. "
    )
    text += f"**{lost} are missed.** " if lost else ""
    text += f"`import seeing_tensors` adds {milliseconds:.0f} ms to a bare interpreter; "
    return f"{text}{IMPORT_MILLISECONDS} are allowed.\n"


def growth_rows(found: Sequence[Measured]) -> list[list[str]]:
    powers = {job: exponent(each) for job, each in by_job(found).items()}
    return [[job.title, f"{power:.2f}", why(job, power)] for job, power in powers.items() if not math.isnan(power)]


def page(found: Sequence[Measured], two: Sequence[Measured], milliseconds: float) -> str:
    """The page of the book."""
    names = [size.name for size in SIZES]
    bars = ["function", "beside", SQUARE.name, LARGE.name, BATCH.name]
    heads = {
        "Bars that cannot be met": ([*bars, "the limit"], bar_rows(found, with_limit=True)),
        "Bars that are met": (bars, bar_rows(found, with_limit=False)),
        "One thread": (["function", "beside", *names, f"MB at {LARGE.name}"], ratio_rows(found)),
        "Two threads": (["function", "beside", *names], [row[:-1] for row in ratio_rows(two)]),
        "How cost grows": (["function", "exponent", "why it is not 1"], growth_rows(found)),
    }
    words = {
        "Bars that cannot be met": "Measured, of what is asked for.",
        "Bars that are met": "Measured, of what is asked for; *at most* where it is memory.",
        "One thread": "A function of one picture does the batch picture by picture. Bold: quicker than ours.",
        "Two threads": "The same where torch or OpenCV may use a second core. On busy cores two threads can be slower "
        "than one.",
        "How cost grows": "Our time grows as the number of pixels to this power, fitted over the sizes of a picture.",
    }
    parts = [INTRODUCTION, verdict(found, milliseconds), environment()]
    for title, (head, rows) in heads.items():
        parts.append(f"## {title}\n\n{words[title]}\n\n{table(head, rows) if rows else ''}".rstrip() + "\n")
    return "\n".join(parts)


def environment() -> str:
    named = ["numpy", "torch", "torchvision", "pillow", "matplotlib", "scipy", "seaborn", "kornia", "albumentations"]
    versions = [f"OpenCV {cv2.__version__}"]
    for name in [*named, "wandb"]:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{name} {importlib.metadata.version(name)}")
    date = datetime.date.today().strftime("%-d %B %Y")
    return (
        f"Measured on {date}, on {processor()} with {os.cpu_count()} cores, Python {platform.python_version()}: "
        f"{', '.join(versions)}.\n"
    )


def processor() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    name = found[1] if found else platform.processor() or platform.machine()
    return f"{name} ({torch.backends.cpu.get_cpu_capability()})"


# ---------------------------------------------------------------- the command


def use_threads(count: int) -> None:
    torch.set_num_threads(count)
    cv2.setNumThreads(count)


def run_all(jobs: Sequence[Job], *, quick: bool) -> list[Measured]:
    """Every job at each of its sizes on one thread, printed as it comes; what misses a bar is measured again."""
    use_threads(1)
    found = []
    for job in jobs:
        for at in job.sizes:
            if quick and at.name not in (SQUARE.name, LARGE.name, FORTY_EIGHT.name):
                continue
            each = measured(job, at, seconds=0.3 if quick else 0.8, least=3 if quick else 5, quick=quick)
            if each is None:  # no peer of this job is installed
                continue
            if missed(each):
                measure(each, seconds=1.5 if quick else 2.5, least=3 if each.slow else 10)
            found.append(each)
            print_one(each)
            forget(at)
    return found


def run_on_two(jobs: Sequence[Job]) -> list[Measured]:
    """The jobs whose peers use a second thread, with two of them. (No child is forked while there are two.)"""
    use_threads(2)
    each = [(job, at) for job in jobs for at in (LARGE, BATCH) if job.threads and at in job.sizes]
    found = [measured(job, at, seconds=0.5, least=3, threads=2) for job, at in each]
    use_threads(1)
    return found


def forget(at: At) -> None:
    """Give the memory of large pictures back."""
    if at.height > 2000:
        for name in ("x", "y"):
            vars(at).pop(name, None)


def print_one(each: Measured) -> None:
    parts = []
    for name in each.ways:
        if name == "ours":
            continue
        low, middle, high = each.ratio(name)
        parts.append(f"{name} {figure(middle)} ({figure(low)}–{figure(high)})")
    memory = f"{figure(each.memory['ours'])} MB" if "ours" in each.memory else ""
    print(f"{each.job.name:24} {each.at.name:12} {memory:>8}  {', '.join(parts)}", flush=True)
    for bar in missed(each):
        demanded = f"{bar.most_memory:g} MB" if bar.most_memory < math.inf else f"{bar.peer}: {figure(bar.least)}"
        print(f"{'':24} {'':12} MISSED  {demanded}", flush=True)


def main(words: Sequence[str] = (), *, quick: bool = False, write: bool = False) -> int:
    """Measure, print, and write the page if asked; return the exit status."""
    jobs = [job for job in JOBS if not words or any(word in job.name for word in words)]
    found = run_all(jobs, quick=quick)
    milliseconds = import_milliseconds(5 if quick else 15)
    print(f"import seeing_tensors    {milliseconds:.1f} ms beyond a bare interpreter")
    for row in growth_rows(found):
        print(f"{row[0]:40} grows as pixels^{row[1]}  {row[2]}")
    two = [] if quick else run_on_two(jobs)
    if write:
        (ROOT / "lessons" / "speed.md").write_text(page(found, two, milliseconds), encoding="utf-8")
    broken = [bar for each in found for bar in missed(each)]
    late = milliseconds > IMPORT_MILLISECONDS / TOLERATED
    print(f"{len(broken) + late} bars are missed by more than a tenth." if broken or late else "Every bar is met.")
    return int(bool(broken) or late)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("words", nargs="*", help="only the jobs with one of these words in their names")
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    parser.add_argument("--write", action="store_true", help="write lessons/speed.md")
    options = parser.parse_args()
    sys.exit(main(options.words, quick=options.quick, write=options.write))
