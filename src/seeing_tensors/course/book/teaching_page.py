"""What the page for a teacher shows and cannot be typed: minutes, laws, and mistakes with their pictures."""

from __future__ import annotations

from pathlib import Path

from ...figures import markup
from ..laws.finding import laws
from ..laws.museum import Mistake, mistakes
from ..practice.exercises import exercises
from ..practice.portraits import beside_target
from ..repository import lesson_files
from .law_pages import as_text
from .lessons import listed_lessons

#: Of the museum's exhibits three for each lesson: those to be expected in its exercises, by function and name.
EXPECTED = {
    1: {
        "to_tensor": "reshaped_not_permuted",
        "resize_mask": "blended_labels",
        "read_mask": "luminances_of_the_palette",
    },
    2: {"to_uint8": "wrapped_around", "unseen": "edges_counted", "imshow_pixels": "clipped_in_grey_too"},
    3: {
        "inverse_mean_std": "minus_mean_and_one_over_std",
        "inverse_normalize": "only_the_sign",
        "ChannelStatistics": "MeanOfTheStds",
    },
    4: {
        "batch_norm": "each_picture_for_itself",
        "BatchNorm2d": "BatchStatisticsInEvaluation",
        "channel_densities": "rule_without_the_std",
    },
    5: {
        "conv2d_output_size": "padded_at_one_end",
        "attainable_range": "black_and_white_pictures",
        "compose_kernels": "keeps_the_size_of_the_first",
    },
    6: {
        "to_wandb_mask": "divided_by_255",
        "to_wandb_image": "casts_the_floats",
        "to_wandb_grid": "each_on_its_own_scale",
    },
    7: {
        "applied_mean_std": "difference_of_the_means",
        "channel_order": "always_an_answer",
        "superposition_error": "without_f_of_0",
    },
}
#: Of these a small picture shows hardly a difference.
NOT_SEEN = ("resize_mask", "channel_densities")


def parts(root: Path) -> dict[str, str]:
    """The page's computed parts, by file name: `teaching.md` includes them."""
    exhibits = {(each.about, each.name): each for each in mistakes()}
    written = {"plan.md": plan(root)}
    for number, expected in EXPECTED.items():
        written[f"lesson_{number}.md"] = "\n".join(_mistake(exhibits[each]) for each in expected.items())
    return written


def plan(root: Path) -> str:
    """A table: each lesson with its minutes, those of its exercises, and how many laws judge them."""
    listed = listed_lessons(root)
    rows = ["| lesson | to read | exercises | laws |", "|---|---:|---:|---:|"]
    total = [0, 0, 0]
    for lesson in lesson_files(root):
        subject, minutes, _ = listed[lesson.stem]
        number = int(lesson.stem[:2])
        practice = sum(exercise.minutes for exercise in exercises(number))
        judging = sum(law.lesson == number for law in laws())
        total = [sum(pair) for pair in zip(total, (minutes, practice, judging), strict=True)]
        link = f"[{number} {subject}]({lesson.stem}.ipynb)"
        rows.append(f"| {link} | {minutes} min | {practice} min | {judging} |")
    rows.append(f"| together | {_hours(total[0])} | {_hours(total[1])} | {total[2]} |")
    return "\n".join(rows) + "\n"


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60} min"


def _mistake(exhibit: Mistake) -> str:
    """An exhibit in its own words, and where a photo shows it the picture."""
    seen = f"[Seen here]({exhibit.source})." if exhibit.source.startswith("http") else f"Seen: {exhibit.source}."
    what = exhibit.what[0].upper() + exhibit.what[1:]
    text = f"[`{exhibit.about}`](st-{exhibit.about}): {as_text(what)}. *{as_text(exhibit.tempting)}* {seen}\n"
    portraits = beside_target(exhibit.function, exhibit.about) if exhibit.about not in NOT_SEEN else None
    if portraits is None:
        return text
    picture = markup(portraits.fig, alt=f"{portraits.alt} {what}.", caption=portraits.caption, pixels=False)
    return f"{text}\n```{{raw}} html\n{picture}\n```\n"
