"""The house's shape: who may import whom, what is named where, how long a function may be, what is installed with
it."""

import ast
import importlib.metadata
import io
import sys
import tokenize
import tomllib

import pytest
from packaging.requirements import Requirement

import seeing_tensors
from seeing_tensors.course.repository import ROOT

SOURCE = ROOT / "src" / "seeing_tensors"

# Every module, in one order: each imports only what stands before it.
ORDER = """
    style _dark _pixels _arrays _image_files reading tensors display drawing figures normalization dataset_statistics
    dataset_files dataset_command _pipeline_laws pipelines batchnorm density convolution activations
    wandb_overlays wandb_images evidence segmentation live
    course.repository course.cases.shapes course.cases.runs course.cases.log course.cases.live
    course.laws.examples course.laws.expectations course.laws.implementations course.laws.watching course.laws.report
    course.laws.definition course.laws course.laws.finding course.laws.museum
    course.practice.exercises course.practice.answers course.practice.portraits course.practice.predictions
    course.practice.verdicts course.practice.page course.practice.apart course.practice.command
    course.practice.notebook
    course.grading.sandbox course.grading.supervise course.grading.judge course.grading.grading
    course.book.environment course.book.lessons course.book.lab course.book.law_pages course.book.home_page
    course.book.outputs course.book.reference_pages course.book.teaching_page course.book.pages
    course.cli
""".split()
# Their __init__ imports nothing of ours.
EMPTY = {"", "course", "course.cases", "course.practice", "course.grading", "course.book"}

CODE_OUTSIDE_COURSE, CODE_ANYWHERE = 40, 60  # lines of a function, at most


def sources():
    """The text of every module, by its name inside the package."""
    found = {}
    for file in SOURCE.rglob("*.py"):
        parts = file.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file.read_text(encoding="utf-8")
    return found


SOURCES = sources()


# ------------------------------------------------------------------ who imports whom


def imports(name, text, known):
    """What a module imports of ours: (line, module, the name it takes from it or None, what it calls that here)."""
    package = name if name in EMPTY or any(each.startswith(f"{name}.") for each in known) else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.split(".")[0] == "seeing_tensors":
                    yield node.lineno, each.name.partition(".")[2], None, each.asname or each.name
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module.split(".")[0] == "seeing_tensors"):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if package else []
            home = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module.partition(".")[2]
            for each in node.names:
                whole = f"{home}.{each.name}".lstrip(".")
                if whole in known:
                    yield node.lineno, whole, None, each.asname or each.name
                else:
                    yield node.lineno, home, each.name, each.asname or each.name


def faults(texts):
    """What is wrong with the imports of these modules, one line each."""
    found = []
    for name, text in texts.items():
        if name not in ORDER and name not in EMPTY:
            found.append(f"{name} is not in this test's ORDER: where does it belong?")
            continue
        modules = {}  # what each name of a module means here
        for line, module, taken, called in imports(name, text, texts):
            where = f"{name}, line {line}:"
            if module.startswith("course") and not name.startswith("course"):
                found.append(f"{where} the library must not import {module}")
            elif name in EMPTY:
                found.append(f"{where} it imports nothing of ours, its names are lazy")
            elif module in EMPTY and not name.startswith("course"):
                found.append(f"{where} only the course may import the package as a whole")
            elif module not in EMPTY and (module not in ORDER or ORDER.index(module) >= ORDER.index(name)):
                found.append(f"{where} {module} does not stand before {name}")
            if taken and taken.startswith("_"):
                found.append(f"{where} {taken} is private to {module}")
            if not taken:
                modules[called] = module
        for node in ast.walk(ast.parse(text)):
            of_a_module = (
                isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
            )
            if of_a_module and node.attr.startswith("_") and not node.attr.startswith("__"):
                found.append(f"{name}, line {node.lineno}: {node.attr} is private to {modules[node.value.id]}")
    return found


def test_imports_run_one_way_and_nobody_takes_what_is_private():
    assert faults(SOURCES) == []
    assert sorted(set(SOURCES)) == sorted({*ORDER, *EMPTY}), "ORDER names a module that is not there"


