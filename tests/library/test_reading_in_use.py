"""Reading as programs do it: many files, several threads, files that change meanwhile; and a fuzzer, for a moment."""

import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from spec.files import exif, palette_png, png, raw_profile
from spec.reading import jpeg

from seeing_tensors import ImageReadError, data_path, read_image, read_mask
from seeing_tensors.course.repository import ROOT

PHOTOS = sorted(data_path("photos").rglob("*.*g"))
RAMP = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)


def test_eight_threads_read_what_one_reads():
    one = [read_image(path) for path in PHOTOS]
    with ThreadPoolExecutor(8) as threads:
        eight = list(threads.map(read_image, PHOTOS * 8))
    for number, image in enumerate(eight):
        np.testing.assert_array_equal(image, one[number % len(one)])


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no list of open files")
def test_a_thousand_files_leave_nothing_open(tmp_path):
    good, cut, photo = tmp_path / "good.png", tmp_path / "cut.png", tmp_path / "photo.jpg"
    good.write_bytes(palette_png(RAMP[:, :, 0], RAMP.reshape(-1, 3)[:256]))
    cut.write_bytes(good.read_bytes()[:-5])
    photo.write_bytes(jpeg(RAMP))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(250):
        read_mask(good)
        read_image(photo)
        for read, path in ((read_mask, photo), (read_image, cut)):
            with pytest.raises(ImageReadError):
                read(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_replaced_while_it_is_read_is_one_or_the_other_or_an_error(tmp_path):
    path, stop = tmp_path / "photo.png", threading.Event()
    files = [png(np.full((40, 40, 3), 10)), png(np.full((64, 50, 3), 200), more=raw_profile(exif(3)))]
    path.write_bytes(files[0])

    def write():
        while not stop.is_set():
            for data in files:
                path.write_bytes(data)  # in place: a reader may meet it empty, or half

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    try:
        for _ in range(300):
            try:
                image = read_image(path)
                seen.add((image.shape, int(image.min()), int(image.max())))
            except ImageReadError:
                pass
    finally:
        stop.set()
        writer.join()
    assert seen and seen <= {((40, 40, 3), 10, 10), ((64, 50, 3), 200, 200)}


FUZZER = ROOT / "tests" / "fuzz" / "run.py"


@pytest.mark.skipif(sys.platform == "win32", reason="the fuzzer forks")
def test_three_hundred_damaged_files_of_each_format_do_no_harm():
    run = subprocess.run([sys.executable, str(FUZZER), "--count", "300"], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 faults" in run.stdout and run.stdout.count("| bits flipped | 60 | ") == 2


def test_the_page_about_damaged_files_is_in_the_book_and_states_versions():
    page = (ROOT / "lessons" / "files.md").read_text(encoding="utf-8")
    assert re.search(r"^files$", (ROOT / "lessons" / "index.md").read_text(encoding="utf-8"), re.M)
    for package in ("simplejpeg", "pillow", "opencv-python", "torchvision"):
        assert f"{package} {version(package)}" in page, "made with other releases: python tests/fuzz/run.py --write"
    assert page.count("| bits flipped |") == 2 and "this library" in page
