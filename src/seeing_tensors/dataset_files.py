"""The statistics of a data set that lies in files: what the command ``seeing-tensors stats`` runs.

    folders, files, lists, globs, tars, CIFAR-10's batches  --items-->  what is there to be counted
    items                                                   --count-->  a Tally, saved while it grows

A Tally is whole numbers and nothing else, so that any split over workers, over
runs, and over machines, gives the same bits. To count needs no torch.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import fnmatch
import glob
import hashlib
import importlib
import itertools
import multiprocessing
import os
import pickle
import signal
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from .dataset_statistics import ChannelStatistics, LabelStatistics
from .reading import ImageReadError, read_image, read_mask

_FORMAT = "seeing-tensors stats, version 1"
_AT_ONCE = 16  # items that a worker gets at a time
_SECONDS = 5.0  # between two saves of the state, or longer where saving takes long


class Item(NamedTuple):
    """What is counted at once: a file, or a file inside a tar that begins at `offset` and has `size` bytes."""

    path: str
    member: str = ""
    offset: int = 0
    size: int = 0

    @property
    def name(self) -> str:
        return f"{self.path}:{self.member}" if self.member else self.path

    @property
    def key(self) -> bytes:
        """16 bytes that stand for the name: so a state of a million files is small."""
        return hashlib.blake2b(os.fsencode(self.name), digest_size=16).digest()


# --------------------------------------------------------------- what is there


def items(paths: Iterable[str | os.PathLike], *, masks: bool = False) -> list[Item]:
    """Everything to count in folders, files, lists of files (.txt), globs and tars, each once, in a fixed order.

    A folder is searched for .png, .jpg, .jpeg (for masks .png alone), .tar, and the training batches of CIFAR-10.
    Hidden files, and folders that are links, are left out.

    Raises:
        FileNotFoundError: nothing has this name.
        ValueError: there is no picture at all, or a tar that has two for one sample.
    """
    left_out: Counter[str] = Counter()
    found = [item for path in paths for item in _items_of(os.path.abspath(os.fspath(path)), masks, left_out)]
    if not found:
        others = ", ".join(f"{count:,} {suffix or 'without a suffix'}" for suffix, count in left_out.most_common(5))
        wanted = "masks are PNG files" if masks else "pictures are PNG and JPEG files"
        raise ValueError(f"there is nothing to count: {wanted}, and here are {others or 'no files'}")
    return list({item.name: item for item in found}.values())


def _items_of(path: str, masks: bool, left_out: Counter[str]) -> Iterator[Item]:
    if os.path.isdir(path):
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                suffix = os.path.splitext(name)[1].lower()
                cifar = fnmatch.fnmatchcase(name, "data_batch_[1-5]") and not masks
                if suffix in ((".png", ".tar") if masks else (".png", ".jpg", ".jpeg", ".tar")) or cifar:
                    if not name.startswith("."):
                        yield from _items_of(os.path.join(folder, name), masks, left_out)
                else:
                    left_out[suffix] += 1
    elif os.path.exists(path):
        suffix = os.path.splitext(path)[1].lower()
        if suffix == ".txt":
            lines = Path(path).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
            for line in filter(None, map(str.strip, lines)):
                yield from _items_of(os.path.join(os.path.dirname(path), line), masks, left_out)
        elif suffix == ".tar":
            yield from _members(path, masks)
        else:
            yield Item(path)
    elif glob.has_magic(path) and (matches := sorted(glob.glob(path, recursive=True))):
        for match in matches:
            yield from _items_of(match, masks, left_out)
    else:
        raise FileNotFoundError(f"there is no file and no folder {path}")


def _members(path: str, masks: bool) -> Iterator[Item]:
    """The pictures of a tar in WebDataset's layout: the files of a sample have its key, a dot, and an extension."""
    wanted = ("png",) if masks else ("png", "jpg", "jpeg")
    of_sample: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                folder, _, file = member.name.rpartition("/")
                key, _, extension = file.partition(".")
                if not member.isfile() or file.startswith(".") or extension.lower().rpartition(".")[2] not in wanted:
                    continue
                sample = f"{folder}/{key}"
                if sample in of_sample:
                    two = f"{of_sample[sample]} and {member.name}"
                    raise ValueError(f"{path} has two pictures for one sample, {two}: which one is meant?")
                of_sample[sample] = member.name
                yield Item(path, member.name, member.offset_data, member.size)
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"{path} is not a readable tar: {error}") from error


# ---------------------------------------------------------------- from item to pixels


def _pictures(item: Item, masks: bool) -> Iterator[np.ndarray]:
    read = read_mask if masks else read_image
    if item.member:
        with tempfile.TemporaryDirectory() as folder:  # our readers, and what they say, are about files
            copy = Path(folder) / "member"
            with open(item.path, "rb") as tar:
                tar.seek(item.offset)
                copy.write_bytes(tar.read(item.size))
            try:
                yield read(copy)
            except ImageReadError as error:
                raise ImageReadError(str(error).replace(repr(str(copy)), repr(item.name))) from error
    elif not masks and fnmatch.fnmatchcase(os.path.basename(item.path), "*_batch*"):
        yield from _cifar_batch(item.path)
    else:
        yield read(item.path)


