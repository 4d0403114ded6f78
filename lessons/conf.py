"""How Sphinx makes the book from the executed notebooks. `seeing-tensors build` calls it.

Nothing is fetched when a page is read: no script, no font, no style from elsewhere.
"""

import base64
import html
import re
import textwrap
from pathlib import Path

import nbformat
from docutils.nodes import SkipNode, math, paragraph
from latex2mathml.converter import convert
from seeing_tensors.course.book.lessons import convert as as_notebook
from seeing_tensors.course.book.lessons import listed_lessons
from seeing_tensors.course.book.outputs import with_hanging_lines, with_links_to_laws
from seeing_tensors.course.book.pages import functions_of
from seeing_tensors.course.repository import ROOT
from sphinx.util import logging

project = "Seeing Tensors"
ABOUT = "A course about images as tensors: know what the display did to a picture before you believe it."
author = "the authors of Seeing Tensors"
language = "en"
LISTED = listed_lessons(ROOT)
extensions = ["myst_nb", "sphinx_copybutton"]
exclude_patterns = [".ipynb_checkpoints", "pytest.ini", "home", "teaching"]
templates_path = ["templates"]

# The notebooks have run already, under nbmake.
nb_execution_mode = "off"
nb_merge_streams = True
# Markdown that a cell displays is read like the prose around it, mathematics included.
nb_render_markdown_format = "myst"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist", "attrs_block", "attrs_inline"]
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_title = "Seeing Tensors"
html_static_path = ["static"]
html_css_files = ["course.css"]
html_js_files = ["course.js", "full_screen.js", "inspect.js"]
html_favicon = "static/favicon.svg"
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "footer_content_items": [],
    "article_footer_items": ["lesson-end.html"],
    "secondary_sidebar_items": {"**": ["contents-beside.html", "lesson-beside.html"], "index": []},
    "navbar_persistent": [],  # else there are two search boxes
    "max_navbar_depth": 1,  # the folds of deeper levels have no name that a screen reader could say
    "show_toc_level": 2,  # the exercises too
    "back_to_top_button": False,  # it covers figures; the contents and the Home key do it
    "use_download_button": False,
    "use_fullscreen_button": False,
}
html_math_renderer = "mathml"


# ------------------------------------------------- mathematics, without a script


def mathml(latex, display, node):
    """LaTeX as MathML, which browsers draw by themselves. Warns where latex2mathml did not understand."""
    latex = latex.replace("{aligned}", "{split}")
    if display == "block" and r"\\" in latex and r"\begin" not in latex:
        latex = rf"\begin{{split}}{latex}\end{{split}}"
    markup = convert(latex, display=display)
    # It passes on what it does not know: a command with its backslash, an & outside a table.
    if "\\" in markup or ">&<" in markup:
        logging.getLogger(__name__).warning("latex2mathml cannot draw %s", latex, location=node)
    # A bar is the edge of an absolute value here, not an operator between two things.
    markup = markup.replace('<mo stretchy="false">&#x0007C;</mo>', '<mo lspace="0" rspace="0" stretchy="false">&#x0007C;</mo>')
    # The source goes along, for those who copy the equation and for those whose screen reader asks for it.
    return markup.replace("<math ", f'<math alttext="{html.escape(latex)}" ', 1)


def inline_math(translator, node):
    translator.body.append(mathml(node.astext(), "inline", node))
    raise SkipNode  # the LaTeX itself is not text of the page


def display_math(translator, node):
    opening = translator.starttag(node, "div", CLASS="displayed-math")
    translator.body.append(f"{opening}{mathml(node.astext(), 'block', node)}</div>\n")
    raise SkipNode


# ------------------------------------------------ what stands beside a lesson


def lesson_links(app, pagename, templatename, context, doctree):
    """For the templates: a lesson as a notebook and as a script, and the laws that it proves or lets you try.

    Both are in the address itself: from file:// a browser shows a file that it should save.
    """
    script = Path(app.confdir) / f"{pagename}.py"
    if doctree is None or not script.is_file():
        return
    functions = []
    for name in functions_of(script.read_text(encoding="utf-8")):
        if address := laws_of(app, context, name):
            functions.append((name, address))
        else:
            logging.getLogger(__name__).warning("no law is about %s", name, location=pagename)
    # After the last lesson comes no appendix to the first: the lesson itself says what is next.
    if script == max(script.parent.glob("[0-9]*.py")):
        context["next"] = None
    context["lesson"] = {
        "name": pagename,
        "functions": functions,
        "notebook": _address(nbformat.writes(as_notebook(script)).encode()),
        "script": _address(script.read_bytes()),
    }


def laws_of(app, context, name):
    """Where the laws of a function stand, from this page; "" if nowhere."""
    page, anchor = app.env.get_domain("std").anonlabels.get(f"laws-of-{name}".lower(), (None, None))
    return f"{context['pathto'](page)}#{anchor}" if page else ""


def outputs(app, pagename, templatename, context, doctree):
    """What cells print hangs where it goes on in the next line; what the judge says leads to the laws."""
    if "body" in context:
        body = with_hanging_lines(context["body"])
        context["body"] = with_links_to_laws(body, lambda name: laws_of(app, context, name))


def _address(content):
    return f"data:application/octet-stream;base64,{base64.b64encode(content).decode('ascii')}"


# ------------------------------------------------------- what a page is about


def description(app, pagename, templatename, context, doctree):
    """The first sentences of a page, for those who find it elsewhere; one that has none of its own says what the book is."""
    texts = [node.astext() for node in doctree.findall(is_prose)] if doctree is not None else []
    text = next((text for text in texts if len(text) >= 60), ABOUT)
    if pagename in LISTED:
        subject, minutes, can = LISTED[pagename]
        text = f"{subject}, a lesson of {minutes} minutes. You can then {can}."
    short = textwrap.shorten(text, 200, placeholder=" …")
    context["metatags"] = context.get("metatags", "") + f'<meta name="description" content="{html.escape(short)}" />\n'


def is_prose(node):
    """A paragraph that somebody wrote for reading: no output of a cell, no formula, no line of minutes."""
    if not isinstance(node, paragraph) or any(node.findall(math)) or re.match(r"\d+ minutes", node.astext()):
        return False
    while node := node.parent:
        if "cell_output" in getattr(node, "attributes", {}).get("classes", ()):
            return False
    return True


def setup(app):
    app.connect("html-page-context", description)
    app.connect("html-page-context", lesson_links)
    app.connect("html-page-context", outputs)
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
