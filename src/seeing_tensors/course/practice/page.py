"""What the judge says, in the same words for a page and for a terminal.

`said` makes a list of parts from a verdict. `as_html` folds what holds, for a notebook or a page, and brings its style
along; `as_text` breaks lines between words, at the width of the terminal. No sign and no color stands without its word.
"""

from __future__ import annotations

import functools
import html
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from ...figures import markup
from .portraits import Portraits
from .verdicts import BROKEN, FIRST_STAR, SECOND_STAR, Verdict, asked_for, laws_of

HELD, OPEN = "✓", "○"
#: The rows of a report that are Python or its values: got stands under call, digit under digit.
CODE = ("call", "got", "expected", "printed", "again")
WIDTH = 80  # of what goes into a file


@dataclass(frozen=True)
class Headline:
    sign: str
    name: str
    words: str


@dataclass(frozen=True)
class Report:
    title: str
    rows: Sequence[tuple[str, str]]
    about: str


@dataclass(frozen=True)
class Table:
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Words:
    text: str
    label: str = ""


@dataclass(frozen=True)
class Laws:
    """Laws with one sign: rank or "", and sentence. A page folds them under the summary; a terminal leaves them out
    unless they are `listed`."""

    sign: str
    summary: str
    items: Sequence[tuple[str, str]]
    listed: bool = False


Part = Headline | Portraits | Report | Table | Words | Laws


def said(verdict: Verdict, how: str = "", portraits: Portraits | None = None) -> list[Part]:
    """All that is said about one verdict. `how` says how to see a report of the second star."""
    name = verdict.name
    if verdict.word == "not written":
        first, second = (len(laws_of(name, ranks)) for ranks in (FIRST_STAR, SECOND_STAR))
        return [Headline(OPEN, name, f"not written yet. {_laws(first)} for solved, {second} more for unbreakable.")]
    parts: list[Part] = [Headline(HELD if verdict.solved else BROKEN, name, verdict.word)]
    parts += [portraits] if portraits else []
    faults = _fault(verdict)
    held = [("", f"{sentence} ({_cases(count)})") for sentence, count in verdict.held]
    cases = _cases(sum(count for _, count in verdict.held))
    holding = [Laws(HELD, f"{_laws(len(held), 'of mathematics')} held, {cases}", held)] if held else []
    exercise = asked_for(name)
    if verdict.why:
        parts.append(Words(f"{verdict.why}."))
    if verdict.word == "broken":
        parts += [*faults, *holding]
        if verdict.waiting:
            plural = "s" * (verdict.waiting == 1)
            parts.append(Laws(OPEN, f"{_laws(verdict.waiting, 'of mathematics')} wait{plural} behind it", []))
    if verdict.solved:
        parts += holding
        parts += [Words(exercise.good_for, "Good for")] if exercise and exercise.good_for else []
        parts += [*_second_star(verdict), *([Words(how)] if verdict.open and how else []), *faults]
    return [*parts, Words(verdict.following, "Next")] if verdict.following else parts


def proven(name: str, worth: Sequence[str], others: Sequence[tuple[str, int]], cases: int) -> list[Part]:
    """What is said of a proof: how many laws held, those worth reading, and the others."""
    parts: list[Part] = [Headline(HELD, name, f"{_laws(len(worth) + len(others))} held, {_cases(cases)}")]
    parts += [Laws(HELD, "", [("", sentence) for sentence in worth], listed=True)]
    rest = [("", f"{sentence} ({_cases(count)})") for sentence, count in others]
    return [*parts, Laws(HELD, f"and {len(rest)} other{'s' * (len(rest) != 1)}", rest)] if rest else parts


def _second_star(verdict: Verdict) -> list[Part]:
    total = len(verdict.open) + verdict.kept
    if not verdict.open:
        words = f"Unbreakable: all {_laws(total, 'of range and manners')} held, too"
        return [Laws(HELD, words, [])] if total else []
    words = (
        f"The second star, unbreakable, if you like: {verdict.kept} of {_laws(total)} held, {len(verdict.open)} open"
    )
    return [Laws(OPEN, words, verdict.open, listed=True)]


