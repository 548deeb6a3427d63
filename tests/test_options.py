"""The table of options: its page, its schema, `fsl config` and the flags say the same, and each option does something.

Every option is changed once in a configuration file, and the real command shows what that changes.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import jsonschema
import pytest

from fastapi_session_lint import option_pages
from fastapi_session_lint.options import parse
from fastapi_session_lint.rules import all_rules, defaults
from fastapi_session_lint.selection import selected
from fastapi_session_lint.settings import Option, Place, Settings, options

ROOT = Path(__file__).parents[1]
TABLE = "[tool.fastapi-session-lint]\n"
ALL = tuple(options())
BY_NAME = {one.name: one for one in ALL}
OF_SHOP = ["FSL501", "FSL101", "FSL102"]
each_option = pytest.mark.parametrize("option", ALL, ids=lambda one: one.name)


def codes(done: Any) -> list[str]:
    return re.findall(r"^\S+:\d+:\d+: ([A-Z]+\d{3}) ", done.out, re.MULTILINE)


# --- one table ---


def test_pages_are_fresh() -> None:
    for name, text in (
        (option_pages.PAGE, option_pages.render_page(ALL)),
        (option_pages.SCHEMA, option_pages.render_schema(ALL)),
    ):
        assert (ROOT / name).read_text(encoding="utf-8") == text, (
            f"{name} is stale: run `python -m fastapi_session_lint.option_pages .`"
        )


def test_stale_pages_are_noticed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (option_pages.PAGE, option_pages.SCHEMA):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("old")
    assert option_pages.main([str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().err.count("is stale") == 2
    assert option_pages.main([str(tmp_path)]) == 0
    assert option_pages.main([str(tmp_path), "--check"]) == 0


@each_option
def test_example_is_accepted_and_is_not_the_default(option: Option) -> None:
    table = tomllib.loads(f"{option.name} = {option.declared.example}")
    values = parse(table, "example")
    assert values[option.field] != option.default
    jsonschema.validate(table, json.loads((ROOT / option_pages.SCHEMA).read_text()))
    assert hash(Settings(**values)) is not None


@each_option
def test_default_is_accepted(option: Option) -> None:
    if option.default is not None:
        text = option_pages.shown(option, option.default)
        assert parse(tomllib.loads(f"{option.name} = {text}"), "default") == {option.field: option.default}


@each_option
def test_wrong_type_is_refused_by_parser_and_schema(option: Option) -> None:
    table = {option.name: 3.5}
    schema = json.loads((ROOT / option_pages.SCHEMA).read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, schema)
    with pytest.raises(Exception, match=rf"`{option.name}` must be "):
        parse(table, "x")


def test_schema_is_a_schema_and_refuses_unknown_keys() -> None:
    schema = json.loads((ROOT / option_pages.SCHEMA).read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"selct": []}, schema)


def test_first_sentence_stands_alone() -> None:
    for one in ALL:
        assert one.declared.doc.endswith(".")
        assert len(one.summary) < 100


# --- fsl config ---


def test_config_lists_every_option(project: Any) -> None:
    done = project.fsl("config")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()] == [one.name for one in ALL]
    assert re.search(r'^fail-on +The least severity that makes the exit code 1 \("warning"\)$', done.out, re.MULTILINE)


def test_config_explains_one(project: Any) -> None:
    out = project.fsl("config", "fail-on").out
    assert out.startswith("# fail-on\n\nThe least severity that makes the exit code 1.\n")
    assert '(`error`, `warning`, `info`) · default: `"warning"` · `--fail-on` of `fsl check`' in out
    assert project.fsl("config", "selct") == (2, "", "error: unknown key `selct`; did you mean `select`?\n")


def test_config_as_data(project: Any) -> None:
    found = json.loads(project.fsl("config", "--output-format", "json").out)
    assert [one["name"] for one in found] == [one.name for one in ALL]
    one = json.loads(project.fsl("config", "sqlalchemy-version", "--output-format", "json").out)
    assert (one["type"], one["flag"], one["flake8"]) == ("version", None, "--fsl-sqlalchemy-version")


def test_config_prints_the_schema_of_the_package(project: Any) -> None:
    assert project.fsl("config", "--schema").out == (ROOT / option_pages.SCHEMA).read_text(encoding="utf-8")
    assert project.fsl("config", "--schema", "select").code == 2


# --- what each option does, from a file ---

JOBS = """\
from sqlalchemy import create_engine, select