class _Arrays(pickle.Unpickler):
    """Unpickles arrays, numbers and text. A pickle may call any function of Python: here nothing but these."""

    allowed = frozenset({"_reconstruct", "ndarray", "dtype", "encode"})
    modules = frozenset({"numpy", "numpy.core.multiarray", "numpy._core.multiarray", "_codecs"})

    def find_class(self, module: str, name: str) -> Any:
        if module not in self.modules or name not in self.allowed:
            raise pickle.UnpicklingError(f"it would call {module}.{name}")
        return getattr(importlib.import_module(module.replace("numpy.core", "numpy._core")), name)


def _cifar_batch(path: str) -> Iterator[np.ndarray]:
    """The pictures of one of CIFAR-10's pickles: a dict whose data is uint8 (N, 3072), planes R, G, B of 32 x 32."""
    try:
        with open(path, "rb") as file:
            rows = _Arrays(file, encoding="bytes").load()[b"data"]
        pictures = np.moveaxis(np.asarray(rows, np.uint8, copy=None).reshape(-1, 3, 32, 32), 1, -1)
    except OSError:
        raise
    except Exception as error:  # what a damaged pickle raises is anything
        raise ImageReadError(f"{path!r} is no batch of CIFAR-10: {error}") from error
    yield from pictures


# ------------------------------------------------------------------------ the tally


class Tally:
    """What has been counted of a data set, in whole numbers.

    Attributes:
        statistics: ChannelStatistics, or of masks LabelStatistics; void: which label is none.
        pictures, grey, sizes: how many pictures, how many of them without colour, and how many of each (H, W).
        unreadable: name -> reason, of files that could not be read.
        seen: the keys of all items that were counted.
    """

    def __init__(self, *, masks: bool = False, void: int | None = None):
        self.statistics: ChannelStatistics | LabelStatistics = LabelStatistics() if masks else ChannelStatistics()
        self.void = void
        self.pictures = self.grey = 0
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.unreadable: dict[str, str] = {}
        self.seen: set[bytes] = set()

    @property
    def masks(self) -> bool:
        return isinstance(self.statistics, LabelStatistics)

    def update(self, picture: np.ndarray) -> None:
        """Count one picture in, uint8 (H, W, 3), or one mask (H, W)."""
        if isinstance(self.statistics, LabelStatistics):
            self.statistics.update(picture, self.void)
        else:
            own = ChannelStatistics().update(picture)
            self.statistics.merge(own)
            # Equal counts are quickly compared, and rare where there is color.
            self.grey += bool((own.counts == own.counts[0]).all() and (picture == picture[..., :1]).all())
        self.pictures += 1
        self.sizes[picture.shape[:2]] += 1

    def merge(self, other: Tally) -> Tally:
        """Count in what another tally has counted of other files. Returns self."""
        if (self.masks, self.void) != (other.masks, other.void):
            kinds = [f"{'masks' if each.masks else 'pictures'}, void {each.void}" for each in (self, other)]
            raise ValueError(f"these cannot be added up: one counted {kinds[0]}, the other {kinds[1]}")
        if common := len(self.seen & other.seen):
            raise ValueError(f"{common:,} of the files are in both: they would be counted twice")
        self.statistics.merge(other.statistics)  # type: ignore[arg-type]  # of one kind, as was asked above
        self.pictures, self.grey = self.pictures + other.pictures, self.grey + other.grey
        self.sizes.update(other.sizes)
        self.unreadable |= other.unreadable
        self.seen |= other.seen
        return self

    def save(self, path: str | os.PathLike) -> None:
        """Write the state, whole or not at all: a file that was there before stays until the new one is complete."""
        statistics = self.statistics
        rows = (
            np.stack([statistics.counts, statistics.pictures, statistics.surroundings])
            if isinstance(statistics, LabelStatistics)
            else statistics.counts
        )
        extra = [statistics.masks, statistics.void] if isinstance(statistics, LabelStatistics) else []
        state: dict[str, Any] = {
            "format": np.array(_FORMAT),
            "masks": np.array(self.masks),
            "void": np.array([] if self.void is None else [self.void], np.int64),
            "rows": rows,
            "numbers": np.array([self.pictures, self.grey, *extra], np.int64),
            "sizes": np.array([(*size, n) for size, n in sorted(self.sizes.items())], np.int64).reshape(-1, 3),
            "unreadable": np.array(list(self.unreadable.items()), np.str_).reshape(-1, 2),
            "seen": np.frombuffer(b"".join(sorted(self.seen)), np.uint8).reshape(-1, 16),
        }
        path = Path(path)
        partial = path.with_name(f".{path.name}.part")
        try:
            with open(partial, "wb") as file:
                np.savez(file, **state)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Tally:
        """Read a state that `save` wrote.

        Raises:
            ValueError: it is something else, of another version, or not whole.
        """
        try:
            with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
                if "format" not in file or str(file["format"]) != _FORMAT:
                    raise ValueError(f"it is not marked as {_FORMAT!r}")
                state = {name: file[name] for name in file.files}
            tally = cls(masks=bool(state["masks"]), void=int(state["void"][0]) if state["void"].size else None)
            numbers = state["numbers"].tolist()
            if isinstance(tally.statistics, LabelStatistics):
                counts, pictures, surroundings = state["rows"]
                tally.statistics.counts, tally.statistics.pictures = counts, pictures
                tally.statistics.surroundings = surroundings
                tally.statistics.masks, tally.statistics.void = numbers[2:]
            else:
                tally.statistics.counts = state["rows"]
            tally.pictures, tally.grey = numbers[:2]
            tally.sizes = Counter({(h, w): n for h, w, n in state["sizes"].tolist()})
            tally.unreadable = dict(state["unreadable"].tolist())
            tally.seen = {row.tobytes() for row in state["seen"]}
            return tally
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{os.fspath(path)} is no state that can be read: {error}") from error


