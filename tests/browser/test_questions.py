"""The course's questions in a browser: a guess is committed, kept, and shown beside the answer; and planted faults are
found."""

from unittest import mock

import pytest
from axe_playwright_python.sync_playwright import Axe
from checks import WCAG
from live_tools import CHOICES, lesson, opened  # noqa: F401  opened is a fixture

import seeing_tensors as st
from seeing_tensors.course.practice import predictions


def printed(capsys, guess, bits):
    """What the same says outside a notebook, with the guesses in the code: both answers and the summary."""
    with mock.patch.object(predictions, "_asked", {}):
        lost, many = st.predict("Which part is lost?", CHOICES, guess=guess), st.predict("How many levels?", guess=bits)
        capsys.readouterr()
        lost.reveal("half")
        many.reveal(250.5, within=10)
        st.guesses(3)
    return capsys.readouterr().out.splitlines()


def words(locator):
    return " ".join(locator.inner_text().split()).replace("✓ ", "").replace("✗ ", "")


def guess_both(page, letter, number):
    page.get_by_role("radio", name=f"({letter})").check()
    page.get_by_role("button", name="Commit my guess").first.click()
    page.get_by_label("Your guess").fill(number)
    page.keyboard.press("Enter")


def folds(page):
    return page.locator("details.st-predict").evaluate_all("all => all.map((each) => each.open)")


def wrong(page):
    """What is wrong with a page of `lesson()`, in words: the whole way of a reader who guesses (b) and 255."""
    faults = []

    def expect(sentence, holds):
        faults.extend([] if holds else [sentence])

    expect("an answer is given away", folds(page) == [False, False])
    expect("an answer is seen", not page.get_by_text("(c) half.").first.is_visible())
    page.get_by_role("button", name="Commit my guess").first.click()
    expect("nothing is committed", folds(page) == [False, False] and page.get_by_text("Choose one first.").count())
    guess_both(page, "b", "255")
    for what in ("committed", "reloaded"):
        expect(f"{what}: the answers are open", folds(page) == [True, True])
        expect(f"{what}: it is fixed", page.locator(".st-predict input:enabled").count() == 0)
        expect(f"{what}: the choice is marked", page.get_by_role("radio", name="(b)").is_checked())
        expect(f"{what}: the number is there", page.get_by_label("Your guess").input_value() == "255")
        told = [words(each) for each in page.locator(".st-said").all()]
        expect(
            f"{what}: {told}",
            told == ["You said (b) a tenth, or < 1: not so.", "You said 255: off by 4.5, near enough."],
        )
        expect(f"{what}: counted", words(page.locator(".st-count")) == "You guessed 2 of 2 questions; 1 right.")
        page.reload()
    if faults:
        return faults
    page.get_by_role("button", name="Change it").first.click()
    expect("a way back", folds(page) == [False, True] and page.get_by_role("radio", name="(b)").is_enabled())
    page.reload()
    expect("it stays changed", folds(page) == [False, True])
    return faults


def test_a_guess_is_committed_kept_and_shown_beside_the_answer(opened):  # noqa: F811
    assert wrong(opened(*lesson())) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("<details", "<details open", "an answer is given away"),
        ("element.open = guess !== null", "element.open = element.open", "the answers are open"),
        ("localStorage.setItem", "void", "reloaded: it is fixed"),
        ("localStorage.removeItem", "void", "it stays changed"),
        ("input.disabled = committed", "input.disabled = false", "it is fixed"),
        ("input.checked = input.value === guess", "input.checked = false", "reloaded: the choice is marked"),
        ("<= within", "< 1", "near enough"),
        ("guess - asked.truth", "asked.truth", "off by"),
        ('"not so"', '"right"', "not so"),
        ("if (guess === null) {", "if (false) {", "nothing is committed"),
        ("whenChanged(element, () => {\n    const guesses", "(() => {\n    const guesses", "counted"),
    ],
)
def test_a_planted_fault_is_found(opened, old, new, found):  # noqa: F811
    page = "".join(lesson())
    assert old in page
    if new.startswith("(()"):  # the summary is written once, and not when a guess changes
        tail = "if (whole) course.replaceChildren(...courseOf(lesson));\n  })"
        assert tail in page
        page = page.replace(tail, f"{tail[:-1]})()")
    told = "\n".join(wrong(opened(page.replace(old, new))))
    assert found in told or (found in ("not so", "near enough", "off by") and "You said" in told)


@pytest.mark.parametrize(
    ("letter", "number"), [("c", "250.5"), ("a", "3"), ("b", "-1e3"), ("a", "12345.5"), ("c", "0.123456")]
)
def test_the_words_are_those_of_python(opened, capsys, letter, number):  # noqa: F811
    """The answers and the summary, guessed on the page, say what they say where the guess is in the code."""
    expected = printed(capsys, letter, float(number))
    page = opened(*lesson())
    guess_both(page, letter, number)
    answers = [words(each).removeprefix("Answer: ") for each in page.locator("details.st-predict").all()]
    summary = [
        words(page.locator(".st-count")),
        *(words(each) for each in page.locator("ul:below(.st-count) > li").all()),
    ]
    assert [*answers, *summary] == [line.strip() for line in expected]
    marks = page.locator(".st-said :is(.st-right, .st-wrong)").evaluate_all("all => all.map((each) => each.className)")
    assert marks == ["st-right" if letter == "c" else "st-wrong", "st-right" if number == "250.5" else "st-wrong"]