def _fault(verdict: Verdict) -> list[Part]:
    """The report, its numbers, and the mistake of the museum."""
    parts: list[Part] = [Report(verdict.title, verdict.report, verdict.name)] if verdict.report else []
    parts += [Table(verdict.places)] if verdict.places else []
    return [*parts, *map(Words, verdict.mistake.splitlines())]


def _laws(number: int, kind: str = "") -> str:
    return f"{number} law{'s' * (number != 1)}{' ' * bool(kind)}{kind}"


def _cases(number: int) -> str:
    return f"{number:,} case{'s' * (number != 1)}"


# ------------------------------------------------------------------ in a terminal


def put(text: str) -> None:
    """Print, also where the terminal has no letter for a sign: the word beside it is enough."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def width() -> int:
    """The columns of the terminal; of a file or a pipe `WIDTH`, whoever reads it."""
    return max(40, shutil.get_terminal_size((WIDTH, 24)).columns) if sys.stdout.isatty() else WIDTH


def as_text(parts: Sequence[Part], columns: int = WIDTH) -> str:
    """The parts as lines of at most so many columns. `again` and a table's row stay whole: one is to be pasted."""
    blocks = [_text(part, columns) for part in parts]
    joined = blocks[:1]
    for before, part, block in zip(parts, parts[1:], blocks[1:], strict=False):
        # Lines of signs follow each other, as the sentences of one mistake do.
        close = isinstance(part, Laws) and isinstance(before, (Headline, Laws)) and not getattr(before, "listed", 0)
        close = close or (isinstance(part, Laws) and isinstance(before, Laws) and not before.summary)
        close = close or (isinstance(part, Words) and isinstance(before, Words) and not part.label)
        joined.append(f"{'' if close else chr(10)}{block}")
    return "\n".join(joined)


def _text(part: Part, columns: int) -> str:
    match part:
        case Headline():
            return _wrapped(f"{part.sign} {part.name}: {part.words}", columns, "  ")
        case Portraits():
            return f"{_wrapped(f'[figure] {part.caption}', columns, '  ')}\n{_wrapped(part.alt, columns, '  ', '  ')}"
        case Report():
            rows = [
                f"  {word:8}  {text}" if word == "again" else _wrapped(text, columns, " " * 12, f"  {word:8}  ")
                for word, text in part.rows
            ]
            return "\n".join([_wrapped(part.title, columns, "  "), *rows])
        case Table():
            wide = [max(map(len, column)) for column in zip(*part.rows, strict=True)]
            lines = ["   ".join(f"{cell:{most}}" for cell, most in zip(row, wide, strict=True)) for row in part.rows]
            return "\n".join(f"  {line}".rstrip() for line in lines)
        case Words():
            return _wrapped(f"{part.label}: {part.text}" if part.label else part.text, columns)
        case Laws():
            lines = [_wrapped(f"{part.sign} {part.summary}", columns, "    ", "  ")] if part.summary else []
            for rank, sentence in part.items if part.listed else []:
                before = f"    {part.sign} {rank:7}  " if rank else f"  {part.sign} "
                lines.append(_wrapped(sentence, columns, " " * len(before), before))
            return "\n".join(lines)


