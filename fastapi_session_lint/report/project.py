"""What was understood of a project, as text to read or as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi_session_lint.inventory import Inventory, Known, Route
from fastapi_session_lint.report.base import shown_path
from fastapi_session_lint.report.display import Palette, visible, width

_WIDEST = 48
"""Columns that a part of a line is given at most before the next one simply follows it."""


def render_text(inventories: Mapping[str, Inventory], folder: str, palette: Palette) -> Iterator[str]:
    """One block for each root; paths are shown as seen from `folder`."""
    for root, one in inventories.items():
        yield palette.paint("bold", visible(shown_path(root, folder))) + "\n"
        yield from (f"  {visible(releases)}\n" for releases in one.versions)
        yield from _block("engines", [_line(known, folder) for known in one.engines], palette)
        yield from _block("factories", [_line(known, folder) for known in one.factories], palette)
        yield from _block("dependencies", [_line(known, folder) for known in one.dependencies], palette)
        yield from _block("routes", [_route(route, folder) for route in one.routes], palette)
        yield from _block("not resolved", [_line(known, folder) for known in one.unresolved], palette)


def render_json(inventories: Mapping[str, Inventory]) -> Iterator[str]:
    """An array with an object for each root, its paths absolute, rows counted from 1."""
    found: list[dict[str, Any]] = [{"root": root, **dataclasses.asdict(one)} for root, one in inventories.items()]
    yield json.dumps(found, indent=2) + "\n"


def _line(known: Known, folder: str) -> tuple[str, ...]:
    return _place(known.path, known.row, folder), known.name or "(no name)", known.what, known.detail


def _route(route: Route, folder: str) -> tuple[str, ...]:
    sessions = "; ".join(
        " ".join(part for part in (one.what, _from(one.source), f"as {', '.join(one.names)}") if part)
        for one in route.sessions
    )
    operation = f"{route.method.upper()} {route.url or '/'}"
    return _place(route.path, route.row, folder), route.name, operation, sessions or "no session"


def _from(source: str) -> str:
    return source if source in ("", "made here") else f"from {source}"


def _place(path: str, row: int | None, folder: str) -> str:
    shown = shown_path(path, folder)
    return shown if row is None else f"{shown}:{row}"


def _block(title: str, rows: Sequence[tuple[str, ...]], palette: Palette) -> Iterator[str]:
    yield f"\n  {palette.paint('gutter', title)} ({len(rows)})\n"
    columns = [min(_WIDEST, max(map(width, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [visible(cell) for cell in row]
        padded = [cell + " " * max(0, size - width(cell)) for cell, size in zip(cells, columns, strict=True)]
        yield f"    {'  '.join(padded).rstrip()}\n"
