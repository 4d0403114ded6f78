"""The driver of the benchmarks on jobs made for it: equal before timed, a missed bar is status 1. No clock judges."""

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import seeing_tensors as st

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("benchmarks_run", HERE / "run.py")
run = sys.modules["benchmarks_run"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)
jobs = sys.modules["jobs"]


def double(at):
    """twice"""
    return {
        "ours": jobs.Way(lambda: 2 * at.x),
        "equal": jobs.Way(lambda: at.x + at.x),
        "near": jobs.Way(lambda: at.x + at.x + 1e-3, within=1e-2, less="a little off"),
        "copy": jobs.copy_of(at.x),
    }


TINY = jobs.At("224²", 4, 5)
JOB = jobs.Job(double, (TINY,))


def measurement(times, memory=1.0, job=JOB, at=TINY):
    return run.Measured(job, at, job.ways(at), times, {"ours": memory})


def test_a_way_with_other_numbers_is_never_timed():
    run.check_equal(JOB, TINY, double(TINY))
    for result in (2 * TINY.x + 1e-3, 2 * TINY.x[:2], TINY.x * math.nan):
        ways = double(TINY) | {"wrong": jobs.Way(lambda result=result: result)}
        with pytest.raises(AssertionError, match="wrong differs"):
            run.measured(jobs.Job(lambda at, ways=ways: ways, (TINY,)), TINY, seconds=0, least=1)


def test_numbers_are_found_in_whatever_holds_them():
    result = {"a": [torch.ones(2), np.zeros((2, 2))], "b": (3, None)}
    assert [part.shape for part in run.numbers(result)] == [(2,), (2, 2), ()]


def test_every_way_takes_its_turn():
    each = run.measured(JOB, TINY, seconds=0, least=4)
    assert {name: len(times) for name, times in each.times.items()} == dict.fromkeys(double(TINY), 4)


def test_a_ratio_is_the_median_over_the_turns():
    each = measurement({"ours": [1.0, 2.0, 1.0], "equal": [2.0, 2.0, 9.0]})
    assert each.ratio("equal") == (1.5, 2.0, 5.5)


def test_every_peer_that_does_the_same_is_held_to_one():
    each = measurement({"ours": [1.0]})
    assert run.bars_for(each, []) == [run.Bar("double", "equal", "224²", 1.0)]
    written = [run.Bar("double", "equal", "224²", 3), run.Bar("double", "kornia", "224²", 3)]
    assert run.bars_for(each, written) == written[:1]


@pytest.mark.parametrize(("slower", "status"), [(1.9, 0), (1.81, 0), (1.79, 1), (0.5, 1)])
def test_a_bar_missed_by_more_than_a_tenth_is_status_1(monkeypatch, slower, status):
    each = measurement({"ours": [1.0, 1.0], "equal": [slower, slower]})
    monkeypatch.setattr(run, "BARS", [run.Bar("double", "equal", "224²", 2)])
    monkeypatch.setattr(run, "run_all", lambda jobs, quick: [each])
    monkeypatch.setattr(run, "missed", lambda measured: _missed(measured, run.BARS))
    monkeypatch.setattr(run, "import_milliseconds", lambda rounds: 1.0)
    assert run.main(["double"], quick=True) == status


_missed = run.missed


def test_memory_has_bars_too(monkeypatch):
    bar = run.Bar("double", "ours", "224²", most_memory=10)
    for memory, broken in ((5, []), (11, []), (12, [bar])):
        each = measurement({"ours": [1.0], "equal": [1.0]}, memory)
        assert [each for each in run.missed(each, [bar]) if each.peer == "ours"] == broken


def test_a_slow_import_is_status_1(monkeypatch):
    monkeypatch.setattr(run, "run_all", lambda jobs, quick: [])
    for milliseconds, status in ((14, 0), (30, 1)):
        monkeypatch.setattr(run, "import_milliseconds", lambda rounds, found=milliseconds: found)
        assert run.main(["nothing"], quick=True) == status


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="this system does not tell")
def test_peak_memory_counts_what_a_call_needs_at_its_peak():
    assert run.peak_memory(lambda: np.ones(2**22).sum()) == pytest.approx(32, abs=4)
    assert run.peak_memory(lambda: torch.ones(2**22) + 1) == pytest.approx(32, abs=4)
    assert run.peak_memory(lambda: None) < 2


