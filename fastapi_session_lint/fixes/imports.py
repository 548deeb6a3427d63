"""A name of a library brought into a file: what is imported already is reused, isort's order is kept."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import libcst as cst

from fastapi_session_lint.fixes.arguments import append_item, begins_row
from fastapi_session_lint.fixes.edits import Draft, Point
from fastapi_session_lint.fixes.names import is_binding, is_taken, variables
from fastapi_session_lint.fixes.sessions import dotted
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.vocabulary import EXTERNAL_TOPS, SAME_MODULES


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement at the head of the file; `module` is None for a relative one."""

    node: cst.Import | cst.ImportFrom
    module: str | None
    row: int
    end_row: int

    @property
    def section(self) -> int | None:
        """Which of isort's sections it belongs to: 0 the future, 1 the standard library, 2 known libraries."""
        return None if self.module is None else _section(self.module)

    @property
    def order(self) -> tuple[bool, str]:
        """Where isort puts it within its section: `import x` first, by name."""
        return isinstance(self.node, cst.ImportFrom), (self.module or "").lower()


def bring(
    tree: Tree,
    draft: Draft,
    module: str,
    name: str,
    *,
    row: int = 0,
    spare: Collection[cst.ImportAlias] = frozenset(),
) -> str | None:
    """The expression by which `module.name` can be used, imported by the draft where it is not yet.

    A from-import above the `row` of the use may be extended wherever it stands at module level. The name takes the
    place of the `spare` imports where these are all that their statement has. None where every way would shadow a name
    in use.
    """
    first = head(tree)
    known = _known(tree, module, name)
    if known is not None:
        return known
    if not is_taken(tree, name):
        if not _extended(tree, draft, [*first, *_imports_above(tree, row)], module, name, spare):
            _insert_line(tree, draft, first, (True, module), f"from {module} import {name}")
        return name
    if not is_taken(tree, module.partition(".")[0]):
        _insert_line(tree, draft, first, (False, module), f"import {module}")
        return f"{module}.{name}"
    return None


def head(tree: Tree) -> list[Import]:
    """The first run of import statements at module level."""
    found: list[Import] = []
    for line in tree.module.body:
        nodes = line.body if isinstance(line, cst.SimpleStatementLine) else ()
        imports = [node for node in nodes if isinstance(node, cst.Import | cst.ImportFrom)]
        if imports and len(imports) == len(nodes):
            found += [_import(tree, node) for node in imports]
        elif found:
            break
    return found


def _import(tree: Tree, node: cst.Import | cst.ImportFrom) -> Import:
    if isinstance(node, cst.Import):
        module = dotted(node.names[0].name)
    else:
        module = dotted(node.module) if node.module and not node.relative else None
    return Import(node, module, tree.start(node)[0], tree.end(node)[0])


def _known(tree: Tree, module: str, name: str) -> str | None:
    """How a name is reached by the imports at module level, where nothing else binds what they bind."""
    for line in tree.module.body:
        for node in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            local = _local_name(node, module, name)
            if local and _bindings(tree, local.partition(".")[0]) == 1:
                return local
    return None


def _local_name(node: cst.CSTNode, module: str, name: str) -> str | None:
    if isinstance(node, cst.Import):
        for alias in node.names:
            if dotted(alias.name) == module:
                return f"{alias.evaluated_alias or module}.{name}"
        return None
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or node.relative:
        return None
    if node.module is None or dotted(node.module) not in SAME_MODULES.get(module, (module,)):
        return None
    return next((one.evaluated_alias or name for one in node.names if one.evaluated_name == name), None)


def _bindings(tree: Tree, name: str) -> int:
    return sum(one.value == name and is_binding(tree, one) for one in variables(tree.everywhere(name)))


def _imports_above(tree: Tree, row: int) -> Iterator[Import]:
    """The from-imports at module level that stand above a row."""
    for line in tree.module.body:
        for node in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(node, cst.ImportFrom) and tree.end(node)[0] < row:
                yield _import(tree, node)


