"""Findings as bytes and back: JSON, of which every part is checked when it is read, as anyone may have written it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi_session_lint.findings import (
    Applicability,
    Edit,
    Finding,
    Fix,
    Note,
    Repair,
    RepairKind,
    Severity,
    Span,
)

_SPAN_SIZE = 4


def encoded(findings: Sequence[Finding], paths: Sequence[str]) -> bytes | None:
    """The findings as bytes, where each file is a number in `paths`; None when one is about none of them."""
    numbers = {path: number for number, path in enumerate(paths)}
    try:
        return json.dumps([_finding(one, numbers) for one in findings], separators=(",", ":")).encode()
    except KeyError:
        return None


def decoded(data: bytes, paths: Sequence[str]) -> list[Finding] | None:
    """The findings that the bytes stand for; None when they stand for none."""
    try:
        return [_read_finding(one, paths) for one in _items(json.loads(data))]
    except (ValueError, TypeError, IndexError, RecursionError):
        return None


def files_encoded(found: Mapping[str, Sequence[Finding]], paths: Sequence[str]) -> bytes | None:
    """The findings in some files as bytes, with the files that have none, as `encoded` has them."""
    numbers = {path: number for number, path in enumerate(paths)}
    findings = [one for some in found.values() for one in some]
    try:
        told = [[numbers[path] for path in found], [_finding(one, numbers) for one in findings]]
    except KeyError:
        return None
    return json.dumps(told, separators=(",", ":")).encode()


def files_decoded(data: bytes, paths: Sequence[str]) -> dict[str, list[Finding]] | None:
    """The findings in each of some files that the bytes stand for; None when they stand for none."""
    try:
        files, findings = _items(json.loads(data))
        found: dict[str, list[Finding]] = {_path(one, paths): [] for one in _items(files)}
        for one in _items(findings):
            finding = _read_finding(one, paths)
            found[finding.path].append(finding)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return found


def _finding(one: Finding, numbers: Mapping[str, int]) -> list[Any]:
    trail = [[numbers[note.path], _span(note.span), note.message] for note in one.trail]
    head = [one.code, one.name, one.severity.value, one.message, numbers[one.path], _span(one.span), trail]
    return [*head, _repair(one.repair), _fix(one.fix), one.site]


def _span(span: Span) -> list[int]:
    return [span.row, span.column, span.end_row, span.end_column]


def _repair(repair: Repair | None) -> list[Any] | None:
    if repair is None:
        return None
    return [
        repair.kind.value,
        _span(repair.span),
        repair.subject,
        repair.is_async,
        repair.limit.value,
        list(repair.own_imports),
    ]


def fixes_encoded(fixes: Sequence[Fix | None]) -> bytes:
    """Fixes as bytes."""
    return json.dumps([_fix(one) for one in fixes], separators=(",", ":")).encode()


def fixes_decoded(data: bytes, count: int) -> list[Fix | None] | None:
    """So many fixes that the bytes stand for; None when they stand for something else."""
    try:
        found = [None if one is None else _read_fix(one) for one in _items(json.loads(data))]
    except (ValueError, TypeError, IndexError, RecursionError):
        return None
    return found if len(found) == count else None


def _fix(fix: Fix | None) -> list[Any] | None:
    if fix is None:
        return None
    return [fix.title, fix.applicability.value, [[_span(edit.span), edit.content] for edit in fix.edits]]


def _read_finding(value: Any, paths: Sequence[str]) -> Finding:
    code, name, severity, message, path, span, trail, repair, fix, site = _items(value)
    return Finding(
        _text(code),
        _text(name),
        Severity(severity),
        _text(message),
        _path(path, paths),
        _read_span(span),
        tuple(_read_note(note, paths) for note in _items(trail)),
        None if repair is None else _read_repair(repair),
        None if fix is None else _read_fix(fix),
        None if site is None else _read_site(site),
    )


def _read_site(value: Any) -> tuple[str, str]:
    function, text = _items(value)
    return _text(function), _text(text)


def _read_note(value: Any, paths: Sequence[str]) -> Note:
    path, span, message = _items(value)
    return Note(_path(path, paths), _read_span(span), _text(message))


def _read_repair(value: Any) -> Repair:
    kind, span, subject, is_async, limit, own_imports = _items(value)
    return Repair(
        RepairKind(kind),
        _read_span(span),
        _text(subject),
        _flag(is_async),
        Applicability(limit),
        tuple(_text(name) for name in _items(own_imports)),
    )


def _read_fix(value: Any) -> Fix:
    title, applicability, edits = _items(value)
    pairs = [_items(edit) for edit in _items(edits)]
    return Fix(
        _text(title),
        Applicability(applicability),
        tuple(Edit(_read_span(span), _text(content)) for span, content in pairs),
    )


def _read_span(value: Any) -> Span:
    numbers = [_number(one) for one in _items(value)]
    if len(numbers) != _SPAN_SIZE:
        raise ValueError
    return Span(*numbers)


def _path(value: Any, paths: Sequence[str]) -> str:
    return paths[_number(value)]


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value
