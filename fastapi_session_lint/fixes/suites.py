"""A suite as a row of steps: semicolons and one-line bodies taken apart, and reshaped by inserting and indenting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from fastapi_session_lint.fixes.edits import Draft, Point
from fastapi_session_lint.fixes.tree import Tree, children

Block = cst.IndentedBlock | cst.SimpleStatementSuite | cst.Module
Statement = cst.BaseSmallStatement | cst.BaseCompoundStatement


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a suite. `is_joined` says that it shares its line with what stands before it (`;` or `:`)."""

    node: Statement
    start: Point
    end: Point
    is_joined: bool


@dataclass(frozen=True, slots=True)
class Suite:
    """The statements of one block, their indentation (for a one-line body: what it would be) and one level of it."""

    block: Block
    steps: tuple[Step, ...]
    indentation: str
    unit: str

    @property
    def is_inline(self) -> bool:
        """Whether this is the body of `if x: a; b`."""
        return isinstance(self.block, cst.SimpleStatementSuite)

    def index(self, node: cst.CSTNode) -> int:
        """Which step a statement is."""
        return next(index for index, step in enumerate(self.steps) if step.node is node)


def statement_of(tree: Tree, node: cst.CSTNode) -> Statement:
    """The innermost statement that holds a node, which may be the node itself."""
    here: cst.CSTNode | None = node
    while here is not None:
        if isinstance(here, Statement):
            return here
        here = tree.parent(here)
    raise ValueError("the node stands in no statement")


def suite_of(tree: Tree, statement: Statement) -> Suite | None:
    """The suite that a statement is a step of, None where its text cannot be taken apart."""
    holder = tree.parent(statement)
    if isinstance(holder, cst.SimpleStatementLine):
        holder = tree.parent(holder)
    return suite(tree, holder) if isinstance(holder, Block) else None


def suite(tree: Tree, block: cst.BaseSuite | cst.Module) -> Suite | None:
    """The suite of a block, None for a one-line body that begins behind a backslash."""
    assert isinstance(block, Block)
    steps = tuple(_steps(tree, block))
    if not steps:
        return None
    if isinstance(block, cst.SimpleStatementSuite):
        unit = tree.default_indent
        owner = tree.parents[block]
        if not tree.line(steps[0].start[0])[: steps[0].start[1]].strip():
            return None
        return Suite(block, steps, tree.indentation(tree.start(owner)[0]) + unit, unit)
    indent = block.indent if isinstance(block, cst.IndentedBlock) else None
    return Suite(block, steps, tree.indentation(steps[0].start[0]), indent or tree.module.default_indent)


def _steps(tree: Tree, block: Block) -> Iterator[Step]:
    if isinstance(block, cst.SimpleStatementSuite):
        for node in block.body:
            yield Step(node, tree.start(node), tree.end(node), True)
        return
    for line in block.body:
        if isinstance(line, cst.SimpleStatementLine):
            for number, node in enumerate(line.body):
                yield Step(node, tree.start(node), tree.end(node), number > 0)
        elif isinstance(line, cst.BaseCompoundStatement):
            yield Step(line, _start_with_decorators(tree, line), tree.end(line), False)


def _start_with_decorators(tree: Tree, statement: cst.BaseCompoundStatement) -> Point:
    decorators = statement.decorators if isinstance(statement, cst.FunctionDef | cst.ClassDef) else ()
    return tree.start(decorators[0] if decorators else statement)


def suites_inside(tree: Tree, node: cst.CSTNode) -> Iterator[Suite]:
    """The suites of a compound statement: its body, handlers, branches, else and finally; not those within these."""
    for child in children(node):
        if isinstance(child, cst.IndentedBlock | cst.SimpleStatementSuite):
            found = suite(tree, child)
            if found:
                yield found
        elif not isinstance(child, cst.BaseExpression):
            yield from suites_inside(tree, child)


def last_row(tree: Tree, owner: Suite, index: int) -> int:
    """The last row of a step, with the comments below it that are indented more deeply than the suite."""
    row = owner.steps[index].end[0]
    if owner.is_inline:
        return row
    last = index + 1 == len(owner.steps)
    bound = len(tree.lines) + 1 if last else owner.steps[index + 1].start[0]
    for below in range(row + 1, bound):
        if tree.is_comment(below) and len(tree.indentation(below)) > len(owner.indentation):
            row = below
        elif not tree.is_blank(below):
            break
    return row


def first_row(tree: Tree, owner: Suite, index: int) -> int:
    """The first row of a step that is not joined, with the comments above it."""
    start = owner.steps[index].start[0]
    above = last_row(tree, owner, index - 1) + 1 if index else _row_below_header(tree, owner)
    return next((row for row in range(above, start) if not tree.is_blank(row)), start)