def _extended(
    tree: Tree, draft: Draft, imports: list[Import], module: str, name: str, spare: Collection[cst.ImportAlias]
) -> bool:
    """Add a name to the first import from its module, if there is one."""
    for one in imports:
        node = one.node
        if isinstance(node, cst.ImportFrom) and one.module == module and not isinstance(node.names, cst.ImportStar):
            if all(alias in spare for alias in node.names):
                draft.replace(tree.start(node.names[0]), end_of_name(tree, node.names[-1]), name)
            else:
                extend(tree, draft, list(node.names), name)
            return True
    return False


def extend(tree: Tree, draft: Draft, names: list[cst.ImportAlias], name: str) -> None:
    """Add a name to a from-import, in its order where it has one."""
    texts = [one.evaluated_name for one in names]
    keys = [_member_order(text) for text in texts]
    place = len(names)
    if keys == sorted(keys):
        place = next((index for index, key in enumerate(keys) if key > _member_order(name)), place)
    if place < len(names):
        row, column = tree.start(names[place])
        separator = tree.newline(row) + tree.line(row)[:column] if begins_row(tree, names[place]) else " "
        draft.insert((row, column), f"{name},{separator}")
        return
    append_item(tree, draft, names[-1], name)


def end_of_name(tree: Tree, alias: cst.ImportAlias) -> Point:
    """Where an imported name ends, its comma left out."""
    return tree.end(alias.asname.name if alias.asname else alias.name)


def _member_order(name: str) -> tuple[int, str]:
    """isort's order within a from-import: constants, classes, then the rest."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return rank, name.lower()


def _insert_line(tree: Tree, draft: Draft, head: list[Import], order: tuple[bool, str], line: str) -> None:
    """Put a new import among those of its section, by its Import.order, or make that section."""
    wanted = _section(order[1])
    section = [one for one in head if one.section == wanted]
    # Where the head is in no order, or holds libraries that are not known, the package's own imports say it best.
    section = [one for one in section if _top(one.module) == _top(order[1])] or section
    smaller = [one for one in section if one.order < order]
    if smaller:
        row = max(one.end_row for one in smaller)
        draft.insert(tree.row_end(row), tree.newline(row) + line)
    elif section:
        draft.insert((section[0].row, 0), line + tree.newline(section[0].row))
    elif above := [one for one in head if one.section is not None and wanted is not None and one.section < wanted]:
        row = max(one.end_row for one in above)
        draft.insert(tree.row_end(row), 2 * tree.newline(row) + line)
    elif head:
        draft.insert((head[0].row, 0), line + 2 * tree.newline(head[0].row))
    else:
        _insert_first(tree, draft, line)


def _top(module: str | None) -> str | None:
    """The package that a module belongs to."""
    return module and module.partition(".")[0]


def _section(module: str) -> int | None:
    top = module.partition(".")[0]
    if top == "__future__":
        return 0
    if top in sys.stdlib_module_names:
        return 1
    return 2 if top in EXTERNAL_TOPS else None


def _insert_first(tree: Tree, draft: Draft, line: str) -> None:
    """Put the first import of a file below its docstring and the comments at its head."""
    row = _first_row(tree)
    above = row - 1
    while above and tree.is_blank(above):
        above -= 1
    newline = tree.newline(row)
    if above == row - 1:
        draft.insert((row, 0), line + 3 * newline)
    elif above:
        # isort leaves two blank rows between the imports and a function or class.
        short = row - above == 2 and re.match(r"async\b|def\b|class\b|@", tree.line(row))
        draft.insert(tree.row_end(above), 2 * newline + line + (newline if short else ""))
    else:
        draft.insert((1, 0), line + newline)


def _first_row(tree: Tree) -> int:
    """The row of the first statement that is no docstring, with the comments right above it."""
    body = tree.module.body
    first = body[0]
    if tree.module.get_docstring(clean=False) is not None and len(body) > 1:
        first = body[1]
    decorators = first.decorators if isinstance(first, cst.FunctionDef | cst.ClassDef) else ()
    row = tree.start(decorators[0] if decorators else first)[0]
    above = row
    while above > 1 and tree.is_comment(above - 1):
        above -= 1
    return above if above > 1 else row
