"""The command line: arguments in, a report on standard output, an exit code."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from fastapi_session_lint import __version__
from fastapi_session_lint.cli.check import check
from fastapi_session_lint.cli.config import config
from fastapi_session_lint.cli.housekeeping import COMPLETION, clean, complete, generate_shell_completion, version
from fastapi_session_lint.cli.init import init
from fastapi_session_lint.cli.rule import rule
from fastapi_session_lint.files import MissingPath
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.settings import InvalidSettings

_ERROR = 2


class Commands(click.Group):
    """The commands, with a hint for one that does not exist."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name. Raises click.UsageError."""
        word = args[0]
        if word not in self.commands and not word.startswith("-"):
            import difflib  # late: it is for those who mistype

            near = next(iter(difflib.get_close_matches(word, list(self.commands), 1)), None)
            hint = f"fsl check {word}" if os.path.exists(word) else near  # noqa: PTH110
            raise click.UsageError(f"unknown command `{word}`" + (f"; did you mean `{hint}`?" if hint else ""))
        return super().resolve_command(ctx, args)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and give its exit code. Mistakes and crashes are one line on standard error."""
    if instruction := os.environ.get(COMPLETION):
        return complete(main, instruction)
    terminal = Terminal(os.environ)
    try:
        code = _invoke(arguments, terminal)
        terminal.flush()
    except click.ClickException as error:
        terminal.say(f"error: {error.format_message()}")
        return _ERROR
    except (InvalidSettings, MissingPath) as error:
        terminal.say(f"error: {error}")
        return _ERROR
    except BrokenPipeError:
        terminal.close()
        return 0
    except Exception as error:
        terminal.crash(error, with_traceback=not {"-v", "--verbose"}.isdisjoint(arguments))
        return _ERROR
    return code


def _invoke(arguments: Sequence[str], terminal: Terminal) -> int:
    """What the command returns. click's own `main` would write a line when it is interrupted."""
    try:
        with main.make_context("fsl", list(arguments), obj=terminal) as context:
            code: int = main.invoke(context)
            return code
    except click.exceptions.Exit as done:
        return done.exit_code


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fsl", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> int:
    """Find leaked, poisoned, shared and blocking SQLAlchemy sessions in a FastAPI project."""
    if context.invoked_subcommand is None:
        context.obj.write(context.get_help() + "\n")
    return _ERROR


for command in (check, clean, config, generate_shell_completion, init, rule, version):
    main.add_command(command)
