"""The layers of docs/architecture.md, held by reading every import of the package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME = "fastapi_session_lint"
PACKAGE = ROOT / NAME


@dataclass(frozen=True, slots=True)
class Layer:
    """Modules, by their names or the folder's, and what they may import of ours when they run and for their types."""

    modules: tuple[str, ...]
    imports: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


VALUES = ("findings", "inventory", "source", "settings", "versions", "vocabulary")
OPTIONS = ("options", "selection", "verdicts")
PURE = (*VALUES, "model", "project", "flow")
PAGES = ("rule_pages", "option_pages")
ENGINE = ("engine", "readings", "judge", "heeding", "others", "idle", "comparison", "rejudging", "fixer", "ignorer")
SHELL = (
    "files",
    "patterns",
    "discovery",
    "configuration",
    "option_files",
    "manifests",
    "cache",
    "copies",
    "processes",
    "judging",
    "work",
    "reading",
    "reuse",
    "plugins",
    "all_at_once",
    "runner",
    "one_by_one",
    "changing",
    "baseline",
    "revision",
    "hints",
    "introduction",
    "report",
)
LAYERS = {
    "values": Layer(VALUES),
    "options": Layer(OPTIONS, (*VALUES, *OPTIONS)),
    "comments": Layer(("suppressions",), VALUES),
    "fingerprints": Layer(("fingerprints", "sites"), ("findings", "source", "sites", "model.parsing")),
    "model": Layer(("model",), (*VALUES, "model")),
    "project": Layer(("project",), (*VALUES, "model", "project")),
    "flow": Layer(("flow",), (*PURE,)),
    "questions": Layer(("questions",), (*PURE, "questions"), ("context",)),
    "context": Layer(("context",), (*PURE, "questions")),
    "rules": Layer(("rules",), ("findings", "vocabulary", "rules.base"), ("context", "questions")),
    "fixes": Layer(("fixes",), (*VALUES, "suppressions", "fixes")),
    "engine": Layer(ENGINE, (*PURE, *OPTIONS, "suppressions", "context", "rules", "fixes", *ENGINE)),
    "pages": Layer(PAGES, (*VALUES, *OPTIONS, "rules")),
    "shell": Layer(
        SHELL, ("", *VALUES, *OPTIONS, "suppressions", "fingerprints", "sites", "rules", "rule_pages", *ENGINE, *SHELL)
    ),
    "cli": Layer(("cli", "__main__"), ("", *VALUES, *OPTIONS, "suppressions", "rules", *PAGES, *ENGINE, *SHELL, "cli")),
    "api": Layer(("api",), (*VALUES, "context", "fixes", "rules", *SHELL)),
    "testing": Layer(("testing",), (*VALUES, *OPTIONS, "rules", *ENGINE)),
    "flake8": Layer(("flake8_plugin",), ("", *VALUES, *OPTIONS, "suppressions", "rules", *ENGINE, *SHELL)),
}

LIBRARIES = {
    "libcst": {"model", "fixes"},
    "click": {"cli"},
    "watchfiles": {"cli"},
    "rich": {"shell"},
    "pathspec": {"shell"},
    "flake8": {"flake8"},
}
"""The layers that may import each library."""

OUTSIDE = frozenset(
    {"os", "pathlib", "shutil", "tempfile", "subprocess", "socket", "time", "datetime", "multiprocessing", "random"}
)
"""Modules of the standard library by which files, processes, the clock or chance come in."""
PURE_LAYERS = frozenset(
    {
        "values",
        "options",
        "comments",
        "fingerprints",
        "model",
        "project",
        "flow",
        "questions",
        "context",
        "rules",
        "fixes",
        "engine",
    }
)
PURE_MODULES = tuple(module for name in sorted(PURE_LAYERS) for module in LAYERS[name].modules)
ARGUMENT_PARSERS = frozenset({"argparse", "click", "optparse", "getopt"})


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: `name` is dotted, relative to the package when `is_ours`; `module` is what imports it."""

    module: str
    name: str
    is_ours: bool
    is_for_types: bool
    row: int

    def __str__(self) -> str:
        return f"{self.module} imports {self.name} (line {self.row})"


def module_name(path: Path) -> str:
    """`model.lower` for model/lower.py, `model` for model/__init__.py, the empty name for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def every_module() -> list[str]:
    return sorted(module_name(path) for path in PACKAGE.rglob("*.py"))


def read(module: str) -> ast.Module:
    path = PACKAGE.joinpath(*module.split(".")) if module else PACKAGE
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_bytes())


def imports_of(module: str) -> Iterator[Import]:
    tree = read(module)
    for_types = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING"
        for statement in outer.body
        for inner in ast.walk(statement)
    }
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in statements:
        for name in imported_names(node):
            is_ours = name == NAME or name.startswith(f"{NAME}.")
            shown = name.removeprefix(NAME).lstrip(".") if is_ours else name
            yield Import(module, shown, is_ours, id(node) in for_types, node.lineno)