def _row_below_header(tree: Tree, owner: Suite) -> int:
    row = owner.steps[0].start[0]
    while row > 1 and (tree.is_blank(row - 1) or tree.is_comment(row - 1)) and row - 1 not in tree.frozen_rows:
        row -= 1
    return row


@dataclass(slots=True)
class Shape:
    """What shall become of a suite, by step: extra levels, lines put before and after it (without indentation).

    `ending` are lines put at the end of the suite, behind its last comments.

    Above `tight` steps blank rows go, but no form feeds; `broken` steps get a row of their own; above `apart` steps
    the comments keep their place, so that a line put before the step stands below them. Rows in `gone` are deleted by
    somebody else.
    """

    levels: dict[int, int] = field(default_factory=dict)
    before: dict[int, list[str]] = field(default_factory=dict)
    after: dict[int, list[str]] = field(default_factory=dict)
    ending: list[str] = field(default_factory=list)
    tight: set[int] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)
    apart: set[int] = field(default_factory=set)
    gone: frozenset[int] = frozenset()

    def indent(self, first: int, last: int) -> None:
        """One level more for the steps from `first` to `last`."""
        for index in range(first, last + 1):
            self.levels[index] = self.levels.get(index, 0) + 1


def reshape(tree: Tree, draft: Draft, owner: Suite, shape: Shape) -> None:
    """Write the edits that give a suite its new shape."""
    for index, step in enumerate(owner.steps):
        if step.is_joined:
            _split(tree, draft, owner, index, shape)
        else:
            _part(tree, draft, owner, index, shape)
        _indent(tree, draft, owner, index, shape)
    last = len(owner.steps) - 1
    _append(tree, draft, owner, last, shape)
    if shape.ending:
        row = last_row(tree, owner, last)
        while row < len(tree.lines) and _is_own_comment(tree, owner, row + 1):
            row += 1
        _add_lines(tree, draft, owner, row, shape.ending)


def _is_own_comment(tree: Tree, owner: Suite, row: int) -> bool:
    return not owner.is_inline and tree.is_comment(row) and tree.indentation(row) == owner.indentation


def _add_lines(tree: Tree, draft: Draft, owner: Suite, row: int, lines: list[str]) -> None:
    newline = tree.newline(row)
    draft.insert(tree.row_end(row), "".join(f"{newline}{owner.indentation}{line}" for line in lines))


def _lines(owner: Suite, lines: list[str], newline: str) -> str:
    return "".join(f"{owner.indentation}{line}{newline}" for line in lines)


def _split(tree: Tree, draft: Draft, owner: Suite, index: int, shape: Shape) -> None:
    """Give a joined step a line of its own where its neighbours ask for it."""
    lines = shape.after.get(index - 1, []) + shape.before.get(index, [])
    level = shape.levels.get(index, 0)
    if index and index not in shape.broken and not lines and level == shape.levels.get(index - 1, 0):
        return
    step = owner.steps[index]
    newline = tree.newline(step.start[0])
    start = owner.steps[index - 1].end if index else after_colon(tree, step.start)
    text = newline + _lines(owner, lines, newline) + owner.indentation + owner.unit * level
    draft.replace(start, step.start, text)


def after_colon(tree: Tree, start: Point) -> Point:
    """Where the header of a one-line body ends that begins at a point."""
    return start[0], len(tree.line(start[0])[: start[1]].rstrip())


def _part(tree: Tree, draft: Draft, owner: Suite, index: int, shape: Shape) -> None:
    """Put the lines between a step that begins its row and the step before it."""
    if index:
        _append(tree, draft, owner, index - 1, shape)
    row = owner.steps[index].start[0] if index in shape.apart else first_row(tree, owner, index)
    if index in shape.tight:
        above = row - 1
        while above >= 1 and tree.is_blank(above) and "\x0c" not in tree.line(above):
            draft.delete((above, 0), (above + 1, 0))
            above -= 1
    if shape.before.get(index):
        draft.insert((row, 0), _lines(owner, shape.before[index], tree.newline(row)))


def _append(tree: Tree, draft: Draft, owner: Suite, index: int, shape: Shape) -> None:
    lines = shape.after.get(index)
    if lines:
        row = last_row(tree, owner, index)
        while row in shape.gone:
            row -= 1
        _add_lines(tree, draft, owner, row, lines)


def _indent(tree: Tree, draft: Draft, owner: Suite, index: int, shape: Shape) -> None:
    extra = owner.unit * shape.levels.get(index, 0)
    if not extra:
        return
    step = owner.steps[index]
    if step.is_joined:
        first = step.start[0] + 1
    else:
        first = step.start[0] if index in shape.apart else first_row(tree, owner, index)
    for row in range(first, last_row(tree, owner, index) + 1):
        if row in tree.frozen_rows or row in shape.gone or tree.is_blank(row):
            continue
        column = len(owner.indentation) if tree.line(row).startswith(owner.indentation) else 0
        draft.insert((row, column), extra)
