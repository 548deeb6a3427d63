"""The options' documentation, as a page, as a JSON schema and for one option, made from the table of options.

`python -m fastapi_session_lint.option_pages .` writes docs/configuration.md and the package's schema below a checkout;
with `--check` it writes nothing and fails when one of them is stale.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi_session_lint.options import SEVERITIES
from fastapi_session_lint.settings import Kind, Option, Place, options

PAGE = "docs/configuration.md"
SCHEMA = "fastapi_session_lint/schema.json"
_INTRODUCTION = """\
<!-- Written by `python -m fastapi_session_lint.option_pages .` from the table in settings.py. -->

# Configuration

Everything is optional. Options stand in the table `[tool.fastapi-session-lint]` of a `pyproject.toml`, or by
themselves in a file `fsl.toml` or `.fsl.toml`:

```toml
# fsl.toml
extend-select = ["FSL209"]
extend-exclude = ["migrations"]
```

Each file is checked with the nearest configuration above it. In one folder `.fsl.toml` comes before `fsl.toml`, which
comes before `pyproject.toml`. Two are never merged, but for a file that another one names in [extend](#extend).

| On the command line | Means |
| --- | --- |
| `--config PATH` | this file holds everywhere, and no other is read; paths in it start at the current folder |
| `--config 'select = ["FSL1"]'` | any option as TOML, laid over what the files say; can be repeated |
| `--isolated` | no file is read |
| `--select FSL1` and others, see below | laid over what `--config` says |
| `--show-settings`, `--show-files` | print what holds for the paths, or which files would be checked; check nothing |

An unknown key or code is an error (exit code 2), and the nearest known one is named.

`fsl config` lists the options, `fsl config NAME` explains one, and `fsl config --schema` prints a JSON schema of the
table, which the package also carries as `fastapi_session_lint/schema.json`.

In flake8's configuration the options that are marked so stand with `fsl-` in front: `fsl-sqlalchemy-version = 1.4`."""


def render_page(rows: Iterable[Option]) -> str:
    """The page of all options: introduction, table, and a section for each."""
    rows = list(rows)
    blocks = [_INTRODUCTION, _table(rows), "## Options", *(_section(one, 3) for one in rows)]
    return "\n\n".join(blocks) + "\n"


def render_option(option: Option) -> str:
    """The page of one option, its name a first-level heading."""
    return _section(option, 1) + "\n"


def render_schema(rows: Iterable[Option]) -> str:
    """The JSON schema of a configuration table."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "fastapi-session-lint",
        "type": "object",
        "properties": {one.name: _property(one) for one in rows},
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2) + "\n"


def describe(option: Option) -> dict[str, Any]:
    """An option as plain data."""
    declared = option.declared
    return {
        "name": option.name,
        "type": declared.kind.value,
        "choices": list(declared.words),
        "default": shown(option, option.default),
        "example": declared.example,
        "flag": flag(option),
        "flake8": flake8_flag(option),
        "doc": declared.doc,
    }


def flag(option: Option) -> str | None:
    """The option of `fsl check`, None where it has none of its own."""
    return f"--{option.name}" if Place.COMMAND in option.declared.places else None


def flake8_flag(option: Option) -> str | None:
    """The option of flake8, None where there is none."""
    return f"--fsl-{option.name}" if Place.FLAKE8 in option.declared.places else None


def plain(value: Any, kind: Kind) -> Any:
    """A value of an option as plain data, as a file has it."""
    if kind.is_table:
        return {key: list(one) if isinstance(one, tuple) else one for key, one in value}
    return list(value) if kind.is_list else value


def toml(value: Any) -> str | None:
    """Plain data as TOML; None for what is not set."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            inside = ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case _:
            return "[" + ", ".join(str(toml(one)) for one in value) + "]"


def shown(option: Option, value: Any) -> str | None:
    """A value of an option as TOML; None for one that is not set."""
    return None if value is None else toml(plain(value, option.declared.kind))


def _table(rows: Iterable[Option]) -> str:
    head = ["| Option | Holds | Meaning |", "| --- | --- | --- |"]
    return "\n".join(
        head + [f"| [{one.name}](#{one.name}) | {one.declared.kind.value} | {one.summary} |" for one in rows]
    )


def _section(option: Option, level: int) -> str:
    declared = option.declared
    facts = [f"Holds: {declared.kind.value}"]
    if declared.words:
        facts[0] += " (" + ", ".join(f"`{one}`" for one in declared.words) + ")"
    facts.append(f"default: `{shown(option, option.default)}`" if option.default is not None else "not set by default")
    for name, where in ((flag(option), "`fsl check`"), (flake8_flag(option), "flake8")):
        if name:
            facts.append(f"`{name}` of {where}")
    example = f"```toml\n{option.name} = {declared.example}\n```"
    return f"{'#' * level} {option.name}\n\n{_filled(declared.doc)}\n\n{_filled(' · '.join(facts))}\n\n{example}"


def _filled(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def _property(option: Option) -> dict[str, Any]:
    declared = option.declared
    shape: dict[str, Any] = {"description": declared.doc, **_shape(declared.kind)}
    if declared.words:
        shape["enum"] = list(declared.words)
    if option.default is not None:
        shape["default"] = plain(option.default, declared.kind)
    return shape


def _shape(kind: Kind) -> dict[str, Any]:
    if kind.is_list:
        return {"type": "array", "items": {"type": "string"}}
    match kind:
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.CODES_BY_PATTERN:
            return {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
        case Kind.SEVERITIES:
            return {"type": "object", "additionalProperties": {"enum": list(SEVERITIES)}}
        case _:
            return {"type": "string"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the page and the schema; the exit code is 1 when one was to be checked and is stale."""
    parser = argparse.ArgumentParser(prog="python -m fastapi_session_lint.option_pages")
    parser.add_argument("root", type=Path, help="the checkout")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file is stale")
    given = parser.parse_args(arguments)
    root: Path = given.root
    rows = list(options())
    stale = [
        (root / name, text)
        for name, text in ((PAGE, render_page(rows)), (SCHEMA, render_schema(rows)))
        if not (root / name).is_file() or (root / name).read_bytes() != text.encode()
    ]
    for path, text in stale:
        if given.check:
            print(f"{path} is stale: run `{parser.prog} {root}`", file=sys.stderr)
        else:
            path.write_bytes(text.encode())
    return 1 if stale and given.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
