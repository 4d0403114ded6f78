"""The command ``seeing-tensors stats``: what it finds, what it counts, and that nothing which is counted is lost."""

import csv
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import tarfile
import time

import numpy as np
import psutil
import pytest
from PIL import Image

import seeing_tensors as st
from seeing_tensors import dataset_files
from seeing_tensors.course.cli import main
from seeing_tensors.dataset_files import Item, Tally, count, items

TIMEOUT = 300  # reached by a hang only


def made(folder, number=6, side=5, seed=0):
    """So many pictures, every third grey; PNG and JPEG in turn; of three sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for i in range(number):
        shape = (side + i % 3, side + 2, 3)
        pixels = random.integers(0, 256, shape if i % 3 else shape[:2], dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:05}.{('png', 'jpg')[i % 2]}")
    return folder


def exact(folder):
    return st.channel_statistics(st.read_image(path) for path in sorted(folder.rglob("*.*g")))


def told(tmp_path, *arguments, status=0):
    """What the command writes into its JSON file."""
    out = tmp_path / "told.json"
    assert main(["stats", *map(str, arguments), "--json", str(out)]) == status
    return json.loads(out.read_text())


def assert_same(found, statistics):
    assert (found["mean"], found["std"]) == (list(statistics.mean), list(statistics.std))
    assert (found["pixels"], found["counts"]) == (statistics.count, statistics.counts.tolist())


# ------------------------------------------------------------------- what is found


def test_a_folder(tmp_path, capsys):
    folder = made(tmp_path / "pictures" / "train")
    (folder / "notes.md").write_text("no picture")
    (folder / "broken.png").write_bytes((folder / "00000.png").read_bytes()[:40])
    (folder / ".hidden.png").write_bytes(b"")
    found = told(tmp_path, tmp_path / "pictures")
    assert_same(found, st.channel_statistics(st.read_image(path) for path in sorted(folder.glob("0*"))))
    assert (found["pictures"], found["grey"]) == (6, 2)
    assert found["sizes"] == [[5, 7, 2], [6, 7, 2], [7, 7, 2]]
    ((bad),) = found["unreadable"]
    assert bad["file"] == str(folder / "broken.png") and "cut off" in bad["reason"]
    words = capsys.readouterr().out
    mean, std = (", ".join(f"{v:.6f}" for v in values) for values in (found["mean"], found["std"]))
    assert f"v2.Normalize(mean=({mean}), std=({std}))" in words
    assert "pictures  6, of them 2 grey" in words and "not read  1\n" in words and "5 x 7 (2)" in words


def test_a_list_a_glob_and_a_file_named_twice(tmp_path):
    folder = made(tmp_path / "pictures")
    (folder / "some.txt").write_text("00001.jpg\n\n00003.jpg\n")
    of_the_jpegs = st.channel_statistics(st.read_image(path) for path in sorted(folder.glob("*.jpg"))[:2])
    assert_same(told(tmp_path, folder / "some.txt", folder / "00001.jpg"), of_the_jpegs)
    assert_same(told(tmp_path, folder / "0000[13].*"), of_the_jpegs)


def tar_of(path, **files):
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_dot_", "."))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_a_tar_in_webdatasets_layout(tmp_path, capsys):
    folder = made(tmp_path / "pictures", 3)
    contents = {f"a__{path.stem}_dot_{path.suffix[1:]}": path.read_bytes() for path in folder.glob("*.*g")}
    shard = tar_of(tmp_path / "shard.tar", **contents, a__00000_dot_cls=b"7", a__bad_dot_jpg=b"\xff\xd8\xffno")
    found = told(tmp_path, shard)
    assert_same(found, exact(folder))
    ((bad),) = found["unreadable"]
    assert bad["file"] == f"{shard}:a/bad.jpg" and f"{shard}:a/bad.jpg" in bad["reason"]
    two = tar_of(tmp_path / "two.tar", x_dot_jpg=b"", x_dot_seg_dot_png=b"")
    assert (
        main(["stats", str(two)]) == 1 and "two pictures for one sample, x.jpg and x.seg.png" in capsys.readouterr().err
    )
    (tmp_path / "cut.tar").write_bytes(shard.read_bytes()[:700])
    assert main(["stats", str(tmp_path / "cut.tar")]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_the_batches_of_cifar(tmp_path, capsys):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    random = np.random.default_rng(0)
    batches = {f"data_batch_{i}": random.integers(0, 256, (4, 3072), dtype=np.uint8) for i in (1, 2)}
    batches["test_batch"] = np.zeros((4, 3072), np.uint8)
    for name, rows in batches.items():
        (folder / name).write_bytes(pickle.dumps({b"data": rows, b"labels": [1, 2, 3, 4]}, protocol=2))
    pictures = np.concatenate([batches["data_batch_1"], batches["data_batch_2"]]).reshape(-1, 3, 32, 32)
    found = told(tmp_path, folder)
    assert_same(found, st.channel_statistics(pictures.transpose(0, 2, 3, 1)))
    assert found["pictures"] == 8 and found["sizes"] == [[32, 32, 8]]
    assert told(tmp_path, folder / "test_batch")["mean"] == [0, 0, 0]
    capsys.readouterr()


class Harmful:
    def __reduce__(self):
        return os.system, ("echo never",)


def test_a_pickle_runs_no_code(tmp_path, capfd):
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": Harmful()}))
    assert main(["stats", str(tmp_path)]) == 1
    said = capfd.readouterr()
    assert "it would call" in said.out and "never\n" not in said.out + said.err


def test_masks(tmp_path, capsys):
    random = np.random.default_rng(0)
    masks = [random.choice(np.array([0, 1, 7, 255], np.uint8), (6, 5)) for _ in range(4)]
    for i, mask in enumerate(masks):
        Image.fromarray(mask).save(tmp_path / f"{i}.png")
    (tmp_path / "photo.jpg").write_bytes(b"")  # of masks there are no JPEGs
    statistics = st.LabelStatistics()
    for mask in masks:
        statistics.update(mask, void=255)
    found = told(tmp_path, tmp_path, "--masks", "--void", 255, "--csv", tmp_path / "labels.csv")
    assert (found["label_pixels"], found["label_masks"]) == (statistics.counts.tolist(), statistics.pictures.tolist())
    assert found["median_frequency"] == list(statistics.median_frequency())
    assert (found["masks"], found["void"]) == (4, statistics.void)
    with open(tmp_path / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["pixels"]) for row in rows] == statistics.counts.tolist()
    assert [float(row["inverse_frequency"]) for row in rows] == list(statistics.inverse_frequency())
    assert f"and {statistics.void} void" in capsys.readouterr().out


def test_a_row_for_each_channel(tmp_path, capsys):
    folder = made(tmp_path / "pictures")
    assert main(["stats", str(folder), "--csv", str(tmp_path / "channels.csv")]) == 0
    with open(tmp_path / "channels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["channel"] for row in rows] == ["R", "G", "B"]
    assert tuple(float(row["std"]) for row in rows) == exact(folder).std
    capsys.readouterr()


# ------------------------------------------------------------- the same bits, however


def test_many_processes_find_what_one_finds(tmp_path):
    folder = made(tmp_path / "pictures", 90)
    for jobs in (1, 2):
        assert_same(told(tmp_path, folder, "--jobs", jobs), exact(folder))


def test_states_add_up_to_the_bits_of_one_run(tmp_path, capsys):
    folders = [made(tmp_path / name, 5, seed=seed) for seed, name in enumerate(("a", "b"))]
    states = [tmp_path / f"{folder.name}.npz" for folder in folders]
    for folder, state in zip(folders, states, strict=True):
        assert main(["stats", str(folder), "--save", str(state)]) == 0
    merged = told(tmp_path, "--merge", *states, "--save", tmp_path / "both.npz")
    whole = told(tmp_path, *folders)
    assert merged == whole == told(tmp_path, "--merge", tmp_path / "both.npz")
    assert main(["stats", "--merge", str(states[0]), str(states[0])]) == 1
    assert "5 of the files are in both" in capsys.readouterr().err


def test_what_was_counted_is_not_counted_again(tmp_path, monkeypatch):
    folder, state = made(tmp_path / "pictures", 5), tmp_path / "state.npz"
    (folder / "late.png").write_bytes(b"not yet written")
    assert len(told(tmp_path, folder, "--save", state)["unreadable"]) == 1
    Image.new("RGB", (2, 2), "red").save(folder / "late.png")
    read = []
    monkeypatch.setattr(dataset_files, "read_image", lambda path: (read.append(path), st.read_image(path))[1])
    found = told(tmp_path, folder, "--save", state, "--resume")
    assert read == [str(folder / "late.png")] and found["unreadable"] == []
    assert_same(found, exact(folder))


# What a learner's shell would run, with a state that is written at every chance.
RUN = """
import sys, time
from seeing_tensors import dataset_files
from seeing_tensors.course.cli import main
dataset_files._SECONDS = 0
read = dataset_files.read_image
def read_image(path):
    time.sleep(0.01)
    return read(path)
