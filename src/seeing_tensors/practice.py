"""The spec in a lesson: it proves the library, and it judges what you have written yourself."""

from __future__ import annotations

from collections.abc import Callable

from .laws import LawBroken, is_blank, laws
from .museum import recognise


def prove(name: str) -> None:
    """Run the laws about a public function on the library, and print each as a sentence.

    A broken law raises LawBroken: a lesson whose proof fails does not run.
    """
    import seeing_tensors

    chosen = laws(name)
    counts = [each.run(getattr(seeing_tensors, name)) for each in chosen]
    print(f"{name}: {len(chosen)} laws held, {sum(counts):,} cases")
    for each, count in zip(chosen, counts, strict=True):
        print(f"  held  {each.sentence}  [{count}]")


def check(function: Callable) -> None:
    """Run the laws about a public function on your own version of it, found by its name.

    Prints which laws hold, and the first one that does not with the smallest
    input that breaks it. Where your version makes a mistake that others have
    made before, it says which. Prints "not written yet" while the body is `...`.
    """
    name = function.__name__
    chosen = laws(name)
    if is_blank(function):
        print(f"{name}: not written yet. {len(chosen)} laws are waiting.")
        return
    first = None
    for each in chosen:
        try:
            count = each.run(function, smallest=first is None)
            print(f"  held    {each.sentence}  [{count}]")
        except LawBroken as broken:
            first = first or broken
            print(f"  BROKEN  {each.sentence}")
    if not first:
        print(f"\nAll {len(chosen)} laws hold. Your {name} is right.")
        return
    print(f"\n{first}")
    known = recognise(function, name)
    if known:
        print(f"\n{known}")
