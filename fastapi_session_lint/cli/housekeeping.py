"""`fsl version`, `fsl clean` and `fsl generate-shell-completion`: what is about the tool and not about a project."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator

import click
from click.shell_completion import get_completion_class, shell_complete

from fastapi_session_lint import __version__, files
from fastapi_session_lint.report.terminal import Terminal

COMPLETION = "_FSL_COMPLETE"
"""The variable by which a shell asks for completions."""
_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="The form of the answer.")
@click.pass_obj
def version(terminal: Terminal, output_format: str) -> int:
    """Print the version."""
    terminal.write(f"fsl {__version__}\n" if output_format == "text" else json.dumps(_described(), indent=2) + "\n")
    return 0


def _described() -> dict[str, str]:
    """The versions that a report about a mistake should name."""
    import platform  # only this answer needs these
    from importlib.metadata import version as version_of

    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libcst": version_of("libcst"),
    }


@click.command()
@click.argument("folder", default=".")
@click.pass_obj
def clean(terminal: Terminal, folder: str) -> int:
    """Delete the caches of the project that FOLDER belongs to, and those below it, and the one that is configured."""
    from fastapi_session_lint.cache.folder import NAME, delete
    from fastapi_session_lint.configuration import Configurations, project_root

    if not os.path.isdir(folder):  # noqa: PTH112 - paths are plain text
        raise files.MissingPath(f"{folder}: no such folder")
    start = files.absolute(folder)
    above = project_root(start)
    configured = Configurations().of(start).settings.cache_dir
    found = {f"{one}/{NAME}" for one in (above, start) if one} | set(_below(start, NAME))
    found |= {configured} if configured else set()
    gone = 0
    for path in sorted(found):
        try:
            if delete(path):
                gone += 1
                terminal.say(f"removed {path}")
        except OSError as error:
            raise click.ClickException(f"{path}: {files.reason(error)}") from error
    if not gone:
        terminal.say("no cache found")
    return 0


def _below(start: str, name: str) -> Iterator[str]:
    for folder, names, _ in os.walk(start):
        if name in names:
            yield posixpath.join(folder.replace(os.sep, "/"), name)
        names[:] = [one for one in names if one not in (name, ".git", "node_modules")]


@click.command("generate-shell-completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def generate_shell_completion(context: click.Context, shell: str) -> int:
    """Print a script that completes commands and options in SHELL.

    \b
    bash: eval "$(fsl generate-shell-completion bash)"     in ~/.bashrc
    zsh:  eval "$(fsl generate-shell-completion zsh)"      in ~/.zshrc
    fish: fsl generate-shell-completion fish > ~/.config/fish/completions/fsl.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    terminal: Terminal = context.obj
    terminal.write(kind(context.find_root().command, {}, "fsl", COMPLETION).source() + "\n")
    return 0


def complete(command: click.Command, instruction: str) -> int:
    """Answer a shell that asks for completions, and give the exit code."""
    return shell_complete(command, {}, "fsl", COMPLETION, instruction)
