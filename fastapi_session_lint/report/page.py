"""A Markdown page on a terminal."""

from __future__ import annotations

import io


def page(markdown: str, columns: int | None) -> str:
    """The page laid out in colour."""
    # Only somebody who reads a page on a terminal waits for these imports.
    from rich.console import Console
    from rich.markdown import Markdown

    stream = io.StringIO()
    Console(file=stream, force_terminal=True, width=min(columns or 80, 120)).print(Markdown(markdown, hyperlinks=False))
    return stream.getvalue()
