"""What cells print and what the judge says, made ready for a page of the book."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

SHORT = 30  # characters: they fit on any screen


def with_hanging_lines(body: str) -> str:
    """Each long line that a cell prints in an element of its own, and its parts, `one | two | three`, in theirs.

    So where it goes on it can stand further in, and break before a bar rather than behind any word.
    """

    def lines_of(found: re.Match) -> str:
        lines = found[2].split("\n")
        if any(line.count("<span") != line.count("</span") for line in lines):
            return found[0]  # one color over several lines
        return found[1] + "\n".join(map(_hanging, lines)) + found[3]

    printed = r'(<div class="output stream [^>]*>.*?<pre>(?:<span></span>)?)(.*?)(</pre>)'
    return re.sub(printed, lines_of, body, flags=re.S)


def _hanging(line: str) -> str:
    if len(html.unescape(re.sub(r"<[^>]*>", "", line))) <= SHORT:
        return line
    first, *others = line.split(" | ") if "<" not in line else [line]
    parts = "".join(f' <span class="part">| {part}</span>' for part in others)
    return f'<span class="long-line">{first}{parts}</span>'


def with_links_to_laws(body: str, address_of: Callable[[str], str]) -> str:
    """What bears `data-laws` leads to the laws of that function; `address_of` may know none."""

    def linked(found: re.Match) -> str:
        address = address_of(found[1])
        return f'<a class="laws" href="{html.escape(address)}">{found[0]}</a>' if address else found[0]

    return re.sub(r'<span data-laws="(\w+)">.*?</span>', linked, body, flags=re.S)
