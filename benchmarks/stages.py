"""Where the time of a cold run by one process goes: the seconds of the processor that each step takes.

    python benchmarks/stages.py TREE

The steps are those of `fsl check`, one after another, in a process of their own; each row is the median of `--rounds`.
What the rules would find out for the first time, values and lives, is asked for before them, and so has its own row.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.findings import Finding
    from fastapi_session_lint.model.syntax import Module
    from fastapi_session_lint.settings import Settings
    from fastapi_session_lint.source import Source
    from fastapi_session_lint.work import Work

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
MODULES = ("cli.check", "runner", "engine", "context", "model.module", "questions.followed", "report.json_array")


class Steps:
    """The steps of one run, with the seconds that each has taken."""

    def __init__(self) -> None:
        self.taken = {"Python itself": time.process_time()}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note what is done inside as a step."""
        start = time.process_time()
        yield
        self.taken[name] = time.process_time() - start

    def run(self, tree: Path) -> None:
        """Take all steps."""
        with self.step("imports of the tool"):
            for name in MODULES:
                importlib.import_module(f"fastapi_session_lint.{name}")
        from fastapi_session_lint import runner, work
        from fastapi_session_lint.configuration import Configurations
        from fastapi_session_lint.settings import Settings

        with self.step("finding and reading files"):
            [found] = work.plan([str(tree)], Configurations(isolated=Settings()))
            sources = runner.Sources().of(found)
        self.judge(found, sources, self.read(sources))

    def read(self, sources: Sequence[Source]) -> list[Module]:
        """The models of all files."""
        from fastapi_session_lint import engine
        from fastapi_session_lint.model import screen
        from fastapi_session_lint.source import decode

        with self.step("screening"):
            names = engine.injected_names_of(sources)
            concerning = [one for one in sources if screen.file_concerns(one.path, one.data, names)]
        texts = [decode(one.data).text for one in concerning]
        with self.step("ast.parse"):
            for text in texts:
                ast.parse(text)
        with self.step("lowering"):
            modules = [engine.read(one, names).module for one in concerning]
        self.taken["lowering"] -= self.taken["ast.parse"]
        outlines = [engine.read(one, names).module for one in sources if one not in concerning]
        return [one for one in (*modules, *outlines) if one is not None]

    def judge(self, found: Work, sources: Sequence[Source], modules: Sequence[Module]) -> None:
        """What is found in the models, with its fixes, as a report."""
        from fastapi_session_lint.context import Context
        from fastapi_session_lint.project.components import import_map
        from fastapi_session_lint.rules import all_rules, defaults
        from fastapi_session_lint.selection import selected

        context = Context(
            modules, import_map(modules, found.paths, found.settings.src), found.settings, None, found.versions
        )
        self.ask(context)
        wanted = selected(found.settings, defaults(all_rules(), with_preview=False))
        with self.step(f"{len(wanted)} rules over {len(context.names.functions)} functions"):
            findings = [one for rule in all_rules() if rule.code in wanted for one in rule.check(rule, context)]
        self.tell(sorted(findings, key=lambda one: one.order), sources, found.settings)

    def ask(self, context: Context) -> None:
        """What many rules ask."""
        from fastapi_session_lint.project.framework import calls_of
        from fastapi_session_lint.questions.followed import lives

        with self.step("values of names and calls"):
            for scope in context.names.all_scopes():
                for call in calls_of(scope):
                    for expression in (call.function, call, *[one.value for one in call.arguments]):
                        context.value(expression, scope)
        with self.step("following sessions"):
            for scope in context.names.functions:
                list(lives(context, scope))
        with self.step("who calls what, and when"):
            for scope in context.names.functions:
                context.framework.runs_at_startup(scope)

    def tell(self, findings: Sequence[Finding], sources: Sequence[Source], settings: Settings) -> None:
        """The findings with their fixes, as a report."""
        from fastapi_session_lint import engine
        from fastapi_session_lint.report.base import Report
        from fastapi_session_lint.report.json_array import render

        by_path = {one.path: one for one in sources}
        with self.step("libcst's import, and that of the fixes"):
            importlib.import_module("fastapi_session_lint.fixes.planner")
        with self.step("planning fixes"):
            findings = engine.plan_fixes(findings, by_path, settings)
        with self.step("fingerprints and report"):
            list(render(Report(tuple(findings), by_path)))


def main() -> None:
    """Take the steps several times, each time in a process of its own, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path, help="the folder to check")
    parser.add_argument("--rounds", type=int, default=5, help="how often the steps are taken")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        gc.disable()
        warnings.simplefilter("ignore")
        steps = Steps()
        steps.run(options.tree)
        print(*[f"{name}\t{seconds}" for name, seconds in steps.taken.items()], sep="\n")
        return
    taken: dict[str, list[float]] = {}
    command = (sys.executable, __file__, str(options.tree), "--once")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(options.rounds + 1):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        for line in done.stdout.splitlines():
            name, seconds = line.split("\t")
            taken.setdefault(name, []).append(float(seconds))
    print("| step | s |\n| --- | ---: |")
    for name, each in taken.items():
        print(f"| {name} | {statistics.median(each[1:]):.2f} |")  # the first round compiled the modules


if __name__ == "__main__":
    main()
