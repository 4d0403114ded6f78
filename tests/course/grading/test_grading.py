"""A teacher's grades: hostile submissions harm nobody, and the others get what they deserve."""

import os

import psutil
import pytest

from seeing_tensors.course.laws.definition import RANKS
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.practice.exercises import exercises

NAME = "conv2d_output_size"
LAWS = str(len(laws(NAME)))


def verdict(grades, file, exercise=NAME):
    row = grades.rows[file, exercise]
    return row["verdict"], row["note"]


def held(row):
    """How many laws of all ranks hold, as the table writes it."""
    return str(sum(int(row[f"{rank}_held"]) for rank in RANKS))


def left_running(name):
    """Processes of a judge of this file that are still there."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                any(part.endswith(f"/{name}") for part in process.cmdline())
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process)
        except psutil.Error:
            pass
    return found


# ------------------------------------------------------------------ in the sandbox


def test_everything_is_graded_and_the_sandbox_is_named(boxed):
    assert boxed.status == 0, boxed.err
    assert boxed.out.startswith("sandboxed: no network, no other files") and boxed.err == ""
    files = {file for file, _ in boxed.rows}
    assert len(boxed.rows) == len(files) * len(exercises()) and len(files) == 23


@pytest.mark.parametrize("file", ["right.py", "two words/김 철수.py", "talks.py", "stays.py", "nosy.py"])
def test_right_answers_earn_both_stars(boxed, file):
    assert verdict(boxed, file) == ("unbreakable", "")
    row = boxed.rows[file, NAME]
    assert (held(row), row["mathematics_broken"], row["not_tried"]) == (LAWS, "0", "0")


@pytest.mark.parametrize("file", ["empty.py", "victim.py", "right.py"])
def test_what_is_missing_blank_or_taken_from_the_library_is_no_mistake(boxed, file):
    rows = [row for (name, asked), row in boxed.rows.items() if name == file and (asked != NAME or file != "right.py")]
    assert {(row["verdict"], held(row), row["mathematics_broken"], row["note"]) for row in rows} == {
        ("not written", "0", "0", "")
    }
    assert boxed.rows["empty.py", NAME]["not_tried"] == LAWS


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("no python.py", "cannot be imported: no python.py, line 1: SyntaxError"),
        ("latin1.py", "cannot be imported: latin1.py"),
        ("imports_nothing.py", "imports_nothing.py, line 1: ModuleNotFoundError: No module named 'nunpy'"),
        ("waits_at_once.py", "while it was imported: it took longer than <step> seconds"),
        ("aborts.py", "while it was imported: it ended the process by signal 6"),
        ("segfault.py", "while it was imported: it ended the process by signal 11"),
        ("eats.py", "more than 1000 MiB of memory"),
        ("forks.py", "more than 32 processes"),
        ("patches.py", "it changes the judge: seeing_tensors.course.laws.definition.Law.run is not what it was"),
        ("round.py", "cannot be read: it is a link or no plain file"),
        ("linked.py", "cannot be read: it is a link or no plain file"),
        ("pipe.py", "cannot be read: it is a link or no plain file"),
    ],
)
def test_what_went_wrong_is_said(boxed, file, words):
    kind, note = verdict(boxed, file)
    assert kind == "stopped" and words.replace("<step>", str(boxed.step)) in note
    assert f"{file}: 0 of {len(exercises())} solved" in boxed.out


def test_what_was_graded_before_and_after_a_hang_stays(boxed):
    assert verdict(boxed, "loops_later.py", "to_uint8") == ("stopped", f"it took longer than {boxed.step} seconds")
    assert verdict(boxed, "loops_later.py") == ("unbreakable", "")
    assert verdict(boxed, "leaves.py", "to_uint8") == ("stopped", "it ended the process with status 0")
    kind, note = verdict(boxed, "leaves.py", "unseen")
    assert kind == "broken" and "got       SystemExit at line 2" in note
    assert verdict(boxed, "leaves.py") == ("unbreakable", "")


def test_lines_of_the_submission_are_no_results(boxed):
    kind, note = verdict(boxed, "fakes.py")
    assert kind == "broken" and "got       0" in note


def test_the_submission_sees_and_changes_nothing(boxed):
    # nosy.py is right only if everything that it tried failed; the test without a sandbox shows that it can succeed.
    assert verdict(boxed, "nosy.py") == ("unbreakable", "") and not boxed.called
    assert (boxed.folder / "private/precious.txt").read_text() == "as it was"
    assert (boxed.folder / "submissions/victim.py").exists()
    assert sorted(os.listdir(boxed.folder)) == ["grades.csv", "grades.xml", "private", "submissions"]


def test_nothing_is_left_running(boxed):
    for file in ("stays.py", "forks.py", "loops_later.py", "eats.py"):
        assert left_running(file) == []


def test_a_spreadsheet_takes_nothing_for_a_formula(boxed):
    assert verdict(boxed, "'=formula.py")[0] == "broken"
    assert (boxed.folder / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbffile,lesson")


def test_junit_counts_what_the_table_counts(boxed):
    suites = {suite.get("name"): suite for suite in boxed.xml}
    assert len(suites) == 23 and boxed.xml.tag == "testsuites"
    right = suites["right.py"]
    assert (right.get("failures"), right.get("errors"), right.get("skipped")) == ("0", "0", str(len(exercises()) - 1))
    assert [case.get("name") for case in right.findall("testcase") if case.get("classname").endswith(NAME)] != ["laws"]
    assert suites["patches.py"].get("errors") == str(len(exercises()))
    failures = suites["=formula.py"].findall("testcase/failure")
    assert (
        len(failures) == int(boxed.rows["'=formula.py", NAME]["mathematics_broken"])
        and "\N{REPLACEMENT CHARACTER}=1" in failures[0].text
    )
    verdicts = {each.get("name"): each.get("value") for each in right.findall("properties/property")}
    assert (
        verdicts[NAME] == "unbreakable" and verdicts["to_uint8"] == "not written" and len(verdicts) == len(exercises())
    )
    for suite in boxed.xml:
        assert suite.get("tests") == str(len(suite.findall("testcase")))


# --------------------------------------------------------------- without a sandbox


def test_without_bubblewrap_the_first_line_says_so(unboxed):
    first = unboxed.out.splitlines()[0]
    assert (
        first.startswith("NOT SANDBOXED (bubblewrap (bwrap) is not installed): ")
        and "apt-get install bubblewrap" in first
    )


def test_without_bubblewrap_the_limits_hold(unboxed):
    assert verdict(unboxed, "stays.py") == ("unbreakable", "")
    assert f"longer than {unboxed.step} seconds" in verdict(unboxed, "waits_at_once.py")[1]
    assert "32 processes" in verdict(unboxed, "forks.py")[1] and "1000 MiB" in verdict(unboxed, "eats.py")[1]
    for file in ("stays.py", "forks.py", "waits_at_once.py", "eats.py"):
        assert left_running(file) == []


def test_without_bubblewrap_a_submission_can_do_harm(unboxed):
    # What the sandbox prevents is possible here: else the test of the sandbox would prove nothing.
    kind, note = verdict(unboxed, "nosy.py")
    assert kind == "broken" and "DONE: spoiled left_in_the_repository deleted copied called others" in note
    assert unboxed.called and "knows" not in note  # the grader's variables are not passed on