def _wrapped(text: str, columns: int, after: str = "", before: str = "") -> str:
    """Lines broken between words; never inside `code`."""
    kept = re.sub(r"`[^`]+`", lambda code: code[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(
        kept,
        columns,
        initial_indent=before,
        subsequent_indent=after,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\0", " ")


# ------------------------------------------------------------------ on a page


def as_html(parts: Sequence[Part]) -> str:
    """The parts as HTML with its style. What bears `data-laws` becomes a link where there is a page of the laws."""
    return f'<div class="st-judge"><style>{style()}</style>{"".join(map(_html, parts))}</div>'


@functools.cache
def style() -> str:
    return " ".join(files(__package__).joinpath("judge.css").read_text(encoding="utf-8").split())


def _html(part: Part) -> str:
    match part:
        case Headline():
            name = html.escape(part.name)
            words = re.sub(r"\d+ laws?", rf'<span data-laws="{name}">\g<0></span>', part.words, count=1)
            word, stop, more = words.partition(". ")
            return (
                f'<p class="st-verdict">{_sign(part.sign)} <strong><code>{name}</code>: {word}</strong>{stop}{more}</p>'
            )
        case Portraits():
            return markup(part.fig, alt=part.alt, caption=part.caption)
        case Report():
            return _report_html(part)
        case Table():
            heads = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in part.rows[0])
            body = "".join(f"<tr>{''.join(f'<td>{_marked(cell)}</td>' for cell in row)}</tr>" for row in part.rows[1:])
            return f'<table class="st-places"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        case Words():
            label = f"<strong>{part.label}:</strong> " if part.label else ""
            return f"<p>{label}{_inline(part.text)}</p>"
        case Laws():
            return _laws_html(part)


def _report_html(part: Report) -> str:
    rows = "".join(
        f'<tr><th scope="row">{word}</th><td>{_cell(word, text, part.about)}</td></tr>' for word, text in part.rows
    )
    return f'<table class="st-report"><caption>{_inline(part.title)}</caption><tbody>{rows}</tbody></table>'


def _laws_html(part: Laws) -> str:
    items = "".join(
        f"<li>{_sign(part.sign)} {f'<em>{rank}</em> ' if rank else ''}{_inline(sentence)}</li>"
        for rank, sentence in part.items
    )
    listed = f"<ul>{items}</ul>" if items else ""
    summary = f"{_sign(part.sign)} {_inline(part.summary)}"
    if not part.summary:
        return listed
    return f"<details><summary>{summary}</summary>{listed}</details>" if items else f'<p class="st-one">{summary}</p>'


def _sign(sign: str) -> str:
    kind = {HELD: "held", BROKEN: "broken", OPEN: "open"}[sign]
    return f'<span class="st-sign st-is-{kind}" aria-hidden="true">{sign}</span>'


def _marked(cell: str) -> str:
    return html.escape(cell).replace(BROKEN, _sign(BROKEN))


def _cell(word: str, text: str, about: str) -> str:
    if word == "tested":
        return f'<span data-laws="{html.escape(about)}">{html.escape(text)}</span>'
    if word not in CODE:
        return _inline(text)
    mark = ' class="st-again"' if word == "again" else ""
    return f"<code{mark}>{_code(text)}</code>"


def _code(text: str) -> str:
    """Python that may go on in the next line behind the bracket of a call, a comma, an equals sign or a slash."""
    pieces = re.split(r"(?<=\w\()(?=\S)|(?<=[,;=/])(?=[^\s=/])", text)
    return "<wbr>".join(map(html.escape, pieces))


def _inline(text: str) -> str:
    """Words with `code`, and addresses as links."""
    pieces = re.split(r"`([^`]+)`", text)
    return "".join(
        f"<code>{_code(piece)}</code>" if place % 2 else _linked(piece) for place, piece in enumerate(pieces)
    )


def _linked(text: str) -> str:
    pieces = re.split(r"(https?://[^\s),;]+[^\s),;.])", text)
    return "".join(
        f'<a href="{html.escape(piece)}">{_code(piece)}</a>' if place % 2 else _signed(piece)
        for place, piece in enumerate(pieces)
    )


def _signed(text: str) -> str:
    """A browser may break a line behind any hyphen, a minus sign is none."""
    return re.sub(r"(?<!\S)-\w+", r'<span class="st-whole">\g<0></span>', html.escape(text))
