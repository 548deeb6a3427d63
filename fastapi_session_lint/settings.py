"""The options, declared once: parsing, the pages about them, the schema and the flake8 options read this table."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

TABLE = "fastapi-session-lint"
DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn", ".tox",
    ".venv", ".fsl_cache", "__pycache__", "__pypackages__", "_build", "buck-out", "build", "dist", "node_modules",
    "site-packages", "venv",
)  # fmt: skip
DEFAULT_FACTORY_NAMES = (
    "SessionLocal", "SessionFactory", "SessionMaker", "AsyncSessionLocal", "AsyncSessionFactory", "AsyncSessionMaker",
    "LocalSession", "AsyncLocalSession", "LocalAsyncSession", "session_factory", "session_maker",
    "async_session_factory", "async_session_maker", "async_sessionmaker_", "ScopedSession",
)  # fmt: skip

OUTPUT_FORMATS = (
    "full", "concise", "grouped", "json", "json-lines", "sarif", "github", "gitlab", "junit", "pylint", "azure",
    "rdjson",
)  # fmt: skip


class InvalidSettings(Exception):
    """A configuration or selection that cannot be used; the message is one line for the user."""


class UnknownCode(InvalidSettings):
    """A code or prefix that no rule has."""

    def __init__(self, code: str, nearest: str | None) -> None:
        super().__init__(f"unknown rule `{code}`" + (f"; did you mean `{nearest}`?" if nearest else ""))
        self.code = code


class Kind(enum.Enum):
    """What an option holds, as its documentation says it."""

    CODES = "list of codes or prefixes"
    PATTERNS = "list of patterns"
    FOLDERS = "list of folders"
    NAMES = "list of names"
    FLAG = "true or false"
    VERSION = "version"
    WORD = "word"
    RANGE = "version range"
    FILE = "file"
    FOLDER = "folder"
    CODES_BY_PATTERN = "table of patterns, each with a list of codes or prefixes"
    SEVERITIES = "table of codes or prefixes, each with error, warning or info"

    @property
    def is_list(self) -> bool:
        """Whether it holds several strings."""
        return self in (Kind.CODES, Kind.PATTERNS, Kind.FOLDERS, Kind.NAMES)

    @property
    def is_table(self) -> bool:
        """Whether it holds keys with values."""
        return self in (Kind.CODES_BY_PATTERN, Kind.SEVERITIES)


class Place(enum.Enum):
    """Where an option can be given besides a configuration file and `--config`."""

    COMMAND = "command line"
    FLAKE8 = "flake8"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the table says of an option: `doc` begins with a sentence that stands alone, `example` is TOML."""

    kind: Kind
    doc: str
    example: str
    words: tuple[str, ...] = ()
    places: frozenset[Place] = frozenset()


class Option(NamedTuple):
    """An option of the table: `name` is its key in a file, `field` that of Settings."""

    name: str
    field: str
    default: Any
    declared: Declaration

    @property
    def summary(self) -> str:
        """The first sentence of its documentation, without its full stop."""
        return self.declared.doc.partition(". ")[0].removesuffix(".")


