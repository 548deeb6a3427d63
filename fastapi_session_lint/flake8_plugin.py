"""The flake8 plugin: the same codes, lines and messages as `fsl check` gives for the same paths.

The whole project is read before flake8 makes its processes, and each judges the files that it is given; where they are
no copies of the first one, that one judges all files, and the others have the findings from the cache.
Which of them are shown, and `# noqa`, is flake8's business; our own comments count as they do everywhere.
"""

from __future__ import annotations

import argparse
import ast
import functools
import io
import os
import tokenize
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from fastapi_session_lint import files
from fastapi_session_lint.cache.folder import Caching
from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.findings import Finding, Heeded
from fastapi_session_lint.one_by_one import OneByOne
from fastapi_session_lint.options import checked
from fastapi_session_lint.processes import are_copies
from fastapi_session_lint.runner import check_paths
from fastapi_session_lint.settings import InvalidSettings, Kind, Option, Place, options
from fastapi_session_lint.work import plan

PREFIX = "FSL"
_STDIN = "-"
Violation = tuple[int, int, str, type["Plugin"]]


class Plugin:
    """What flake8 makes for each file, and asks for the violations in it."""

    _run: ClassVar[Run | None] = None

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        """`tree` tells flake8 that whole files are wanted; the engine reads the text itself.

        Raises settings.InvalidSettings for broken configuration.
        """
        del tree
        run = Plugin._run or Run(argparse.Namespace())
        self._findings = run.findings(filename, lines)

    @classmethod
    def add_options(cls, manager: Any) -> None:
        """Declare the options of our table that flake8 users need, for its command line and its configuration."""
        for option in _declared():
            is_flag = option.declared.kind is Kind.FLAG
            manager.add_option(
                f"--fsl-{option.name}",
                parse_from_config=True,
                comma_separated_list=option.declared.kind.is_list,
                help=f"{option.summary}.",
                **({"action": "store_true"} if is_flag else {"metavar": option.declared.kind.name}),
                default=None,
            )

    @classmethod
    def parse_options(cls, _manager: Any, options: argparse.Namespace, _arguments: Sequence[str]) -> None:
        """Take note of what flake8 was asked for, and read it; its processes are made after this.

        Raises flake8's ExecutionError for broken configuration. One of its processes would tell it more at length, and
        now and then flake8 would wait for that process for ever.
        """
        cls._run = Run(options)
        try:
            cls._run.prepare()
        except InvalidSettings as error:
            from flake8.exceptions import ExecutionError

            raise ExecutionError(str(error)) from error

    def run(self) -> Iterator[Violation]:
        """Row, 0-based column, and code with message, for each finding in the file."""
        for finding in self._findings:
            yield finding.span.row, finding.span.column, f"{finding.code} {finding.message}", Plugin


class Run:
    """One run of flake8, as seen by one of its processes."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._paths: Sequence[str] = getattr(given, "filenames", None) or ["."]
        self._display_name: str = getattr(given, "stdin_display_name", "stdin")
        wanted = (getattr(given, "select", None) or []) + (getattr(given, "extend_select", None) or [])
        self._wanted = _ours(wanted)
        self._settings = {one: getattr(given, f"fsl_{one.field}", None) for one in _declared()}

    @functools.cached_property
    def _configurations(self) -> Configurations:
        """What holds for each file. Raises settings.InvalidSettings for an option of flake8's that cannot be used."""
        told = ((one, value) for one, value in self._settings.items() if value is not None)
        values = {one.field: checked(one, value, f"`fsl-{one.name}`") for one, value in told}
        return Configurations({**values, "extend_select": self._wanted})

    def prepare(self) -> None:
        """Do now what all processes need. What else goes wrong is told when a file is asked for.

        Raises settings.InvalidSettings.
        """
        try:
            _ = self._answer
        except InvalidSettings:
            raise
        except Exception:
            return

    def findings(self, filename: str, lines: Sequence[str]) -> list[Finding]:
        """The findings in one file. Raises settings.InvalidSettings."""
        path = files.absolute(filename)
        if filename == self._display_name and _STDIN in self._paths:
            return _check([path], self._configurations, {path: _encoded(lines)}).get(path, [])
        return self._answer(path)

    @functools.cached_property
    def _answer(self) -> Callable[[str], list[Finding]]:
        """What gives the findings in any file that flake8 was asked for."""
        paths = [path for path in self._paths if path != _STDIN]
        if not are_copies():
            found = _check(paths, self._configurations, {}) if paths else {}
            return lambda path: found.get(path, [])
        one_by_one = OneByOne(plan(paths, self._configurations), Heeded.OWN, _caching())
        one_by_one.prepare()
        return one_by_one.findings


def _declared() -> Iterator[Option]:
    return (one for one in options() if Place.FLAKE8 in one.declared.places)


def _check(paths: Sequence[str], configurations: Configurations, given: dict[str, bytes]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in check_paths(
        paths, configurations=configurations, given=given, with_fixes=False, heeded=Heeded.OWN, caching=_caching()
    ):
        found.setdefault(finding.path, []).append(finding)
    return found


def _caching() -> Caching:
    chosen = os.environ.get("FSL_CACHE_DIR")
    return Caching(True, files.absolute(chosen) if chosen else None)


def _ours(selectors: Sequence[str]) -> tuple[str, ...]:
    """Those of flake8's selectors that name some of our rules, so that one which is off by default is switched on.

    The bare prefix names the plugin, as everybody writes it who lists plugins in `select`: it switches nothing on.
    """
    named = [one for one in selectors if one.startswith(PREFIX) and one != PREFIX]
    if not named:
        return ()
    from fastapi_session_lint.rules import all_rules  # late: there are very many

    codes = [rule.code for rule in all_rules()]
    return tuple(one for one in named if any(code.startswith(one) for code in codes))


def _encoded(lines: Sequence[str]) -> bytes:
    """The text as the bytes that it was read from, as far as its encoding declaration tells."""
    text = "".join(lines)
    data = text.encode(errors="surrogatepass")
    try:
        return text.encode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except (SyntaxError, UnicodeEncodeError):
        return data
