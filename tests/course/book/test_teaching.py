"""The page for a teacher: its numbers are counted, and its mistakes are the museum's."""

import re

from seeing_tensors.course.book import teaching_page
from seeing_tensors.course.book.law_pages import as_text
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.laws.museum import mistakes
from seeing_tensors.course.practice.exercises import exercises
from seeing_tensors.course.repository import ROOT, lesson_files

TYPED = (ROOT / "lessons" / "teaching.md").read_text(encoding="utf-8")


def test_the_plan_adds_up():
    rows = re.findall(
        r"^\| \[(\d) .+\]\((.+)\.ipynb\) \| (\d+) min \| (\d+) min \| (\d+) \|$", teaching_page.plan(ROOT), re.M
    )
    assert [stem for _, stem, *_ in rows] == [lesson.stem for lesson in lesson_files(ROOT)]
    reading, practice, judging = (sum(int(row[column]) for row in rows) for column in (2, 3, 4))
    assert judging == len(laws())
    together = (
        f"| together | {reading // 60} h {reading % 60} min | {practice // 60} h {practice % 60} min | {judging} |"
    )
    assert together in teaching_page.plan(ROOT)


def test_three_mistakes_a_lesson_each_in_an_exercise_of_that_lesson():
    in_museum = {(each.about, each.name) for each in mistakes()}
    assert list(teaching_page.EXPECTED) == list(range(1, 8))
    for number, expected in teaching_page.EXPECTED.items():
        assert len(expected) == 3 and set(expected.items()) <= in_museum
        asked = {each.name for each in exercises(number)}
        assert set(expected) <= asked, number
        assert f"teaching/lesson_{number}.md" in TYPED


def test_a_mistake_is_told_in_the_museum_s_words_with_its_picture():
    (exhibit,) = (each for each in mistakes("inverse_normalize") if each.name == "only_the_sign")
    told = teaching_page._mistake(exhibit)
    assert as_text(exhibit.what[1:]) in told and as_text(exhibit.tempting) in told and exhibit.source in told
    assert re.search(r'<figure[^>]*><img alt="Two pictures, .{40,}" width="\d+" height="\d+"', told)
    (exhibit,) = (each for each in mistakes("unseen") if each.name == "edges_counted")
    assert "<figure" not in teaching_page._mistake(exhibit)  # it returns numbers


def test_its_commands_are_those_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("check submissions/ --csv grades.csv --junit grades.xml", "start my_answers.py", "--watch"):
        assert command in readme and command in TYPED
