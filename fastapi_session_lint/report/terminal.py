"""Standard output and standard error as a command meets them: terminals, files, closed pipes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping

from fastapi_session_lint.report.display import visible

_LINKING_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio", "WarpTerminal"})
_LINKING_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "contour")
_LINKING_VARIABLES = ("KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM")
_FIRST_VTE = 5000
"""VTE 0.50; older ones show the address as text."""


class Terminal:
    """Where a command writes. A reader that goes away is no error: what it does not want to read is dropped."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` are the variables of the process."""
        self._environment = environment
        self._is_open = True
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a character that has no form here must not stop a run

    def has_colors(self, choice: str) -> bool:
        """Whether to use colours, by the choice (auto, always or never) and, for auto, by the environment.

        https://no-color.org and https://force-color.org
        """
        if choice != "auto":
            return choice == "always"
        if self._environment.get("NO_COLOR"):
            return False
        if self._environment.get("FORCE_COLOR"):
            return True
        return sys.stdout.isatty() and self._environment.get("TERM") != "dumb"

    def has_links(self, choice: str) -> bool:
        """Whether to make hyperlinks: where colours are, standard output is a terminal, and it is known to have them.

        FORCE_HYPERLINK decides where it is set, 0 for never.
        """
        forced = self._environment.get("FORCE_HYPERLINK")
        if forced:
            return forced != "0" and self.has_colors(choice)
        return self.has_colors(choice) and sys.stdout.isatty() and _knows_links(self._environment)

    def columns(self) -> int | None:
        """The width of the terminal, or the variable COLUMNS; None where lines may be of any length."""
        if not (self._environment.get("COLUMNS") or sys.stdout.isatty()):
            return None
        import shutil  # late: a report for programs asks for no width

        return max(40, shutil.get_terminal_size().columns)

    def write(self, text: str) -> None:
        """Write to standard output."""
        if self._is_open:
            try:
                sys.stdout.write(text)
            except BrokenPipeError:
                self.close()

    def write_bytes(self, data: bytes) -> None:
        """Write to standard output, to the byte."""
        self.flush()
        if self._is_open:
            try:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                self.close()

    def flush(self) -> None:
        """Send what was written."""
        if self._is_open:
            try:
                sys.stdout.flush()
            except BrokenPipeError:
                self.close()

    def close(self) -> None:
        """Drop what is still to be written, or Python would complain about it when it ends."""
        self._is_open = False
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def shows_progress(self) -> bool:
        """Whether standard error is a terminal on which a line can be drawn over."""
        return sys.stderr.isatty() and self._environment.get("TERM") != "dumb"

    def clear(self) -> None:
        """Begin a new screen, where standard output is a terminal."""
        if sys.stdout.isatty() and self._environment.get("TERM") != "dumb":
            self.write("\x1b[2J\x1b[3J\x1b[H")

    def note(self, text: str) -> None:
        """Write to standard error."""
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            return

    def say(self, message: str) -> None:
        """Write one line to standard error."""
        self.note(visible(" ".join(message.split())) + "\n")

    def crash(self, error: BaseException, *, with_traceback: bool) -> None:
        """Say in one line that the fault is ours; where it lies only when that is asked for."""
        if with_traceback:
            import traceback

            self.note("".join(traceback.format_exception(error)))
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        hint = "" if with_traceback else " (-v shows where)"
        self.say(f"internal error: {what}{hint}")


def _knows_links(environment: Mapping[str, str]) -> bool:
    """Whether the variables name a terminal that has hyperlinks; under tmux and screen that cannot be told."""
    if environment.get("TMUX") or environment.get("STY"):
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or environment.get("TERM", "").startswith(_LINKING_TERMS)
        or any(environment.get(one) for one in _LINKING_VARIABLES)
        or (vte.isdigit() and int(vte) >= _FIRST_VTE)
    )