@pytest.mark.parametrize(
    ("module", "line", "words"),
    [
        ("display", "from .course.repository import data_path", "must not import course.repository"),
        ("display", "def f():\n    from .course import repository", "must not import course.repository"),
        ("display", "import seeing_tensors.course.cli", "must not import course.cli"),
        ("display", "from . import course", "must not import course"),
        ("", "from .tensors import to_tensor", "its names are lazy"),
        ("course", "from .repository import path", "its names are lazy"),
        ("display", "import seeing_tensors as st", "only the course may import the package as a whole"),
        ("tensors", "from .display import unseen", "display does not stand before tensors"),
        ("tensors", "from seeing_tensors.display import unseen", "display does not stand before tensors"),
        ("tensors", "from .tensors import to_uint8", "tensors does not stand before tensors"),
        ("live", "from ..course.laws import law", "must not import course.laws"),
        (
            "course.laws.report",
            "from .finding import laws",
            "course.laws.finding does not stand before course.laws.report",
        ),
        (
            "course.laws.finding",
            "from ..practice.notebook import check",
            "course.practice.notebook does not stand before",
        ),
        ("course.repository", "from .book import lessons", "course.book.lessons does not stand before"),
        ("drawing", "from .display import _rows", "_rows is private to display"),
        ("drawing", "from ._arrays import _real", "_real is private to _arrays"),
        ("course.book.lab", "from . import lessons\nlessons._stamp", "_stamp is private to course.book.lessons"),
        ("course.cli", "from .book import lessons as l\nl._stamp", "_stamp is private to course.book.lessons"),
        ("course.new_room.thing", "", "course.new_room.thing is not in this test's ORDER"),
    ],
)
def test_a_planted_import_is_found(module, line, words):
    (found,) = faults({**SOURCES, module: f"{SOURCES.get(module, '')}\n{line}\n"})
    assert words in found


# --------------------------------------------------------------- how long a function is


def long_functions(name, text, most):
    """The functions and methods of a module with more lines of code than that: docstring, comments, blank lines not
    counted."""
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in nothing:
            code |= set(range(token.start[0], token.end[0] + 1))
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) is not None else None
            told = set(range(docstring.lineno, docstring.end_lineno + 1)) if docstring else set()
            count = len(code & set(range(node.lineno, node.end_lineno + 1)) - told)
            if count > most:
                found.append(f"{name}.{node.name} has {count} lines of code, {most} are enough")
    return found


def test_functions_are_short():
    found = []
    for name, text in SOURCES.items():
        found += long_functions(name, text, CODE_ANYWHERE if name.startswith("course") else CODE_OUTSIDE_COURSE)
    assert found == []


def test_only_lines_of_code_are_counted():
    text = 'def f(\n    x,\n):\n    """Says.\n\n    More.\n    """\n    # why\n\n    return x  # and so\n'
    assert long_functions("m", text, 4) == [] and long_functions("m", text, 3) == [
        "m.f has 4 lines of code, 3 are enough"
    ]
    inner = (
        "class C:\n    @property\n    def f(self):\n        def g():\n            return '''\n\n'''\n        return g\n"
    )
    assert long_functions("m", inner, 3) == [
        "m.f has 6 lines of code, 3 are enough",
        "m.g has 4 lines of code, 3 are enough",
    ]


# ------------------------------------------------------------- names, types, packages


def stub_names(text):
    """The names of each module that a stub exports, and what else it declares."""
    exported, declared = {}, set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1 and all(each.asname == each.name for each in node.names), (
                f"line {node.lineno}: X as X"
            )
            exported.setdefault(node.module, []).extend(each.name for each in node.names)
        else:
            declared.add(node.target.id)
    return {module: sorted(names) for module, names in exported.items()}, declared


def test_the_stub_exports_what_the_lazy_table_does():
    exported, declared = stub_names((SOURCE / "__init__.pyi").read_text(encoding="utf-8"))
    assert exported == {module: sorted(names) for module, names in seeing_tensors.MODULES.items()}
    assert all(hasattr(seeing_tensors, name) for name in declared) and "__version__" in declared
    assert (SOURCE / "py.typed").exists()


def test_a_difference_of_the_stub_is_found():
    assert stub_names("from .a import x as x, y as y\n__all__: list[str]\n") == ({"a": ["x", "y"]}, {"__all__"})
    with pytest.raises(AssertionError, match="X as X"):
        stub_names("from .a import x\n")


def packages_of(texts):
    """The distributions, beside Python's own modules, that these modules import."""
    roots = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                roots |= {each.name.split(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                roots.add(node.module.split(".")[0])
    owners = importlib.metadata.packages_distributions()
    return {owners[root][0].lower() for root in roots - sys.stdlib_module_names - {"seeing_tensors"}}


def test_the_base_depends_on_what_the_library_imports_and_the_extras_on_the_rest():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def named(lines):
        return {Requirement(line).name for line in lines}

    extras = project["optional-dependencies"]
    # IPython is there where a notebook is: without one, `figure` never imports it.
    library = packages_of(text for name, text in SOURCES.items() if not name.startswith("course")) - {"ipython"}
    assert library == named(project["dependencies"] + extras["wandb"])
    course = packages_of(SOURCES.values()) - {
        "ipython",
        "pygments",
        "nbformat",
        "torchvision",
    }  # jupytext and ipykernel bring them
    assert course <= named(project["dependencies"] + extras["wandb"] + extras["course"])


def test_every_package_that_is_named_has_a_pin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = set()
    for file in ("constraints.txt", "constraints-peers.txt"):
        lines = [line.partition("==") for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
        assert all(sign == "==" for _, sign, _ in lines), f"{file}: plain name==version lines"
        pinned |= {name for name, _, _ in lines}
    asked = project["dependencies"] + [line for extra in project["optional-dependencies"].values() for line in extra]
    assert {Requirement(line).name for line in asked} - pinned == {"seeing-tensors"}
