"""The verdict at the end: which laws of which function hold, are broken, or wait for something to judge."""

from collections import Counter

import pytest

from seeing_tensors.course.laws.implementations import LIBRARY

OUTCOMES = {"passed": "held", "failed": "broken", "skipped": "not written"}


def pytest_ignore_collect(collection_path, config):
    # Whoever wrote the functions, the laws judge them. The other tests of this folder are about our library alone.
    judged_by_laws_alone = config.getoption("--implementation") != LIBRARY
    return (
        True
        if judged_by_laws_alone and collection_path.match("test_*.py") and collection_path.name != "test_laws.py"
        else None
    )


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    whole = config.getoption("--implementation") != LIBRARY
    counts: dict[tuple, Counter] = {}
    for outcome, word in OUTCOMES.items():
        for report in terminalreporter.stats.get(outcome, []):
            law = dict(report.user_properties).get("law")
            if law:
                lesson, about = law
                counts.setdefault((lesson, about if whole else ""), Counter())[word] += 1
    if not counts:
        return
    if whole:
        # pytest would list once more what the reports have said.
        terminalreporter.reportchars = terminalreporter.reportchars.replace("f", "")
    terminalreporter.section(f"the laws, and {config.getoption('--implementation')}")
    for line in table(counts):
        terminalreporter.write_line(line)


def table(counts):
    """Lines: lesson, function, how many laws held, are broken, have nothing to judge yet."""
    wide = max(len(about) for _, about in counts)
    head = f"lesson  {'function'.ljust(wide) + '  ' if wide else ''}" + "  ".join(OUTCOMES.values())
    lines = [head]
    for (lesson, about), found in sorted(counts.items()):
        numbers = "  ".join(str(found[word] or "").rjust(len(word)) for word in OUTCOMES.values())
        lines.append(f"{lesson:6}  {about.ljust(wide) + '  ' if wide else ''}{numbers}".rstrip())
    total = sum(counts.values(), Counter())
    written = f"{total['held']} held, {total['broken']} broken, {total['not written']} not written"
    return [*lines, f"laws: {written}"]
