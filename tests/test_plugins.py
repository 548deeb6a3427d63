"""Rules of others: the example plugin through the real commands, and what is said of plugins that cannot be used."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint.context import Context

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "house_rules"
NAMED = ("--config", 'plugins = ["house-rules"]')
CONCISE = ("--output-format", "concise", "-q")
PREVIEW = """\
from dataclasses import replace
from house_rules import RULES
TRIED = replace(RULES[0], code="HOUSE900", name="still-tried", preview=True)
NO_RULE = 3
OURS = replace(RULES[0], code="FSL999")
UNDOCUMENTED = replace(RULES[0], documentation="")
TWICE = [RULES[0], RULES[0]]
def crashing(rule, context):
    raise RuntimeError("the moon is full")
    yield
CRASHING = replace(RULES[0], code="HOUSE901", check=crashing)
"""


def codes(out: str) -> list[str]:
    return re.findall(r"^\S+:\d+:\d+: ([A-Z]+\d{3}) ", out, re.MULTILINE)


def install(project: Any, **entries: str) -> str:
    """Put the example plugin, and modules beside it, where Python finds installed packages; the new PYTHONPATH."""
    declared = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["entry-points"]
    lines = [f"{name} = {value}" for name, value in {**declared["fastapi_session_lint.rules"], **entries}.items()]
    site = project.root.parent / "site"
    files = {
        "house_rules-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: house-rules\nVersion: 1.0\n",
        "house_rules-1.0.dist-info/entry_points.txt": "[fastapi_session_lint.rules]\n" + "\n".join(lines) + "\n",
        "others.py": PREVIEW,
        **{f"house_rules/{path.name}": path.read_text() for path in (EXAMPLE / "house_rules").glob("*.py")},
    }
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    return f"{ROOT}:{site}"


def test_a_plugin_runs_only_when_it_is_named(shop: Any) -> None:
    path = install(shop)
    assert codes(shop.fsl("check", *CONCISE, PYTHONPATH=path).out) == ["FSL501", "FSL101", "FSL102"]
    done = shop.fsl("check", *CONCISE, *NAMED, PYTHONPATH=path)
    assert (codes(done.out), done.err) == (["FSL501", "FSL101", "HOUSE101", "FSL102", "HOUSE101"], "")
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nplugins = ["house-rules"]\nselect = ["HOUSE"]\n'})
    assert codes(shop.fsl("check", *CONCISE, PYTHONPATH=path).out) == ["HOUSE101", "HOUSE101"]


@pytest.mark.parametrize("form", ["full", "json", "sarif", "junit", "rdjson", "gitlab", "github", "grouped"])
def test_every_form_can_show_its_findings(shop: Any, form: str) -> None:
    path = install(shop)
    done = shop.fsl("check", "--output-format", form, *NAMED, "--select", "HOUSE", PYTHONPATH=path)
    assert (done.code, done.err) == (1, "")
    assert "HOUSE101" in done.out
    assert "fastapi-session-lint.readthedocs.io/rules/#house" not in done.out
    if form == "sarif":
        (run,) = json.loads(done.out)["runs"]
        assert {run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] for one in run["results"]} == {"HOUSE101"}


def test_its_codes_are_codes_like_others(shop: Any) -> None:
    path = install(shop)
    text = shop.text("app/jobs.py").replace("db = SessionLocal()", "db = SessionLocal()  # fsl: ignore[HOUSE101]")
    shop.write({"app/jobs.py": text})
    options = ("--select", "HOUSE,FSL901", *CONCISE)
    assert codes(shop.fsl("check", *NAMED, *options, PYTHONPATH=path).out) == []
    assert codes(shop.fsl("check", *NAMED, *options, "--ignore-suppressions", PYTHONPATH=path).out) == ["HOUSE101"] * 2
    shop.write({"app/jobs.py": "x = 1  # fsl: ignore[HOUSE101]\n"})
    assert codes(shop.fsl("check", *NAMED, *options, PYTHONPATH=path).out) == ["FSL901"]
    wrong = shop.fsl("check", *NAMED, "--select", "HOUSE1O1", PYTHONPATH=path)
    assert (wrong.code, wrong.err) == (2, "error: unknown rule `HOUSE1O1`; did you mean `HOUSE101`?\n")


def test_a_changed_plugin_is_seen_at_once(shop: Any) -> None:
    path = install(shop)
    options = ("check", *NAMED, "--select", "HOUSE", *CONCISE)
    assert len(codes(shop.fsl(*options, PYTHONPATH=path).out)) == 2
    file = shop.root.parent / "site/house_rules/session_outside_database.py"
    file.write_text(file.read_text().replace('"/database.py"', '"/jobs.py"'))
    assert codes(shop.fsl(*options, PYTHONPATH=path).out) == []


def test_rule_command_explains_it(shop: Any) -> None:
    path = install(shop)
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nplugins = ["house-rules"]\n'})
    assert shop.fsl("rule", "house101", PYTHONPATH=path).out.startswith("# HOUSE101 session-outside-database\n")
    assert "# HOUSE101 " in shop.fsl("rule", "--all", PYTHONPATH=path).out
    shop.write({"pyproject.toml": "[tool"})
    assert shop.fsl("rule", "FSL101", PYTHONPATH=path).code == 0


def test_rules_in_preview(shop: Any) -> None:
    path = install(shop, tried="others:TRIED")
    options = ("check", "--config", 'plugins = ["tried"]', "--select", "HOUSE", *CONCISE)
    assert codes(shop.fsl(*options, PYTHONPATH=path).out) == []
    assert codes(shop.fsl(*options, "--preview", PYTHONPATH=path).out) == ["HOUSE900"] * 2
    shop.write({"fsl.toml": 'plugins = ["tried"]\npreview = true\n'})
    assert codes(shop.fsl("check", *CONCISE, PYTHONPATH=path).out).count("HOUSE900") == 2


def test_a_crash_is_a_finding(shop: Any) -> None:
    path = install(shop, crashing="others:CRASHING")
    done = shop.fsl("check", "--config", 'plugins = ["crashing"]', *CONCISE, PYTHONPATH=path)
    assert done.code == 2
    assert "FSL903 HOUSE901 crashed: RuntimeError: the moon is full" in done.out
    assert "FSL101" in done.out


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("house-rule", "", "no plugin `house-rule` is installed; did you mean `house-rules`?"),
        ("x", "others:NO_RULE", "plugin `x`: others:NO_RULE is no rule, and no list of rules"),
        ("x", "others:MISSING", "plugin `x` cannot be loaded: module 'others' has no attribute 'MISSING'"),
        ("x", "nowhere:RULE", "plugin `x` cannot be loaded: No module named 'nowhere'"),
        ("x", "others:OURS", "plugin `x`: 'FSL999' is no code: "),
        ("x", "others:UNDOCUMENTED", "plugin `x`: HOUSE101: it has no documentation, or no summary"),
        ("x", "others:TWICE", "plugin `x`: HOUSE101 is the code of two rules"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_one_line(shop: Any, name: str, value: str, message: str) -> None:
    path = install(shop, **({name: value} if value else {}))
    shop.write({"fsl.toml": f'plugins = ["{name}"]\n'})
    done = shop.fsl("check", PYTHONPATH=path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: ")
    assert message in done.err


def test_inside_flake8(shop: Any) -> None:
    path = install(shop)
    shop.set_up_flake8("fsl-plugins = house-rules\nextend-select = HOUSE")
    done = shop.python("-m", "flake8", "app", PYTHONPATH=path)
    assert (codes(done.out).count("HOUSE101"), done.err) == (2, "")


def test_the_example_has_a_test_of_its_own(shop: Any) -> None:
    path = install(shop)
    done = shop.python(
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        str(EXAMPLE),
        str(EXAMPLE),
        PYTHONPATH=path,
    )
    assert done.code == 0, done.out
    assert re.search(r"2 passed|\.\. ", done.out)


def test_the_page_names_what_is_there() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `context\.(\w+)", page, re.MULTILINE)
    assert len(named) > 5
    instance = set(vars(Context)) | {"creations", "is_test", "life", "session", "subject", "value"}
    assert set(named) <= instance
    for name in ("session_outside_database.py", "tests/test_rules.py"):
        text = next(EXAMPLE.rglob(Path(name).name)).read_text(encoding="utf-8").strip()
        assert text in page, f"docs/plugins.md shows another {name}"
