"""A comment that suppresses nothing taken out, or those of its codes that do."""

from __future__ import annotations

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.suppressions import Comment, Kind, comments


def remove_suppression(tree: Tree, repair: Repair) -> Fix | None:
    """The comment at the span without the codes of the subject; without any left, no comment, nor a block's end."""
    found = comments("".join(tree.lines))
    comment = next((one for one in found if one.span == repair.span), None)
    if comment is None:
        return None
    idle = set(repair.subject.split(",")) if repair.subject else set(comment.codes or ())
    left = [code for code in comment.codes or () if code not in idle]
    draft = Draft()
    _shorten(tree, draft, comment, left)
    end = _end(comment, found) if not left else None
    if end is not None:
        _shorten(tree, draft, end, [])
    title = f"Remove `{', '.join(sorted(idle))}` from the comment" if left else "Remove the comment"
    return Fix(title, Applicability.SAFE, draft.edits())


def _end(comment: Comment, found: list[Comment]) -> Comment | None:
    """The `enable` that ends a block, where it ends no other."""
    if comment.kind is not Kind.DISABLE:
        return None
    begins = [one for one in found if one.kind is Kind.DISABLE]
    ends = [one for one in found if one.kind is Kind.ENABLE and one.first > comment.first]
    if not ends or ends[0].codes != comment.codes or any(comment.first < one.first < ends[0].first for one in begins):
        return None
    return ends[0]


def _shorten(tree: Tree, draft: Draft, comment: Comment, left: list[str]) -> None:
    if left:
        first, last = comment.code_spans[0], comment.code_spans[-1]
        draft.replace((first.row, first.column), last.end, ", ".join(left))
        return
    span = comment.span
    before, after = tree.line(span.row)[: span.column], tree.line(span.row)[span.end_column :].strip()
    if after.startswith("#"):
        kept = tree.line(span.row).index(after, span.end_column)
        draft.delete((span.row, span.column), (span.row, kept))
    elif after:
        draft.replace((span.row, span.column), (span.row, tree.line(span.row).index(after, span.end_column)), "# ")
    elif before.strip():
        draft.delete((span.row, len(before.rstrip())), tree.row_end(span.row))
    elif span.row < len(tree.lines):
        draft.delete((span.row, 0), (span.row + 1, 0))
    else:
        draft.delete((span.row, 0), tree.row_end(span.row))
