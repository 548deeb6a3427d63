"""`fsl config`: the options and what each of them means."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from fastapi_session_lint.options import did_you_mean
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.settings import Option, options


@click.command()
@click.argument("key", required=False)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="The form of the answer.")
@click.option("--schema", "wants_schema", is_flag=True, help="Print the JSON schema of a configuration table.")
@click.pass_obj
def config(terminal: Terminal, key: str | None, output_format: str, wants_schema: bool) -> int:
    """List the options of the configuration, or explain the option KEY."""
    from fastapi_session_lint.option_pages import describe, render_option, render_schema  # `fsl check` does without

    rows = list(options())
    if wants_schema and (key is not None or output_format == "json"):
        raise click.UsageError("--schema stands alone")
    if key is not None:
        rows = [_named(key, rows)]
    if wants_schema:
        terminal.write(render_schema(rows))
    elif output_format == "json":
        described = [describe(one) for one in rows]
        terminal.write(json.dumps(described if key is None else described[0], indent=2) + "\n")
    else:
        terminal.write(_listed(rows) if key is None else render_option(rows[0]))
    return 0


def _named(key: str, rows: Sequence[Option]) -> Option:
    found = next((one for one in rows if one.name == key), None)
    if found is None:
        raise click.UsageError(f"unknown key `{key}`{did_you_mean(key, [one.name for one in rows])}")
    return found


def _listed(rows: Sequence[Option]) -> str:
    """A line for each option: its name and what it means; defaults that fit stand at the end."""
    from fastapi_session_lint.option_pages import shown

    width = max(len(one.name) for one in rows)
    lines = []
    for one in rows:
        default = shown(one, one.default)
        end = f" ({default})" if default not in (None, "[]", "{}") and len(str(default)) < 20 else ""
        lines.append(f"{one.name:{width}}  {one.summary}{end}\n")
    return "".join(lines)
