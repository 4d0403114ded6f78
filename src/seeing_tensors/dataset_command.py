"""The command ``seeing-tensors stats``: one process or many, from files or from states, and what it says at the end."""

from __future__ import annotations

import contextlib
import csv
import datetime
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .dataset_files import Item, Tally, count, items
from .dataset_statistics import LabelStatistics


class Options(NamedTuple):
    """What the command was asked for; its arguments have the same names."""

    paths: Sequence[str]
    masks: bool = False
    void: int | None = None
    jobs: int = 0
    csv: Path | None = None
    json: Path | None = None
    save: Path | None = None
    resume: bool = False
    merge: bool = False
    strict: bool = False


def stats(options: Options) -> int:
    """Count, print, write; return the exit status. An error is one line that says what to do."""
    try:
        _check(options)
        if options.merge:
            tally = Tally.load(options.paths[0])
            for path in options.paths[1:]:
                tally.merge(Tally.load(path))
            if options.save:
                tally.save(options.save)
            return _tell(tally, options)
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            return _share_of_many(options)
        tally = _base(options)
        error: BaseException | None = None
        try:
            count(items(options.paths, masks=options.masks), tally, **_how(options), save=options.save)
        except (KeyboardInterrupt, OSError, ValueError, RuntimeError) as stopped:
            error = stopped
            if not tally.seen and not isinstance(stopped, KeyboardInterrupt):
                raise
        status = _tell(tally, options)
        if error is None:
            return status
        if isinstance(error, KeyboardInterrupt):
            print("\nstopped: this is what was counted till then", file=sys.stderr)
            return 130
        print(f"seeing-tensors: {error}\nThe table above has what was counted till then.", file=sys.stderr)
        return 1
    except (OSError, ValueError, RuntimeError) as error:
        print(f"seeing-tensors: {error}", file=sys.stderr)
        return 1


def _check(options: Options) -> None:
    """Refuse now what would fail after hours."""
    if options.resume and not options.save:
        raise ValueError("--resume goes on with a state: name it with --save")
    if options.void is not None and not options.masks:
        raise ValueError("--void names a label: it goes with --masks")
    if options.save and options.save.exists() and not options.resume:
        raise ValueError(f"{options.save} exists: go on with it by --resume, or delete it")
    for path in (options.csv, options.json, options.save):
        if path and not path.absolute().parent.is_dir():
            raise ValueError(f"there is no folder {path.absolute().parent} to write {path.name} to")


def _how(options: Options) -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    return {"jobs": options.jobs or share, "strict": options.strict}


def _rank_files(save: Path) -> list[Path]:
    """The states of processes under torchrun that were not put together, because the run ended early."""
    return sorted(save.parent.glob(f"{save.stem}.rank*.npz"))


def _base(options: Options) -> Tally:
    """What earlier runs have counted, or nothing."""
    tally = Tally(masks=options.masks, void=options.void)
    if options.save and options.resume:
        for path in [options.save, *_rank_files(options.save)]:
            if path.exists():
                part = Tally.load(path)
                if not part.seen or not part.seen <= tally.seen:  # a run may end after it put them together
                    tally.merge(part)
    return tally


def _tell(tally: Tally, options: Options) -> int:
    print(table(tally))
    if options.json:
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in results(tally).items()]
        options.json.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    if options.csv:
        with open(options.csv, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows(tally))
    if not tally.statistics.count:
        print("seeing-tensors: nothing could be read", file=sys.stderr)
        return 1
    return 0


# ------------------------------------------------------------------- what is told


def results(tally: Tally) -> dict[str, Any]:
    """Everything that was counted, with the keys and values of the JSON file."""
    found: dict[str, Any] = {
        "sizes": [[*size, n] for size, n in sorted(tally.sizes.items())],
        "unreadable": [{"file": name, "reason": reason} for name, reason in sorted(tally.unreadable.items())],
    }
    statistics = tally.statistics
    if isinstance(statistics, LabelStatistics):
        found |= {"masks": tally.pictures, "pixels": statistics.count, "void": statistics.void}
        found |= {"labels": list(range(len(statistics.counts))), "label_pixels": statistics.counts.tolist()}
        found |= {"label_masks": statistics.pictures.tolist()}
        if statistics.count:
            for name, values in _weights(statistics).items():
                found[name] = list(values)
    else:
        found |= {"pictures": tally.pictures, "pixels": statistics.count, "grey": tally.grey}
        if statistics.count:
            found |= {"mean": list(statistics.mean), "std": list(statistics.std), "counts": statistics.counts.tolist()}
    return found


def _weights(statistics: LabelStatistics) -> dict[str, tuple[float, ...]]:
    return {
        "frequency": statistics.frequencies,
        "inverse_frequency": statistics.inverse_frequency(),
        "median_frequency": statistics.median_frequency(),
        "effective_number": statistics.effective_number(),
    }


