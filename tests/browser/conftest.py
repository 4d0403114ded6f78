"""One browser for the whole suite, and the book. `make test-book` runs it.

These tests are not among those of `pytest tests`: they need Chromium, the system's own.
"""

import os
import shutil
from pathlib import Path

import pytest

from seeing_tensors.course.book import lessons, pages
from seeing_tensors.course.repository import ROOT, build_folder

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser):
    parser.addoption("--book", type=Path, help="a folder of pages that is made already (default: make the book)")


@pytest.fixture(scope="session")
def chromium():
    try:
        from playwright import sync_api
    except ImportError:
        pytest.exit('no Playwright here: pip install -c constraints.txt -e ".[course,mutants,browser]"', returncode=1)
    if not CHROMIUM:
        pytest.exit("no Chromium here: apt-get install chromium", returncode=1)
    # Chromium's sandbox does not work for root.
    sandbox = ["--no-sandbox"] if getattr(os, "getuid", int)() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET + sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def book(request):
    """The folder of pages, made by the same functions as `seeing-tensors build`."""
    given = request.config.getoption("--book")
    if given:
        return given.resolve()
    root, folder = ROOT, build_folder(ROOT)
    assert lessons.run_lessons(root, folder), "a lesson failed; `make` shows which and why"
    assert pages.build_book(root, folder), "Sphinx has warnings; `make` shows them"
    return folder / "book"


def pytest_terminal_summary(terminalreporter):
    """What the tests of the pages recorded: weight, first picture, layout shift. Reports come from every worker."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    lines = [value for report in reports for name, value in report.user_properties if name == "page"]
    if lines:
        terminalreporter.section("the pages, in a browser, from file://")
        for line in sorted(set(lines)):
            terminalreporter.write_line(line)
