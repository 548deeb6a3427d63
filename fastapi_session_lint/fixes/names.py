"""Which names a stretch of code reads and binds, and whether a variable's value is seen outside of it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator

import libcst as cst

from fastapi_session_lint.fixes.suites import Statement, Suite, statement_of, suite_of
from fastapi_session_lint.fixes.tree import Tree, children

_FUNCTIONS = cst.FunctionDef | cst.Lambda
_LOOPS = cst.For | cst.While
_SPECIAL = frozenset({cst.Name, cst.Attribute, cst.Arg, cst.MatchKeywordElement, cst.ImportAlias, cst.ImportFrom})
"""The nodes in which not every name is a variable."""


def variables(node: cst.CSTNode) -> Iterator[cst.Name]:
    """Every name below a node that stands for a variable: no attributes, no keywords."""
    if type(node) not in _SPECIAL:  # libcst's classes are abstract ones, which `isinstance` is slow with
        for child in children(node):
            yield from variables(child)
        return
    match node:
        case cst.Name():
            yield node
        case cst.Attribute(value=value) | cst.Arg(value=value) | cst.MatchKeywordElement(pattern=value):
            yield from variables(value)
        case cst.ImportAlias(name=name, asname=alias):
            yield _bound_by_import(name, alias)
        case cst.ImportFrom(names=names):
            if not isinstance(names, cst.ImportStar):
                for one in names:
                    yield from variables(one)


def _bound_by_import(name: cst.BaseExpression, alias: cst.AsName | None) -> cst.Name:
    here = alias.name if alias else name
    while isinstance(here, cst.Attribute):
        here = here.value
    assert isinstance(here, cst.Name)
    return here


def mentions(tree: Tree, root: cst.CSTNode, name: str) -> list[cst.Name]:
    """Where a variable of the scope around a node is read or bound in the node.

    A nested function's own variable of that name is another.
    """
    scope = tree.scope(root)
    return [
        one
        for one in variables(_looked_through(tree, root, name))
        if one.value == name and not _is_foreign(tree, one, scope)
    ]


def scope_mentions(tree: Tree, scope: cst.CSTNode, name: str) -> list[cst.Name]:
    """Where a variable of a function, class or module is read or bound."""
    found = variables(_looked_through(tree, scope, name))
    return [one for one in found if one.value == name and not _is_foreign(tree, one, scope)]


def _looked_through(tree: Tree, root: cst.CSTNode, name: str) -> cst.CSTNode:
    return tree.everywhere(name) if root is tree.module else root


def _is_foreign(tree: Tree, name: cst.Name, scope: cst.CSTNode) -> bool:
    """Whether a function nested in the scope, around a name, binds that name itself."""
    inside: cst.CSTNode = name
    for above in tree.ancestors(name):
        if above is scope:
            return False
        if isinstance(above, _FUNCTIONS) and is_local(tree, above, name.value):
            # A default value is read in the scope around the function.
            return inside is above.body or isinstance(tree.parent(name), cst.Param)
        inside = above
    return False


def is_local(tree: Tree, function: cst.FunctionDef | cst.Lambda, name: str) -> bool:
    """Whether a function has a variable of this name of its own."""
    params = function.params
    own = [*params.posonly_params, *params.params, *params.kwonly_params, params.star_arg, params.star_kwarg]
    if any(isinstance(one, cst.Param) and one.name.value == name for one in own):
        return True
    names = [one for one in variables(function.body) if one.value == name and tree.scope(one) is function]
    if any(isinstance(tree.parent(one), cst.NameItem) for one in names):
        return False
    return any(is_binding(tree, one) for one in names)


def is_binding(tree: Tree, name: cst.Name) -> bool:
    """Whether a name is bound, rebound, deleted or declared here, rather than read."""
    inside: cst.CSTNode = name
    for above in tree.ancestors(name):
        match above:
            case cst.Attribute() if isinstance(_outermost(tree, above), cst.ImportAlias):
                return True
            case cst.Element() | cst.StarredElement() | cst.Tuple() | cst.List():
                inside = above
            case cst.AssignTarget() | cst.Del() | cst.AsName() | cst.ImportAlias() | cst.NameItem() | cst.Param():
                return True
            case cst.MatchAs(name=bound) | cst.MatchStar(name=bound) | cst.MatchMapping(rest=bound):
                return bound is inside
            case cst.AnnAssign() | cst.AugAssign() | cst.For() | cst.CompFor() | cst.NamedExpr():
                return above.target is inside
            case cst.FunctionDef() | cst.ClassDef():
                return above.name is inside
            case _:
                return False
    return False


def _outermost(tree: Tree, attribute: cst.Attribute) -> cst.CSTNode | None:
    """What holds a dotted name."""
    above: cst.CSTNode | None = attribute
    while isinstance(above, cst.Attribute):
        above = tree.parent(above)
    return above


def bound_names(tree: Tree, nodes: Iterable[cst.CSTNode]) -> set[str]:
    """The names that some statements bind, those of functions nested in them left out."""
    found = set()
    for node in nodes:
        scope = tree.scope(node)
        for name in variables(node):
            if is_binding(tree, name) and (tree.scope(name) is scope or _names_its_scope(tree, name)):
                found.add(name.value)
    return found


def _names_its_scope(tree: Tree, name: cst.Name) -> bool:
    holder = tree.parent(name)
    return isinstance(holder, cst.FunctionDef | cst.ClassDef) and holder.name is name


def is_captured(tree: Tree, name: cst.Name, scope: cst.CSTNode) -> bool:
    """Whether a name stands in a function or lambda nested in the scope, which may run at any time."""
    return tree.scope(name) is not scope


def is_taken(tree: Tree, name: str) -> bool:
    """Whether a name means something anywhere in the file already, or is a builtin."""
    return hasattr(builtins, name) or any(one.value == name for one in variables(tree.everywhere(name)))


def escapes(tree: Tree, creation: Statement, block: Iterable[cst.CSTNode], name: str) -> bool:
    """Whether the value that `creation` binds to the name may be read outside of it and of the block's statements.

    A mention that another binding surely comes before is about another value, as in a sibling branch.
    """
    inside = {creation, *block}
    scope = tree.scope(creation)
    for mention in scope_mentions(tree, scope, name):
        if mention in inside or any(above in inside for above in tree.ancestors(mention)):
            continue
        if tree.scope(mention) is not scope or not _is_about_another(tree, mention, creation):
            return True
    return False


def _is_about_another(tree: Tree, mention: cst.Name, creation: Statement) -> bool:
    if is_binding(tree, mention):
        return not isinstance(tree.parent(mention), cst.NameItem)
    binding = _binding_before(tree, mention)
    if tree.start(mention) > tree.start(creation):
        return binding is not None and tree.start(binding) > tree.start(creation)
    loop = _common_loop(tree, mention, creation)
    return loop is None or (binding is not None and loop in tree.ancestors(binding))


def _binding_before(tree: Tree, mention: cst.Name) -> Statement | None:
    """The nearest plain assignment to the name that always runs before the mention, within the same function."""
    statement = statement_of(tree, mention)
    while True:
        around = suite_of(tree, statement)
        if around is None:
            return None
        found = _last_binding(around, around.index(statement), mention.value)
        if found is not None:
            return found
        outer = next((above for above in tree.ancestors(around.block) if isinstance(above, Statement)), None)
        if outer is None or isinstance(outer, cst.FunctionDef | cst.ClassDef):
            return None
        statement = outer


def _last_binding(around: Suite, before: int, name: str) -> Statement | None:
    for step in reversed(around.steps[:before]):
        match step.node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=bound))]) if bound == name:
                return step.node
            case cst.AnnAssign(target=cst.Name(value=bound), value=cst.BaseExpression()) if bound == name:
                return step.node
    return None


def _common_loop(tree: Tree, one: cst.CSTNode, other: cst.CSTNode) -> cst.CSTNode | None:
    """The innermost loop around both nodes."""
    loops = {above for above in tree.ancestors(one) if isinstance(above, _LOOPS)}
    return next((above for above in tree.ancestors(other) if above in loops), None)