def test_growth_is_the_power_of_the_number_of_pixels():
    sizes = [jobs.At("a", 10, 10), jobs.At("b", 100, 100), jobs.At("c", 1000, 1000)]
    for power in (0.5, 1.0, 1.5):
        table = [measurement({"ours": [(at.height * at.width) ** power]}, at=at) for at in sizes]
        assert run.exponent(table) == pytest.approx(power)
        assert bool(run.why(JOB, power)) == (power != 1)
    assert math.isnan(run.exponent(table[:1])) and not run.why(JOB, math.nan)


def test_the_page_has_a_row_for_every_peer():
    each = measurement({name: [1.0] for name in double(TINY)})
    text = run.page([each], [], 3.0)
    for row in ("| twice | equal | 1.00 (1.00–1.00) | – |", "| twice | near (a little off) |", "adds 3 ms"):
        assert row in text, row
    assert "/" not in run.environment().replace("(AVX", "")


def test_every_public_function_is_measured_or_says_why_not():
    source = (HERE / "jobs.py").read_text(encoding="utf-8")
    modules = [name for name in st.MODULES if "." not in name and name not in ("live", "figures", "style")]
    functions = [name for module in modules for name in st.MODULES[module] if callable(getattr(st, name))]
    measured = {name for name in functions if f"st.{name}(" in source or f"each(st.{name})" in source}
    measured |= {"ImageReadError", "ChannelStatistics"}  # an exception; what `channel_statistics` fills
    assert set(functions) - measured <= set(jobs.NOT_MEASURED), sorted(set(functions) - measured)


@pytest.mark.parametrize("job", [job for job in jobs.JOBS if jobs.SQUARE in job.sizes], ids=lambda job: job.name)
def test_the_ways_of_each_job_give_equal_numbers(job):
    at = jobs.At("small", 48, 40)
    ways = job.ways(at)
    assert not ways or "ours" in ways
    run.check_equal(job, at, ways)


def test_bars_name_jobs_and_ways_that_exist():
    names = {job.name: job for job in jobs.JOBS}
    optional = {"kornia", "albumentations", "seaborn"}
    for bar in run.BARS:
        job = names[bar.job]
        at = next(size for size in (*jobs.SIZES, *job.sizes) if size.name == bar.at)
        assert at in job.sizes
        if at.count < 48:
            assert bar.peer in job.ways(at) or bar.peer in optional, bar


def test_a_bar_that_cannot_be_met_demands_less_and_says_why(monkeypatch):
    monkeypatch.setitem(run._ANSWERED, ("double", "equal", "224²"), (0.5, "a limit"))
    bar = run.Bar("double", "equal", "224²", 0.5, asked=2, limit="a limit")
    written = [run.Bar("double", "equal", "224²", 2)]
    for slower, broken, words in ((1.0, [], "ask for more"), (0.4, [bar], "1 are missed"), (2.0, [], "**1 are met**")):
        each = measurement({name: [1.0] for name in double(TINY)} | {"equal": [slower]})
        assert run.missed(each, written) == broken
        monkeypatch.setattr(run, "bars_for", lambda measured: [bar])
        assert words in run.verdict([each], 3.0)
        assert run.bar_rows([each], with_limit=slower < 2)[0][2] == f"{slower:.2f} of 2".replace("2.00", "2.0")
        monkeypatch.undo()
        monkeypatch.setitem(run._ANSWERED, ("double", "equal", "224²"), (0.5, "a limit"))


def test_answers_name_ways_that_exist_and_give_no_more_than_is_asked():
    asked = {bar[:3]: bar.least for bar in run.BARS}
    names = {job.name: job for job in jobs.JOBS}
    optional = {"kornia", "albumentations", "seaborn"}
    for (job, peer, at), (least, limit) in run._ANSWERED.items():
        assert 0 < least < asked.get((job, peer, at), 1), (job, peer, at)
        assert len(limit) < 160 and limit[-1] != ".", limit
        assert peer == "48 axes" or peer in names[job].ways(jobs.SQUARE) or peer in optional, (job, peer)