def imported_names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The dotted modules that a statement imports; `from package import module` names the module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.module and not node.level, f"line {node.lineno}: relative imports are not used here"
    for alias in node.names:
        is_module = is_own_module(f"{node.module}.{alias.name}")
        yield f"{node.module}.{alias.name}" if is_module else node.module


def is_own_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return dotted.startswith(f"{NAME}.") and (path.is_dir() or path.with_suffix(".py").is_file())


def is_within(module: str, names: tuple[str, ...]) -> bool:
    """Whether a module is one of those named, or lies in a folder that is named; "" is the package's own file alone."""
    return any(module == name or (name and module.startswith(f"{name}.")) for name in names)


def layer_of(module: str) -> str:
    found = [name for name, layer in LAYERS.items() if is_within(module, layer.modules)]
    assert len(found) == 1, f"{module}: give it a place in LAYERS and in docs/architecture.md"
    return found[0]


ALL_IMPORTS = [one for module in every_module() for one in imports_of(module)]
OWN_IMPORTS = [one for one in ALL_IMPORTS if one.is_ours]
FOREIGN_IMPORTS = [one for one in ALL_IMPORTS if not one.is_ours]


def test_imports_were_found() -> None:
    assert len(OWN_IMPORTS) > 100
    assert {"libcst", "enum"} <= {one.name for one in FOREIGN_IMPORTS}
    assert any(one.is_for_types for one in OWN_IMPORTS)


@pytest.mark.parametrize("module", [name for name in every_module() if name])
def test_module_has_a_layer(module: str) -> None:
    assert layer_of(module) in LAYERS


def test_the_package_itself_imports_nothing() -> None:
    assert not [one for one in ALL_IMPORTS if not one.module and one.name != "__future__"]


@pytest.mark.parametrize("name", LAYERS)
def test_layer_imports_only_what_it_may(name: str) -> None:
    layer = LAYERS[name]
    mine = [one for one in OWN_IMPORTS if is_within(one.module, layer.modules)]
    if name == "rules":
        mine = [one for one in mine if not is_rule_folder(one)]
    allowed = {True: (*layer.imports, *layer.types), False: layer.imports}
    assert not [str(one) for one in mine if not is_within(one.name, allowed[one.is_for_types])]


def is_rule_folder(one: Import) -> bool:
    """The folder's own module collects the rules, so it alone imports the folder."""
    return one.module == "rules" and one.name.startswith("rules")


def test_rules_do_not_import_each_other() -> None:
    between = [one for one in OWN_IMPORTS if is_within(one.module, ("rules",)) and one.name.startswith("rules.fsl")]
    assert not [str(one) for one in between]


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_is_imported_only_where_it_belongs(library: str) -> None:
    users = [one for one in FOREIGN_IMPORTS if one.name.split(".")[0] == library]
    assert not [str(one) for one in users if layer_of(one.module) not in LIBRARIES[library]]


def test_nothing_of_the_checked_project_can_be_imported() -> None:
    names = {one.name.split(".")[0] for one in FOREIGN_IMPORTS}
    assert not names & {"sqlalchemy", "sqlmodel", "fastapi", "starlette", "runpy"}
    importers = {one.module for one in FOREIGN_IMPORTS if one.name == "importlib"}
    assert importers <= {"rules", "report"}


def test_project_and_what_comes_after_never_parses() -> None:
    parsers = [one for one in FOREIGN_IMPORTS if one.name.split(".")[0] in ("ast", "libcst", "tokenize")]
    # flake8 hands its plugins a tree; ours lets it lie.
    late = set(LAYERS) - {"values", "options", "comments", "fingerprints", "model", "fixes", "flake8"}
    assert not [str(one) for one in parsers if layer_of(one.module) in late]


def test_pure_layers_reach_for_nothing_outside() -> None:
    reaching = [one for one in FOREIGN_IMPORTS if one.name.split(".")[0] in OUTSIDE]
    assert not [str(one) for one in reaching if layer_of(one.module) in PURE_LAYERS]


@pytest.mark.parametrize("module", [name for name in every_module() if is_within(name, PURE_MODULES)])
def test_pure_module_neither_opens_nor_prints(module: str) -> None:
    calls = [node.func for node in ast.walk(read(module)) if isinstance(node, ast.Call)]
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    assert not called & {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}


def test_only_faces_parse_arguments() -> None:
    parsing = [one for one in FOREIGN_IMPORTS if one.name.split(".")[0] in ARGUMENT_PARSERS]
    assert not [str(one) for one in parsing if layer_of(one.module) not in ("cli", "flake8", "pages")]


def test_architecture_lists_the_very_modules() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page[page.index("| layer | modules |") : page.index("## What passes")]
    cells = [line.split(" | ")[1] for line in table.splitlines() if line.count(" | ") > 1]
    listed = re.findall(r"`(\w+)/?`", " ".join(cells))
    assert sorted(listed) == sorted({module.split(".")[0] for module in every_module() if module})