dataset_files.read_image = read_image
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def started(tmp_path, *arguments):
    (tmp_path / "run.py").write_text(RUN)
    command = [sys.executable, str(tmp_path / "run.py"), "stats", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes, text=True, start_new_session=True)


def wait_for(condition, process):
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_is_killed_goes_on_to_the_same_bits_and_leaves_no_process(tmp_path, jobs):
    folder, state = made(tmp_path / "pictures", 400), tmp_path / "state.npz"
    process = started(tmp_path, folder, "--save", state, "--jobs", jobs)
    wait_for(state.exists, process)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= jobs - 1
    process.kill()
    process.communicate(timeout=TIMEOUT)  # a worker that stays would keep its end of the pipes
    assert psutil.wait_procs(workers, timeout=TIMEOUT)[1] == []
    assert 0 < len(Tally.load(state).seen) < 400
    assert_same(told(tmp_path, folder, "--save", state, "--resume"), exact(folder))


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_says_what_it_has_counted(tmp_path, jobs):
    folder, state = made(tmp_path / "pictures", 400), tmp_path / "state.npz"
    process = started(tmp_path, folder, "--save", state, "--jobs", jobs)
    wait_for(state.exists, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all its processes
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130 and "stopped: this is what was counted" in err and "Traceback" not in err, err
    tally = Tally.load(state)
    assert 0 < tally.pictures < 400 and f"pictures  {tally.pictures:,}, of them" in out
    assert_same(told(tmp_path, folder, "--save", state, "--resume"), exact(folder))


# ------------------------------------------------------------------------ torchrun


def torchrun(tmp_path, *arguments, processes=2):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command += ["-m", "seeing_tensors.course.cli", "stats", *map(str, arguments), "--json", str(tmp_path / "told.json")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, env=environment)


def test_two_processes_of_torchrun_find_the_same_bits(tmp_path):
    folder, state = made(tmp_path / "pictures", 7), tmp_path / "state.npz"
    early, late = made(tmp_path / "early", 3, seed=5), tmp_path / "state.rank1.npz"
    count(items([early]), Tally(), save=late, quiet=True)  # of a run that was killed before it put them together
    run = torchrun(tmp_path, folder, early, "--save", state, "--resume")
    assert run.returncode == 0, run.stderr
    found = json.loads((tmp_path / "told.json").read_text())
    both = [st.read_image(path) for each in (folder, early) for path in sorted(each.glob("*.*g"))]
    assert_same(found, st.channel_statistics(both))
    assert run.stdout.count("v2.Normalize") == 1
    assert len(Tally.load(state).seen) == 10 and not late.exists()


def test_a_process_that_fails_is_named_and_nobody_waits(tmp_path):
    folder = made(tmp_path / "pictures", 6)
    (folder / "00003.jpg").write_bytes(b"of the second process")
    run = torchrun(tmp_path, folder, "--strict")
    assert run.returncode == 1
    assert "process 1: " in run.stderr and "00003.jpg" in run.stderr and "process 0: " not in run.stderr


# ------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["empty"], "there is nothing to count: pictures are PNG and JPEG files, and here are no files"),
        (["texts"], "and here are 2 .webp, 1 without a suffix"),
        (["no_such_folder"], "there is no file and no folder"),
        (["pictures", "--void", "255"], "--void names a label: it goes with --masks"),
        (["pictures", "--resume"], "name it with --save"),
        (["pictures", "--save", "old.npz"], "go on with it by --resume, or delete it"),
        (["pictures", "--save", "nowhere/state.npz"], "there is no folder"),
        (["pictures", "--save", "masks.npz", "--resume"], "one counted pictures, void None, the other masks, void 255"),
        (["pictures", "--save", "text.npz", "--resume"], "text.npz is no state that can be read"),
        (["--merge", "other.npz"], "it is not marked as 'seeing-tensors stats, version 1'"),
        (["--merge", "cut.npz"], "cut.npz is no state that can be read"),
    ],
    ids=lambda value: " ".join(value)[:30].replace("/", " "),
)
def test_an_error_is_one_line_that_says_what_to_do(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "pictures", 2)
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    for name in ("a.webp", "b.webp", "README"):
        (tmp_path / "texts" / name).write_text("")
    Tally().save("old.npz")
    Tally(masks=True, void=255).save("masks.npz")
    (tmp_path / "text.npz").write_text("words")
    np.savez("other.npz", counts=np.zeros(3))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "old.npz").read_bytes()[:-30])
    assert main(["stats", *arguments]) == 1
    said = capsys.readouterr().err
    assert words in said and said.startswith("seeing-tensors: ") and said.count("\n") == 1


