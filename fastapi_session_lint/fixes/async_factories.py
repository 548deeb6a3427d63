"""A factory of async sessions put right: made by `async_sessionmaker`, or told that objects do not expire."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.arguments import add_keyword
from fastapi_session_lint.fixes.edits import Draft, Point
from fastapi_session_lint.fixes.imports import bring
from fastapi_session_lint.fixes.names import variables
from fastapi_session_lint.fixes.tree import Tree, children
from fastapi_session_lint.fixes.unused_import import drop_imports, spare_imports
from fastapi_session_lint.vocabulary import ASYNC_MAKER_MODULE, ASYNC_MAKER_NAME, EXPIRE_OPTION


def use_async_maker(tree: Tree, repair: Repair) -> Fix | None:
    """`sessionmaker(…)` becomes `async_sessionmaker(…)`; the argument that `subject` names goes, being its default.

    Unsafe where the file also names the old factory's type, in an annotation or a test of a value.
    """
    call = tree.find(repair.span, cst.Call)
    maker = _maker(call.func) if call is not None else None
    if call is None or maker is None or _name(maker) == ASYNC_MAKER_NAME:
        return None
    draft = Draft()
    dropped = _drop_argument(tree, draft, call, repair.subject) if repair.subject else None
    gone = [one for one in (maker, dropped) if isinstance(one, cst.Name) and one.value in repair.own_imports]
    spare = spare_imports(tree, gone)
    new = bring(tree, draft, ASYNC_MAKER_MODULE, ASYNC_MAKER_NAME, row=tree.start(call)[0], spare=spare)
    if new is None:
        return None
    draft.replace(tree.start(maker), tree.end(maker), new)
    drop_imports(tree, draft, spare)
    applicability = Applicability.UNSAFE if _is_named_elsewhere(tree, _name(maker)) else Applicability.SAFE
    return Fix(f"Use `{ASYNC_MAKER_NAME}`", applicability, draft.edits())


def _maker(function: cst.BaseExpression) -> cst.Name | cst.Attribute | None:
    """What is called, without the type in `sessionmaker[AsyncSession](…)`."""
    if isinstance(function, cst.Subscript):
        inner = function.slice[0].slice
        is_type = isinstance(inner, cst.Index) and isinstance(inner.value, cst.Name | cst.Attribute)
        function = function.value if is_type else function
    return function if isinstance(function, cst.Name | cst.Attribute) else None


def _name(maker: cst.Name | cst.Attribute) -> str:
    return maker.attr.value if isinstance(maker, cst.Attribute) else maker.value


def _is_named_elsewhere(tree: Tree, name: str) -> bool:
    """Whether the file reads the old factory's name for anything but a call or an import."""
    module = tree.everywhere(name)
    return any(
        one.value == name and not isinstance(tree.parent(_whole(tree, one)), cst.Call | cst.ImportAlias)
        for one in (*variables(module), *_members(module))
    )


def _whole(tree: Tree, name: cst.Name) -> cst.CSTNode:
    """The expression that is called where a name is: itself, `orm.name`, `name[…]`."""
    node: cst.CSTNode = name
    above = tree.parent(node)
    while (isinstance(above, cst.Attribute) and above.attr is node) or (
        isinstance(above, cst.Subscript) and above.value is node and isinstance(tree.parent(above), cst.Call)
    ):
        node, above = above, tree.parent(above)
    return node


def _members(node: cst.CSTNode) -> list[cst.Name]:
    """The names behind a dot."""
    if isinstance(node, cst.ImportFrom | cst.Import):
        return []
    found = [node.attr] if isinstance(node, cst.Attribute) else []
    return found + [name for child in children(node) for name in _members(child)]


def _keyword(argument: cst.Arg) -> str | None:
    return argument.keyword.value if argument.keyword else None


def _drop_argument(tree: Tree, draft: Draft, call: cst.Call, keyword: str) -> cst.BaseExpression | None:
    """Take a keyword argument out, and give its value; it stays where a comment would go with it, and does no harm."""
    index = next((n for n, one in enumerate(call.args) if _keyword(one) == keyword), None)
    if index is None:
        return None
    start, end = _stretch(tree, call, index)
    if "#" in tree.source(start, end):
        return None
    draft.delete(start, end)
    return call.args[index].value


def _stretch(tree: Tree, call: cst.Call, index: int) -> tuple[Point, Point]:
    """An argument with the comma that goes with it, and its rows where they are its own."""
    argument = call.args[index]
    start = tree.start(argument)
    end = tree.end(argument.comma) if isinstance(argument.comma, cst.Comma) else tree.end(argument.value)
    if not tree.line(start[0])[: start[1]].strip() and not tree.line(end[0])[end[1] :].split("#")[0].strip():
        return (start[0], 0), (end[0] + 1, 0)
    if index + 1 < len(call.args):
        return start, tree.start(call.args[index + 1])
    if index == 0:
        return start, end
    before = call.args[index - 1]
    if isinstance(argument.comma, cst.Comma) and isinstance(before.comma, cst.Comma):
        return tree.end(before.comma), end
    return tree.end(before.value), end


def keep_after_commit(tree: Tree, repair: Repair) -> Fix | None:
    """`expire_on_commit=False` behind the last argument; None where the call says something of it, or may do so."""
    call = tree.find(repair.span, cst.Call)
    if call is None or any(one.star == "**" or _keyword(one) == EXPIRE_OPTION for one in call.args):
        return None
    draft = Draft()
    add_keyword(tree, draft, call, EXPIRE_OPTION, "False")
    return Fix(f"Set `{EXPIRE_OPTION}` to False", Applicability.UNSAFE, draft.edits())