from app.db import SessionLocal

archive = create_engine("sqlite:///archive.db")


def count() -> int:
    db = SessionLocal()
    return db.scalar(select(1))


def export() -> int:
    db = SessionLocal()
    found = db.scalar(select(1))
    db.close()
    return found
"""
UNGUARDED = "from sqlalchemy.orm import Session\n\n\ndef save(db: Session) -> None:\n    db.commit()\n"
MADE_ELSEWHERE = "from elsewhere import MakeDb\n\n\ndef f() -> None:\n    db = MakeDb()\n    db.commit()\n"
IMPORTING = "from base import Make\n\n\ndef f() -> None:\n    db = Make()\n    db.commit()\n"
DATABASE = "from sqlalchemy.orm import sessionmaker\n\nMake = sessionmaker()\n"
AUTOCOMMIT = "from sqlalchemy.orm import sessionmaker\n\nSessionLocal = sessionmaker(autocommit=True)\n"


class Case(NamedTuple):
    """Files beside those of the shop, the option as TOML, what to run, and the codes that come out with it."""

    toml: str
    expected: list[str]
    files: Mapping[str, str] = MappingProxyType({})
    arguments: tuple[str, ...] = ()


CASES: dict[str, Case] = {
    "select": Case('["FSL101"]', ["FSL101"]),
    "ignore": Case('["FSL5"]', ["FSL101", "FSL102"]),
    "extend-select": Case('["FSL209"]', [*OF_SHOP, "FSL209"], {"app/save.py": UNGUARDED}),
    "extend-ignore": Case('["FSL501"]', ["FSL101", "FSL102"]),
    "exclude": Case('["app"]', ["FSL101"], {"build/job.py": DATABASE + IMPORTING.partition("\n")[2]}),
    "extend-exclude": Case('["app/jobs.py"]', []),
    "force-exclude": Case("true", [], {"build/jobs.py": JOBS}, ("build/jobs.py",)),
    "respect-gitignore": Case("false", OF_SHOP, {".gitignore": "jobs.py\n"}),
    "src": Case(
        '["one/lib"]',
        ["FSL101"],
        {"one/lib/base.py": DATABASE, "two/lib/base.py": "", "app/job.py": IMPORTING},
        ("app/job.py",),
    ),
    "session-factory-names": Case('["MakeDb"]', ["FSL101"], {"app/job.py": MADE_ELSEWHERE}, ("app/job.py",)),
    "per-file-ignores": Case('{ "jobs.py" = ["FSL1"] }', ["FSL501"]),
    "severity": Case('{ FSL501 = "warning" }', ["FSL501"], {}, ("--select", "FSL501")),
    "sqlalchemy-version": Case('"1.4"', [], {"app/db.py": AUTOCOMMIT}, ("app/db.py",)),
    "fail-on": Case('"error"', ["FSL102"], {}, ("--select", "FSL102")),
}
FIXING: dict[str, tuple[str, list[str]]] = {
    "fixable": ('["FSL5"]', ["FSL101", "FSL102"]),
    "unfixable": ('["FSL5"]', ["FSL501", "FSL101"]),
    "unsafe-fixes": ("true", []),
    "extend-safe-fixes": ('["FSL1"]', []),
    "extend-unsafe-fixes": ('["FSL102"]', ["FSL101", "FSL102"]),
}
"""What is left after --fix; without the option it is FSL101."""
ELSEWHERE = {
    *FIXING, "target-version", "sqlmodel-version", "fastapi-version", "output-format", "extend", "required-version",
    "plugins", "preview", "baseline", "cache-dir",
}  # fmt: skip
"""Those with tests of their own, below, in test_option_files, test_plugins or test_baseline."""


def test_every_option_has_a_case() -> None:
    assert CASES.keys() | ELSEWHERE == BY_NAME.keys()


@pytest.mark.parametrize("name", CASES)
def test_option_in_a_file(shop: Any, name: str) -> None:
    case = CASES[name]
    shop.write({**case.files, "pyproject.toml": f"{TABLE}{name} = {case.toml}\n"})
    done = shop.fsl("check", "--output-format", "concise", *case.arguments)
    assert (codes(done), done.err.partition("no Python files")[0]) == (case.expected, "warning: " if done.err else "")
    without = shop.fsl("check", "--isolated", "--output-format", "concise", *case.arguments)
    assert (codes(without), without.code) != (codes(done), done.code)


@pytest.mark.parametrize("name", FIXING)
def test_option_about_fixes(shop: Any, name: str) -> None:
    value, left = FIXING[name]
    shop.write({"pyproject.toml": f"{TABLE}{name} = {value}\n"})
    assert codes(shop.fsl("check", "--fix", "--output-format", "concise")) == left


@pytest.mark.parametrize(
    ("table", "left"),
    [
        ('fixable = ["FSL1"]\nunfixable = ["FSL102"]', ["FSL501", "FSL101", "FSL102"]),
        ('fixable = ["FSL102"]\nunfixable = ["FSL1"]', ["FSL501", "FSL101"]),
        ('fixable = ["FSL1"]\nunfixable = ["FSL1"]', ["FSL501", "FSL101", "FSL102"]),
        ('extend-safe-fixes = ["FSL101"]\nextend-unsafe-fixes = ["FSL1"]', ["FSL102"]),
        ('extend-safe-fixes = ["FSL1"]\nextend-unsafe-fixes = ["FSL1"]', ["FSL101", "FSL102"]),
    ],
)
def test_of_two_lists_about_fixes_the_longer_prefix_decides(shop: Any, table: str, left: list[str]) -> None:
    shop.write({"pyproject.toml": f"{TABLE}{table}\n"})
    assert codes(shop.fsl("check", "--fix", "--output-format", "concise")) == left


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('"app/*" = ["FSL5", "FSL101"]', ["FSL102", "FSL101"]),
        ('"tests/" = ["ALL"]', OF_SHOP),
        ('"!tests/" = ["FSL1"]', ["FSL501", "FSL101"]),
        ('"app/jobs.py" = ["FSL101"], "jobs.py" = ["FSL5"]', ["FSL102", "FSL101"]),
    ],
)
def test_per_file_ignores(shop: Any, table: str, expected: list[str]) -> None:
    job = DATABASE + IMPORTING.partition("\n")[2]
    shop.write({"tests/job.py": job, "pyproject.toml": f"{TABLE}per-file-ignores = {{ {table} }}\n"})
    done = shop.fsl("check", "--output-format", "concise")
    assert codes(done) == expected


def test_a_comment_for_what_is_ignored_in_its_file_is_not_called_unused(shop: Any) -> None:
    shop.write({"app/jobs.py": "x = 1  # fsl: ignore[FSL101]\n"})
    assert codes(shop.fsl("check", "--output-format", "concise")) == ["FSL901"]
    ignores = 'per-file-ignores = { "app/" = ["FSL1"] }'
    assert codes(shop.fsl("check", "--output-format", "concise", "--config", ignores)) == []


def test_severities_are_reported_and_the_longest_prefix_decides(shop: Any) -> None:
    shop.write({"pyproject.toml": f'{TABLE}severity = {{ FSL1 = "info", FSL102 = "error", ALL = "warning" }}\n'})
    found = json.loads(shop.fsl("check", "--output-format", "json").out)
    assert [one["severity"] for one in found] == ["warning", "info", "error"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('severity = { FSL1 = "bad" }', "`severity`: `FSL1` must be one of error, warning, info"),
        ('severity = "info"', "`severity` must be a table"),
        ('per-file-ignores = { "a.py" = "FSL1" }', "`per-file-ignores`: `a.py` must be a list of strings"),
        ('per-file-ignores = { "a.py" = ["FSLX"] }', "unknown rule `FSLX`"),
        ('severity = { FSL1O1 = "info" }', "unknown rule `FSL1O1`; did you mean `FSL101`?"),
        ('unfixable = ["FSL1O1"]', "unknown rule `FSL1O1`; did you mean `FSL101`?"),
    ],
)
def test_wrong_tables(shop: Any, table: str, message: str) -> None:
    shop.write({"pyproject.toml": f"{TABLE}{table}\n"})
    done = shop.fsl("check")
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_rules_in_preview_run_only_when_that_is_allowed() -> None:
    tried = [replace(rule, preview=True) for rule in all_rules() if rule.code in ("FSL101", "FSL209")]
    for allowed, select, expected in (
        (False, None, set()),
        (False, ("FSL1", "FSL209"), set()),
        (True, None, {"FSL101"}),
        (True, ("FSL209",), {"FSL209"}),
    ):
        known = defaults(tried, with_preview=allowed)
        assert selected(Settings(select=select, preview=allowed), known) == expected


@pytest.mark.parametrize("name", ["target-version", "sqlalchemy-version", "sqlmodel-version", "fastapi-version"])
def test_versions_are_shown_with_the_project(shop: Any, name: str) -> None:
    shop.write({"pyproject.toml": f'{TABLE}{name} = "0.0.3"\n'})
    assert "0.0.3" in shop.fsl("check", "--show-project").out
    assert "0.0.3" not in shop.fsl("check", "--show-project", "--isolated").out


def test_cache_dir(shop: Any) -> None:
    shop.write({"pyproject.toml": f'{TABLE}cache-dir = "kept/here"\n'})
    first = shop.fsl("check", "app")
    assert (shop.root / "kept/here/CACHEDIR.TAG").is_file()
    assert not (shop.root / ".fsl_cache").exists()
    assert shop.fsl("check", "app") == first
    assert shop.fsl("clean").err == f"removed {shop.root}/kept/here\n"
    assert not (shop.root / "kept/here").exists()
    shop.fsl("check", "app", "--cache-dir", "there")
    assert [(shop.root / name).exists() for name in ("kept/here", "there")] == [False, True]
    shop.fsl("check", "app", "--no-cache")
    assert not (shop.root / "kept/here").exists()


@pytest.mark.parametrize("word", BY_NAME["output-format"].declared.words)
def test_output_format_in_a_file(shop: Any, word: str) -> None:
    shop.write({"pyproject.toml": f'{TABLE}output-format = "{word}"\n'})
    assert shop.fsl("check").out == shop.fsl("check", "--isolated", "--output-format", word).out


# --- the same from the command line ---

FLAGS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "select": (("--select", "FSL101,FSL102"), ["FSL101", "FSL102"]),
    "ignore": (("--ignore", "FSL101", "--ignore", "FSL5"), ["FSL102"]),
    "extend-select": (("--extend-select", "FSL209"), [*OF_SHOP, "FSL209"]),
    "extend-ignore": (("--extend-ignore", "FSL1"), ["FSL501"]),
    "fixable": (("--fix", "--fixable", "FSL5"), ["FSL101", "FSL102"]),
    "unfixable": (("--fix", "--unfixable", "FSL5,FSL102"), ["FSL501", "FSL101", "FSL102"]),
    "unsafe-fixes": (("--fix", "--unsafe-fixes"), []),
    "preview": (("--preview",), OF_SHOP),
    "exclude": (("--exclude", "app/jobs.py,build"), []),
    "extend-exclude": (("--extend-exclude", "jobs.py"), []),
    "force-exclude": (("--force-exclude", "build/jobs.py"), []),
    "respect-gitignore": (("app", "--respect-gitignore"), OF_SHOP),
    "target-version": (("--target-version", "3.12"), OF_SHOP),
    "fail-on": (("--fail-on", "info", "--select", "FSL501"), ["FSL501"]),
}


def test_every_flag_has_a_case() -> None:
    assert FLAGS.keys() == {one.name for one in ALL if Place.COMMAND in one.declared.places}


@pytest.mark.parametrize("name", FLAGS)
def test_flag(shop: Any, name: str) -> None:
    (*arguments, last), expected = FLAGS[name]
    extra = {"extend-select": {"app/save.py": UNGUARDED}, "force-exclude": {"build/jobs.py": JOBS}}
    shop.write({**extra.get(name, {}), ".gitignore": "app/db.py\n"})
    assert codes(shop.fsl("check", "--output-format", "concise", *arguments, last)) == expected


def test_flag_wins_over_file(shop: Any) -> None:
    shop.write(
        {"pyproject.toml": f"{TABLE}respect-gitignore = false\nforce-exclude = true\n", ".gitignore": "jobs.py\n"}
    )
    assert codes(shop.fsl("check", "--output-format", "concise")) == OF_SHOP
    assert codes(shop.fsl("check", "--output-format", "concise", "--respect-gitignore")) == []


def test_wrong_version_as_a_flag(shop: Any) -> None:
    done = shop.fsl("check", "--target-version", "new")
    assert done == (2, "", "error: `--target-version` must be a version, as in 3.12\n")