def rows(tally: Tally) -> list[list[Any]]:
    """The table of the CSV file, its head first: a row a channel, or a row a label."""
    statistics = tally.statistics
    if isinstance(statistics, LabelStatistics):
        weights = _weights(statistics) if statistics.count else {}
        columns = [statistics.counts.tolist(), statistics.pictures.tolist(), *weights.values()]
        head = ["label", "pixels", "masks", *weights]
        return [head, *([k, *values] for k, values in enumerate(zip(*columns, strict=True)))]
    if not statistics.count:
        return [["channel", "mean", "std", "pixels"]]
    channels = zip("RGB", statistics.mean, statistics.std, strict=True)
    return [["channel", "mean", "std", "pixels"], *([*channel, statistics.count] for channel in channels)]


def table(tally: Tally, *, most: int = 20) -> str:
    """What was counted, to be read and pasted; at most so many sizes, labels and unreadable files."""
    statistics, lines = tally.statistics, []
    if isinstance(statistics, LabelStatistics):
        lines += [f"masks     {tally.pictures:,}", f"pixels    {statistics.count:,}, and {statistics.void:,} void"]
    else:
        lines.append(f"pictures  {tally.pictures:,}, of them {tally.grey:,} grey, counted as three equal channels")
        lines.append(f"pixels    {statistics.count:,}")
    if tally.sizes:
        sizes = [f"{h} x {w} ({n:,})" for (h, w), n in tally.sizes.most_common(5)]
        more = len(tally.sizes) - len(sizes)
        lines.append(f"sizes     {', '.join(sizes)}" + (f" and {more:,} more" if more > 0 else "") + ", height x width")
    if isinstance(statistics, LabelStatistics):
        lines += _labels_in_words(statistics, most)
    elif statistics.count:
        mean, std = (", ".join(f"{v:.6f}" for v in values) for values in (statistics.mean, statistics.std))
        lines += ["", "          R         G         B", f"mean      {mean.replace(',', ' ')}"]
        lines += [f"std       {std.replace(',', ' ')}", "", f"v2.Normalize(mean=({mean}), std=({std}))"]
    if tally.unreadable:
        lines += ["", f"not read  {len(tally.unreadable):,}"]
        told = [reason if name in reason else f"{name}: {reason}" for name, reason in sorted(tally.unreadable.items())]
        lines += [f"  {line}" for line in told[:most]]
        if len(tally.unreadable) > most:
            lines.append(f"  and {len(tally.unreadable) - most:,} more, which --json FILE lists")
    return "\n".join(lines)


def _labels_in_words(statistics: LabelStatistics, most: int) -> list[str]:
    if not statistics.count:
        return []
    found = [k for k in range(len(statistics.counts)) if statistics.counts[k]]
    weights = _weights(statistics)
    lines = ["", f"{'label':>5} {'pixels':>14} {'masks':>9} {'frequency':>9}  weights: inverse  median  effective"]
    for k in found[:most]:
        share, inverse, median, effective = (values[k] for values in weights.values())
        lines.append(
            f"{k:>5} {statistics.counts[k]:>14,} {statistics.pictures[k]:>9,} {share:>9.4f}"
            f"  {inverse:>16.4g} {median:>7.4g} {effective:>10.4g}"
        )
    if len(found) > most:
        lines.append(f"and {len(found) - most:,} labels more, which --csv FILE lists")
    return lines


# ----------------------------------------------------------------- under torchrun


def _share_of_many(options: Options) -> int:
    """This process's share, each n-th item; the first process puts all together and prints."""
    from torch import distributed

    # Who dies ends the others: gloo sees its connection break, and torchrun ends them. The time limit is for a machine
    # that is still there and says nothing more.
    distributed.init_process_group("gloo", timeout=datetime.timedelta(days=1))
    rank, world = distributed.get_rank(), distributed.get_world_size()
    base, own = (Tally(masks=options.masks, void=options.void) for _ in range(2))
    todo, faults = list[Item](), list[str]()
    # A process with a fault goes on to the end, where it says so: the others would wait for it.
    with _noting(faults):
        base = _base(options)
        todo = [item for item in items(options.paths, masks=options.masks) if item.key not in base.seen]
    distributed.barrier()  # all have read the old states
    with _noting(faults):
        if rank == 0 and options.save:
            base.save(options.save)
            for path in _rank_files(options.save):
                path.unlink()
    distributed.barrier()  # and now there may be new ones
    if not faults:
        save = options.save and options.save.with_name(f"{options.save.stem}.rank{rank}.npz")
        with _noting(faults):
            count(todo[rank::world], own, **_how(options), save=save, quiet=rank > 0)
    parts: list[Any] | None = [None] * world if rank == 0 else None
    distributed.gather_object((own, faults), parts)
    distributed.destroy_process_group()
    if parts is None:
        return 1 if faults else 0
    return _together(base, parts, options)


@contextlib.contextmanager
def _noting(faults: list[str]) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, OSError, ValueError, RuntimeError) as error:
        faults.append(str(error) or type(error).__name__)


def _together(base: Tally, parts: list[tuple[Tally, list[str]]], options: Options) -> int:
    told = [f"process {number}: {fault}" for number, (_, faults) in enumerate(parts) for fault in faults]
    for part, _ in parts:
        base.merge(part)
    if options.save and base.seen:
        base.save(options.save)
        for path in _rank_files(options.save):
            path.unlink()
    status = _tell(base, options) if base.seen or not told else 1
    for line in told:
        print(f"seeing-tensors: {line}", file=sys.stderr)
    return 1 if told else status