def test_strict_stops_at_the_first_bad_file_and_says_what_was_counted(tmp_path, capsys):
    folder, state = made(tmp_path / "pictures", 40), tmp_path / "state.npz"
    (folder / "00033.jpg").write_bytes(b"bad")
    assert main(["stats", str(folder), "--strict", "--save", str(state), "--jobs", "1"]) == 1
    said = capsys.readouterr()
    assert "00033.jpg' is not a PNG or JPEG" in said.err and "v2.Normalize" in said.out
    assert len(Tally.load(state).seen) == 39


def test_a_full_disk_loses_nothing_that_was_counted(tmp_path, monkeypatch, capsys):
    def full(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    folder, state = made(tmp_path / "pictures", 40), tmp_path / "state.npz"
    count(items([folder])[:7], Tally(), save=state, quiet=True)
    before = state.read_bytes()
    monkeypatch.setattr(dataset_files, "_SECONDS", 0)
    monkeypatch.setattr(dataset_files.np, "savez", full)
    assert main(["stats", str(folder), "--save", str(state), "--resume", "--jobs", "1"]) == 1
    said = capsys.readouterr()
    assert "No space left on device" in said.err and "pictures  40, of them" in said.out
    assert state.read_bytes() == before and sorted(tmp_path.iterdir()) == [folder, state]


def test_a_worker_that_is_killed_is_an_error_with_the_files_it_had(tmp_path, monkeypatch, capsys):
    folder = made(tmp_path / "pictures", 90)
    monkeypatch.setattr(dataset_files, "_tally_of", killed)
    assert main(["stats", str(folder), "--jobs", "2"]) == 1
    assert "a process was killed" in (said := capsys.readouterr().err) and "00000.png" in said


def killed(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_readme_shows_what_the_command_prints(capsys):
    assert main(["stats", str(st.data_path("photos"))]) == 0
    shown = capsys.readouterr().out
    assert f"```\n{shown}```" in (st.data_path(".").parent / "README.md").read_text(encoding="utf-8")


def test_an_item_has_the_key_of_its_name():
    one, other = Item("/a/b.tar", "c.png", 512, 9), Item("/a/b.tar", "d.png")
    assert one.key == Item("/a/b.tar", "c.png").key != other.key and len(one.key) == 16
