"""Which configuration holds for a file, what the command line changes, and where a project begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.configuration import Configurations, override, project_root
from fastapi_session_lint.options import choices, parse
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.selection import selected
from fastapi_session_lint.settings import InvalidSettings, Settings
from fastapi_session_lint.source import Source

TABLE = "[tool.fastapi-session-lint]\n"


def settings_of(project: Any, folder: str = ".", **overrides: Any) -> Settings:
    return Configurations(overrides).of(str((project.root / folder).resolve())).settings


def test_every_key_is_read(project: Any) -> None:
    project.write(
        {
            "pyproject.toml": TABLE
            + 'select = ["FSL1"]\nignore = ["FSL101"]\nextend-select = ["FSL209"]\nextend-ignore = ["FSL102"]\n'
            'exclude = ["a"]\nextend-exclude = ["b"]\nforce-exclude = true\nrespect-gitignore = false\n'
            'src = ["backend", "../lib"]\ntarget-version = "3.12"\nsqlalchemy-version = "2.0"\n'
            'fastapi-version = "0.115"\nsession-factory-names = ["Db"]\noutput-format = "json"\nfail-on = "info"\n'
        }
    )
    assert settings_of(project) == Settings(
        select=("FSL1",),
        ignore=("FSL101",),
        extend_select=("FSL209",),
        extend_ignore=("FSL102",),
        exclude=("a",),
        extend_exclude=("b",),
        force_exclude=True,
        respect_gitignore=False,
        src=(f"{project.root}/backend", f"{project.root.parent}/lib"),
        target_version="3.12",
        sqlalchemy_version="2.0",
        fastapi_version="0.115",
        session_factory_names=("Db",),
        output_format="json",
        fail_on="info",
    )


def test_nearest_table_counts_alone(project: Any) -> None:
    project.write(
        {
            "pyproject.toml": TABLE + 'ignore = ["FSL101"]\nfail-on = "error"\n',
            "near/pyproject.toml": TABLE + 'ignore = ["FSL102"]\n',
            "near/deep/pyproject.toml": '[project]\nname = "other"\n',
        }
    )
    for folder in ("near", "near/deep", "near/deep/deeper"):
        assert settings_of(project, folder) == Settings(ignore=("FSL102",))
    assert settings_of(project, "far").fail_on == "error"


def test_without_a_table_the_defaults_hold(project: Any) -> None:
    assert settings_of(project) == Settings()


def test_configuration_is_per_file(shop: Any) -> None:
    shop.write(
        {
            "one/pyproject.toml": TABLE + 'select = ["FSL101"]\n',
            "one/jobs.py": shop.text("app/jobs.py"),
            "two/pyproject.toml": TABLE + 'select = ["FSL102"]\nfail-on = "error"\n',
            "two/jobs.py": shop.text("app/jobs.py"),
        }
    )
    both = shop.fsl("check", "-q", "one", "two", "--output-format", "concise")
    assert [line.split()[:2] for line in both.out.splitlines()] == [
        ["one/jobs.py:9:10:", "FSL101"],
        ["two/jobs.py:14:10:", "FSL102"],
    ]
    assert shop.fsl("check", "one").code == 1
    assert shop.fsl("check", "two").code == 0


@pytest.mark.parametrize(
    ("configured", "given", "on", "off"),
    [
        ({"ignore": ("FSL101",)}, {"ignore": ("FSL102",)}, (), ("FSL101", "FSL102")),
        ({"ignore": ("FSL101",)}, {"select": ("FSL1",)}, ("FSL101", "FSL102"), ("FSL201",)),
        ({"ignore": ("FSL101",)}, {"extend_select": ("FSL1",)}, ("FSL101", "FSL201"), ()),
        ({"extend_ignore": ("FSL1",)}, {"extend_select": ("FSL101",)}, ("FSL101",), ("FSL102",)),
        ({"extend_ignore": ("FSL101",)}, {"extend_select": ("ALL",)}, ("FSL101", "FSL209"), ()),
        ({"select": ("FSL101", "FSL2")}, {"ignore": ("FSL1",)}, ("FSL201",), ("FSL101",)),
        ({"select": ("FSL101",)}, {"ignore": ("FSL1",)}, (), ("FSL101", "FSL201")),
        ({"extend_select": ("FSL209",)}, {"ignore": ("FSL2",)}, ("FSL101",), ("FSL209", "FSL201")),
        ({"select": ("FSL1",)}, {"extend_select": ("FSL2",)}, ("FSL101", "FSL209"), ("FSL301",)),
        ({"select": ("FSL1",)}, {"select": ()}, (), ("FSL101", "FSL201")),
    ],
)
def test_later_word_counts(
    configured: dict[str, Any], given: dict[str, Any], on: tuple[str, ...], off: tuple[str, ...]
) -> None:
    codes = selected(override(Settings(**configured), given), {rule.code: rule.default for rule in all_rules()})
    assert set(on) <= codes
    assert not set(off) & codes


def test_longer_prefix_wins_and_ignore_wins_a_tie() -> None:
    defaults = {"FSL101": True, "FSL102": True, "FSL209": False}
    assert selected(Settings(select=("FSL101",), ignore=("FSL1",)), defaults) == {"FSL101"}
    assert selected(Settings(select=("FSL1",), ignore=("FSL101",)), defaults) == {"FSL102"}
    assert selected(Settings(select=("FSL1",), ignore=("FSL1",)), defaults) == frozenset()
    assert selected(Settings(select=("ALL",)), defaults) == set(defaults)
    assert selected(Settings(), defaults) == {"FSL101", "FSL102"}


@pytest.mark.parametrize(
    ("settings", "is_told"),
    [
        (Settings(), False),
        (Settings(extend_select=("FSL209",)), False),
        (Settings(extend_select=("FSL2",)), True),
        (Settings(select=("ALL",)), True),
    ],
)
def test_some_findings_of_a_default_rule_are_told_when_it_is_selected(settings: Settings, is_told: bool) -> None:
    text = (
        "from sqlalchemy.orm import Session\n\ndef save(db: Session, rows: list[object]) -> None:\n"
        "    for row in rows:\n        db.add(row)\n        db.commit()\n"
    )
    found = engine.check([Source("/project/a.py", text.encode())], settings)
    assert ("FSL204" in {one.code for one in found}) == is_told


def test_isolated_settings_hold_everywhere(project: Any) -> None:
    project.write({"pyproject.toml": TABLE + "nonsense = 1\n"})
    configurations = Configurations({"fail_on": "info"}, isolated=Settings(output_format="json"))
    assert configurations.of(str(project.root)).settings == Settings(output_format="json", fail_on="info")


def test_a_broken_file_above_is_an_error_though_it_may_not_mean_us(project: Any) -> None:
    project.write({"pyproject.toml": "[project\n", "app/x.py": ""})
    with pytest.raises(InvalidSettings, match=r"pyproject\.toml:1:9: broken TOML"):
        settings_of(project, "app")


def test_choices_are_checked() -> None:
    for option in ("output_format", "fail_on"):
        for word in choices(option):
            assert parse({option.replace("_", "-"): word}, "x") == {option: word}
        assert getattr(Settings(), option) in choices(option)
    assert choices("select") == ()


# --- the project's top ---


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.py", "setup.cfg", ".git"])
def test_project_root(tmp_path: Path, mark: str) -> None:
    (tmp_path / "shop" / "app" / "deep").mkdir(parents=True)
    (tmp_path / "shop" / mark).touch()
    for folder in ("shop", "shop/app", "shop/app/deep"):
        assert project_root(str(tmp_path / folder)) == str(tmp_path / "shop")


def test_home_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "scripts").mkdir()
    assert project_root(str(tmp_path / "scripts")) == str(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert project_root(str(tmp_path / "scripts")) is None