# ----------------------------------------------------------------------- counting


def count(
    wanted: Sequence[Item],
    tally: Tally,
    *,
    jobs: int = 1,
    strict: bool = False,
    save: str | os.PathLike | None = None,
    quiet: bool = False,
) -> Tally:
    """Count items into `tally`, in so many processes; return it. What it has seen is not counted again.

    It grows while this runs, so that after a KeyboardInterrupt, or any other exception, it is what was counted till
    then. With `save` it is written to that file every few seconds and at the end, whatever ends it.

    Raises:
        ImageReadError: with `strict`, at the first file that cannot be read.
        OSError: the state could not be saved at the end.
    """
    todo = [item for item in wanted if item.key not in tally.seen]
    for item in todo:
        tally.unreadable.pop(item.name, None)  # it is tried again
    saved, pause = time.monotonic(), _SECONDS
    with contextlib.ExitStack() as stack:
        if save is not None:
            stack.callback(lambda: tally.save(save))
        bar = stack.enter_context(tqdm(total=len(todo), unit=" files", disable=True if quiet else None))
        # An interrupt must not come in the middle of an addition: it waits for its end. A second one does not.
        asked: list[int] = []
        stack.enter_context(_interrupts(lambda *_: asked.append(1) if not asked else signal.default_int_handler(*_)))
        parts = stack.enter_context(contextlib.closing(_counted(todo, tally.masks, tally.void, jobs)))
        for number, part in parts:
            tally.merge(part)
            bar.update(number)
            if asked:
                raise KeyboardInterrupt
            if strict and part.unreadable:
                raise ImageReadError(next(iter(part.unreadable.values())))
            if save is not None and time.monotonic() - saved > pause:
                begun = time.monotonic()
                try:
                    tally.save(save)
                except OSError as error:  # there may be room again before the end
                    bar.write(f"the state is not saved, and counting goes on: {error}", file=sys.stderr)
                saved = time.monotonic()
                pause = max(_SECONDS, 20 * (saved - begun))
    return tally


@contextlib.contextmanager
def _interrupts(handler: Any) -> Iterator[None]:
    """Within it Ctrl-C does this. Only the main thread may ask for it, and only there an interrupt arrives."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _counted(
    todo: Sequence[Item], masks: bool, void: int | None, jobs: int
) -> Generator[tuple[int, Tally], None, None]:
    """The tallies of a few items each, with their numbers, as they come."""
    shares = iter([todo[i : i + _AT_ONCE] for i in range(0, len(todo), _AT_ONCE)])
    if jobs == 1 or len(todo) <= 4 * _AT_ONCE:  # a process takes longer to start
        yield from ((len(share), _tally_of(share, masks, void)) for share in shares)
        return
    # Not forked: a copy of a process with threads can hang.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, context, _end_with_the_parent) as pool:
        waiting: dict[concurrent.futures.Future, Sequence[Item]] = {}
        try:
            while True:
                with _interrupts(signal.SIG_IGN):  # what a process inherits: this one ends it in its time
                    for share in itertools.islice(shares, 3 * jobs - len(waiting)):
                        waiting[pool.submit(_tally_of, share, masks, void)] = share
                if not waiting:
                    return
                done, _ = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    yield len(waiting[future]), future.result()
                    del waiting[future]
        except concurrent.futures.process.BrokenProcessPool as error:
            names = "\n  ".join(item.name for share in waiting.values() for item in share)
            raise RuntimeError(
                f"a process was killed, by lack of memory or by one of these files:\n  {names}"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _end_with_the_parent() -> None:
    """In a worker: if the process that gave it work is killed, nobody else would ever end it."""

    def wait() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _tally_of(share: Sequence[Item], masks: bool, void: int | None) -> Tally:
    tally = Tally(masks=masks, void=void)
    for item in share:
        own = Tally(masks=masks, void=void)  # so that of a batch that turns out bad nothing is counted
        try:
            for picture in _pictures(item, masks):
                own.update(picture)
        except (OSError, ValueError, MemoryError) as error:  # ImageReadError is a ValueError
            tally.unreadable[item.name] = str(error) or type(error).__name__
        else:
            own.seen.add(item.key)
            tally.merge(own)
    return tally
