"""`fsl rule`: the pages of the rules, to be read in a terminal."""

from __future__ import annotations

from collections.abc import Collection

import click

from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.selection import nearest_code


@click.command()
@click.argument("code", required=False)
@click.option("--all", "wants_all", is_flag=True, help="Print the pages of all rules.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Whether to use colours.")
@click.pass_obj
def rule(terminal: Terminal, code: str | None, wants_all: bool, color: str) -> int:
    """Print the page of the rule CODE, or of all rules, as Markdown."""
    from fastapi_session_lint.plugins import rules_of
    from fastapi_session_lint.rule_pages import render_rule  # `fsl --help` need not load the rules

    if (code is None) != wants_all:
        raise click.UsageError("give one CODE, such as FSL101, or --all")
    rules = {one.code: one for one in rules_of(())}
    if code is None or code.upper() not in rules:  # our own are explained whatever the configuration is
        rules = {one.code: one for one in rules_of(_plugins())}
    if code is not None and code.upper() not in rules:
        raise click.UsageError(_not_found(code, rules))
    wanted = list(rules.values()) if code is None else [rules[code.upper()]]
    text = "\n".join(render_rule(one) for one in wanted)
    terminal.write(_laid_out(text, terminal) if terminal.has_colors(color) else text)
    return 0


def _not_found(code: str, rules: Collection[str]) -> str:
    """What to say of a code that no rule has: the codes that it begins, else the nearest one."""
    begun = [one for one in rules if one.startswith(code.upper())]
    if begun:
        return f"`{code}` is a prefix: give one of {', '.join(begun)}"
    near = nearest_code(code, rules)
    return f"unknown rule `{code}`" + (f"; did you mean `{near}`?" if near else "")


def _plugins() -> tuple[str, ...]:
    """The plugins that the configuration of the current folder names."""
    from fastapi_session_lint.configuration import Configurations
    from fastapi_session_lint.files import absolute

    return Configurations().of(absolute(".")).settings.plugins


def _laid_out(markdown: str, terminal: Terminal) -> str:
    from fastapi_session_lint.report.page import page  # rich is only for a terminal

    return page(markdown, terminal.columns())