def _option(default: Any, kind: Kind, doc: str, example: str, *places: Place, words: tuple[str, ...] = ()) -> Any:
    """A field of Settings with its row of the table."""
    declared = Declaration(kind, doc, example, words, frozenset(places))
    return field(default=default, metadata={"declared": declared})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked for. A key in a configuration file is the field's name with hyphens.

    `select` None means the default set; versions None mean what the project says, else the newest release.
    """

    extend: str | None = _option(
        None,
        Kind.FILE,
        "A configuration file whose options hold where this one says nothing. Its path is relative to this file. Codes "
        "that are selected or ignored here are laid over those there, and `extend-exclude` is added; all else replaces "
        "what stands there.",
        '"../pyproject.toml"',
    )
    required_version: str | None = _option(
        None,
        Kind.RANGE,
        "The versions of fastapi-session-lint that may read this configuration. Any other stops with exit code 2.",
        '">=0.1"',
    )
    select: tuple[str, ...] | None = _option(
        None,
        Kind.CODES,
        "Codes or prefixes to report; ALL is every rule. Without it the rules run that are on by default. Of several "
        "prefixes that name a code, in this and the other lists, the longest decides.",
        '["FSL1", "FSL201"]',
        Place.COMMAND,
    )
    ignore: tuple[str, ...] = _option(
        (),
        Kind.CODES,
        "Codes or prefixes to leave out. The longer prefix wins over `select`; on a tie this one wins.",
        '["FSL501"]',
        Place.COMMAND,
    )
    extend_select: tuple[str, ...] = _option(
        (), Kind.CODES, "Codes or prefixes to add to the selection.", '["FSL209"]', Place.COMMAND
    )
    extend_ignore: tuple[str, ...] = _option(
        (), Kind.CODES, "Codes or prefixes to add to those left out.", '["FSL505"]', Place.COMMAND
    )
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = _option(
        (),
        Kind.CODES_BY_PATTERN,
        "Codes or prefixes to leave out in the files that a pattern names. Patterns are read as in a .gitignore file "
        "that lies beside the configuration file; one that begins with `!` names all other files. A comment that "
        "suppresses such a code is not called unused.",
        '{ "tests/" = ["FSL1", "FSL505"], "!app/" = ["FSL3"] }',
    )
    severity: tuple[tuple[str, str], ...] = _option(
        (),
        Kind.SEVERITIES,
        "The severities of findings, by code or prefix, in place of the rules' own. The longest prefix decides. What "
        "fails a run is up to `fail-on`.",
        '{ FSL5 = "info", FSL503 = "error" }',
    )
    fixable: tuple[str, ...] = _option(
        ("ALL",), Kind.CODES, "Codes or prefixes whose fixes are offered.", '["FSL1", "FSL501"]', Place.COMMAND
    )
    unfixable: tuple[str, ...] = _option(
        (),
        Kind.CODES,
        "Codes or prefixes whose fixes are not offered. The longer prefix wins over `fixable`; on a tie this one wins.",
        '["FSL408"]',
        Place.COMMAND,
    )
    unsafe_fixes: bool = _option(
        False,
        Kind.FLAG,
        "With --fix, also apply fixes that may change behaviour. Review what they did.",
        "true",
        Place.COMMAND,
    )
    extend_safe_fixes: tuple[str, ...] = _option(
        (),
        Kind.CODES,
        "Codes or prefixes whose unsafe fixes are taken for safe ones. Fixes for display stay what they are.",
        '["FSL201"]',
    )
    extend_unsafe_fixes: tuple[str, ...] = _option(
        (),
        Kind.CODES,
        "Codes or prefixes whose safe fixes are taken for unsafe ones. Where `extend-safe-fixes` names the code "
        "too, the longer prefix decides, and on a tie this list.",
        '["FSL501"]',
    )
    preview: bool = _option(
        False,
        Kind.FLAG,
        "Let rules run that are still being tried out. They must be on by default or selected as well, and may change "
        "in any release.",
        "true",
        Place.COMMAND,
        Place.FLAKE8,
    )
    plugins: tuple[str, ...] = _option(
        (),
        Kind.NAMES,
        "Packages of rules to run besides our own, by the names of their entry points. Nothing is loaded that is not "
        "named here (docs/plugins.md).",
        '["house-rules"]',
        Place.FLAKE8,
    )
    exclude: tuple[str, ...] = _option(
        DEFAULT_EXCLUDE,
        Kind.PATTERNS,
        "Folders and gitignore-like patterns that are not read. They start at the folder of the configuration file, on "
        "the command line at the current one. A file that is named on the command line is read all the same, unless "
        "`force-exclude` is set.",
        '["build", "generated/*.py"]',
        Place.COMMAND,
    )
    extend_exclude: tuple[str, ...] = _option(
        (), Kind.PATTERNS, "Patterns to add to `exclude`.", '["migrations"]', Place.COMMAND
    )
    force_exclude: bool = _option(
        False,
        Kind.FLAG,
        "Leave out excluded files even when they are named on the command line. pre-commit names each file.",
        "true",
        Place.COMMAND,
    )
    respect_gitignore: bool = _option(True, Kind.FLAG, "Leave out what .gitignore files name.", "false", Place.COMMAND)
    src: tuple[str, ...] = _option(
        (),
        Kind.FOLDERS,
        "Folders from which absolute imports start, besides those found. They are relative to the folder of the "
        "configuration file.",
        '["backend", "libs/common/src"]',
        Place.FLAKE8,
    )
    target_version: str | None = _option(
        None,
        Kind.VERSION,
        "The Python version that the project runs on. Without it what the project's own files say holds.",
        '"3.12"',
        Place.COMMAND,
        Place.FLAKE8,
    )
    sqlalchemy_version: str | None = _option(
        None,
        Kind.VERSION,
        "The SQLAlchemy version that the project uses. Without it what the project's own files say holds.",
        '"2.0"',
        Place.FLAKE8,
    )
    sqlmodel_version: str | None = _option(
        None,
        Kind.VERSION,
        "The SQLModel version that the project uses. Without it what the project's own files say holds.",
        '"0.0.22"',
        Place.FLAKE8,
    )
    fastapi_version: str | None = _option(
        None,
        Kind.VERSION,
        "The FastAPI version that the project uses. Without it what the project's own files say holds.",
        '"0.115"',
        Place.FLAKE8,
    )
    session_factory_names: tuple[str, ...] = _option(
        DEFAULT_FACTORY_NAMES,
        Kind.NAMES,
        "Names that are taken for session factories when their import cannot be followed. They replace the default "
        "ones; where an import can be followed, what it leads to counts.",
        '["SessionLocal", "MakeDb"]',
        Place.FLAKE8,
    )
    cache_dir: str | None = _option(
        None,
        Kind.FOLDER,
        "The folder of the cache, in place of a `.fsl_cache` in each project. `--cache-dir` and the environment's "
        "`FSL_CACHE_DIR` win over it, and `--no-cache` does without.",
        '".cache/fsl"',
    )
    baseline: str | None = _option(
        None,
        Kind.FILE,
        "The file of known findings, which are not reported. `fsl check --write-baseline` writes it; `--baseline` "
        "names another one, and `--no-baseline` reports everything.",
        '"fsl-baseline.json"',
    )
    output_format: str = _option("full", Kind.WORD, "The form of the report.", '"concise"', words=OUTPUT_FORMATS)
    fail_on: str = _option(
        "warning",
        Kind.WORD,
        "The least severity that makes the exit code 1.",
        '"error"',
        Place.COMMAND,
        words=("error", "warning", "info"),
    )

    def asks_for(self, code: str) -> bool:
        """Whether a selector names a rule, so that it does not run for being in the default set alone."""
        return any(one == "ALL" or code.startswith(one) for one in (self.select or ()) + self.extend_select)


def options() -> Iterator[Option]:
    """The rows of the table, in its order."""
    for one in fields(Settings):
        yield Option(one.name.replace("_", "-"), one.name, one.default, one.metadata["declared"])
