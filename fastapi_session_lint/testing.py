"""The fixtures runner: small projects whose comments say what is reported in them, held to what is reported.

`# expect: FSL101` at the end of a line names the code that is reported there, `# expect: FSL101:info` the severity as
well; `# settings: sqlalchemy-version = "1.4"` as the first line of a module sets options. A folder of fixtures holds a
folder for each group, and in it modules `bad_….py` and `good_….py`, or folders for projects of several modules.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fastapi_session_lint import engine
from fastapi_session_lint.findings import Finding
from fastapi_session_lint.options import parse
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

PROJECT = "/project"  # a neutral place: under tests/ everything would count as test code
_CODE = rb"[A-Z]{2,10}\d{3}(?::(?:error|warning|info))?"
_EXPECTATION = re.compile(rb"#\s*expect:\s*(" + _CODE + rb"(?:\s*,\s*" + _CODE + rb")*)\s*$")
_LOOKS_LIKE_ONE = re.compile(rb"#\s*expect(ed|s)?\b", re.IGNORECASE)
_SETTINGS = re.compile(rb"(?:\xef\xbb\xbf)?# settings: (.+)")


class Expectation(NamedTuple):
    """What a comment says: a code is reported on a row, with this severity where it is given."""

    path: str
    row: int
    code: str
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Fixture:
    """One small project. `files` are its modules by their path inside it."""

    group: str
    name: str
    files: Mapping[str, Path]

    @property
    def sources(self) -> list[Source]:
        """Its modules, in a neutral place."""
        return [Source(f"{PROJECT}/{inside}", path.read_bytes()) for inside, path in self.files.items()]

    @property
    def settings(self) -> Settings:
        """Every rule, with the options of its first lines."""
        return settings_of([path.read_bytes() for path in self.files.values()])

    def file(self, source_path: str) -> Path:
        """The file of a source of this project."""
        return self.files[source_path.removeprefix(f"{PROJECT}/")]


def is_snapshot(path: Path) -> bool:
    """Whether a file keeps the fixed text of another one."""
    return path.name.endswith(".fixed.py")


def snapshot(path: Path) -> Path:
    """Where the fixed text of a module is kept."""
    return path.with_name(f"{path.stem}.fixed.py")


def _modules_under(folder: Path) -> dict[str, Path]:
    paths = sorted(path for path in folder.rglob("*.py") if not is_snapshot(path))
    return {path.relative_to(folder).as_posix(): path for path in paths}


def fixtures_under(root: Path) -> Iterator[Fixture]:
    """The fixtures in a folder of groups, in their order."""
    for group in sorted(path for path in root.iterdir() if path.is_dir()):
        for path in sorted(group.iterdir()):
            if path.is_dir() and (files := _modules_under(path)):
                yield Fixture(group.name, path.name, files)
            elif path.suffix == ".py" and not is_snapshot(path):
                yield Fixture(group.name, path.name, {path.name: path})


def settings_of(texts: Sequence[bytes]) -> Settings:
    """All rules, those in preview too, with the options of `# settings:` first lines."""
    values: dict[str, object] = {"select": ("ALL",), "preview": True}
    for text in texts:
        if found := _SETTINGS.match(text):
            table = tomllib.loads(f"options = {{ {found[1].decode()} }}")["options"]
            values |= parse(table, "first line")
    return Settings(**values)  # type: ignore[arg-type]  # parse has checked names and types


def expectations_in(path: str, text: bytes) -> Iterator[Expectation]:
    """What the comments of a module expect. Raises ValueError for a comment that only looks like an expectation."""
    for row, line in enumerate(text.splitlines(), start=1):
        if found := _EXPECTATION.search(line):
            for item in found[1].decode().split(","):
                code, _, severity = item.strip().partition(":")
                yield Expectation(path, row, code, severity or None)
        elif _LOOKS_LIKE_ONE.search(line):
            raise ValueError(f"{path}:{row}: an expectation is `# expect: FSL101, FSL102:info` at the end of its line")


def expected(fixture: Fixture) -> set[Expectation]:
    """What the comments of a fixture expect."""
    return {one for source in fixture.sources for one in expectations_in(source.path, source.data)}


def _places(expectations: Iterable[Expectation]) -> set[Expectation]:
    """Where something is expected, whatever its severity."""
    return {one._replace(severity=None) for one in expectations}


def reported(findings: Iterable[Finding]) -> set[Expectation]:
    """What was reported, in the form of expectations."""
    return {Expectation(one.path, one.span.row, one.code, one.severity) for one in findings}


def differences(fixture: Fixture, rules: Sequence[Rule] | None = None) -> tuple[list[Expectation], list[Expectation]]:
    """What should be reported and is not, or not with this severity; and what is reported and should not be.

    `rules` are all that run; ours where None. Raises ValueError for a comment that only looks like an expectation.
    """
    found = reported(engine.check(fixture.sources, fixture.settings, rules=rules))
    wanted = expected(fixture)
    missed = {one for one in wanted if one not in (found if one.severity else _places(found))}
    return sorted(missed, key=str), sorted(_places(found) - _places(wanted), key=str)