def test_a_guess_in_the_code_wins(opened):  # noqa: F811
    page = opened(*lesson())
    guess_both(page, "a", "3")
    shown = lesson(guess="c", bits=250)
    page.set_content("".join(shown))
    assert words(page.locator(".st-predict").nth(2)) == "Which part is lost? (c) half. You said (c) half: right."
    assert words(page.locator(".st-count")) == "You guessed 2 of 2 questions; 2 right."
    assert page.get_by_role("radio", name="(c)").is_checked() and page.get_by_role("radio", name="(c)").is_disabled()
    assert not page.get_by_role("button", name="Change it").count()


def test_it_works_where_nothing_can_be_stored(opened):  # noqa: F811
    page = opened(*lesson())
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused') }})")
    page.reload()
    guess_both(page, "c", "250")
    assert (
        folds(page) == [True, True]
        and page.get_by_text("This browser keeps it as long as the page is open.").count() == 2
    )
    assert words(page.locator(".st-count")) == "You guessed 2 of 2 questions; 2 right."
    page.reload()
    assert folds(page) == [False, False]


@pytest.mark.parametrize("kept", ["not JSON", '"z"', "[1]", "7", '"toString"', "null", "{}"])
def test_what_somebody_else_stored_does_no_harm(opened, kept):  # noqa: F811
    page = opened(*lesson(course=True))
    guess_both(page, "c", "250")
    page.evaluate("(kept) => Object.keys(localStorage).forEach((key) => localStorage.setItem(key, kept))", kept)
    page.reload()
    assert folds(page)[0] is False and page.locator(".st-predict[data-started=yes]").count() == 5


def test_scripts_that_run_twice_start_nothing_twice(opened):  # noqa: F811
    page = opened(*lesson())
    page.evaluate("""() => document.querySelectorAll(".st-predict script:not([type])").forEach((script) => {
        const again = document.createElement("script");
        again.textContent = script.textContent;
        script.replaceWith(again);
    })""")
    assert page.locator(".st-predict form").count() == 2
    assert page.evaluate("typeof make + typeof question + typeof CHANGED") == "undefined" * 3


def test_the_last_lesson_adds_up_what_the_browser_has_kept(opened):  # noqa: F811
    page = opened(*lesson(number=2))
    guess_both(page, "c", "1")
    # Another page of the same browser: here the same file, written anew.
    page.evaluate('localStorage.setItem(\'seeing-tensors lesson 1\', \'{"guessed": 4, "right": 3, "asked": 5}\')')
    page.set_content("".join(lesson(number=3, course=True)))
    assert words(page.locator(".st-predict").last).endswith(
        "All lessons together: 5 of 8 guesses right. "
        "Lesson 1: 3 of 4 right Lesson 2: 1 of 2 right Lesson 3: 1 of 2 right"
    )
    page.get_by_role("button", name="Change it").first.click()
    assert "4 of 7 guesses right" in words(page.locator(".st-predict").last)


def test_without_a_script_it_is_a_list_and_a_folded_answer(opened):  # noqa: F811
    page = opened(*lesson(), java_script_enabled=False)
    assert words(page.locator(".st-predict").first) == "Which part is lost? (a) none (b) a tenth, or < 1 (c) half"
    assert page.locator("details.st-predict").count() == 2 and not page.get_by_text("(c) half.").last.is_visible()
    page.get_by_text("Answer: Which part is lost?").click()
    assert page.get_by_text("(c) half.").last.is_visible()
    assert words(page.locator(".st-count")) == "This lesson asked 2 questions before it answered them."


def test_on_paper_it_has_empty_boxes_and_no_answer_that_nobody_asked_for(opened):  # noqa: F811
    page = opened(*lesson())
    guess_both(page, "c", "250")
    page.get_by_role("button", name="Change it").first.click()
    page.emulate_media(media="print")
    assert not page.locator(".st-predict :is(form, button, input)").filter(visible=True).count()
    boxes = page.locator(".st-still li")
    assert boxes.filter(visible=True).count() == 3
    assert boxes.first.evaluate("(e) => getComputedStyle(e, '::before').borderTopWidth") == "1px"
    assert page.locator(".st-blank").bounding_box()["width"] > 90
    first, second = page.locator("details.st-predict").all()
    assert page.locator("ul:below(.st-count) > li").filter(visible=True).count() == 1  # not the one without a guess
    assert not first.is_visible() and words(second).endswith("You said 250: off by 0.5, near enough.")


@pytest.mark.parametrize(("theme", "width"), [("light", 840), ("dark", 840), ("light", 320)])
def test_it_is_accessible_and_large_enough(opened, theme, width):  # noqa: F811
    """Before a guess, after one, and folded and open; every target is at least 24 px high, and nothing moves."""
    page = opened(*lesson(course=True), theme=theme, width=width)
    for letter in ("", "b"):
        if letter:
            before = page.get_by_role("button", name="Commit my guess").first.bounding_box()
            guess_both(page, letter, "255")
            page.keyboard.press("Shift+Tab")
            assert page.locator(".st-commit").first.bounding_box() == before
        for target in page.locator(".st-predict :is(label, button, summary)").filter(visible=True).all():
            assert target.bounding_box()["height"] >= 24, target.inner_text()
        options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
        assert Axe().run(page, options=options).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_alone_is_enough(opened):  # noqa: F811
    page = opened(*lesson())
    for key in ("Tab", "ArrowDown", "Tab", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == "Change it"
    assert folds(page) == [True, False]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.value") == "b"
