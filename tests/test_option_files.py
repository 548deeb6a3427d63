"""Where a configuration stands and what it is laid over: the names of files, `extend`, `--config`, what is shown."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from fastapi_session_lint.patterns import EVERYWHERE, anchored, matches, patterns

TABLE = "[tool.fastapi-session-lint]\n"
CONCISE = ("--output-format", "concise", "-q")
OF_SHOP = ["FSL501", "FSL101", "FSL102"]


def codes(done: Any) -> list[str]:
    return re.findall(r"^\S+:\d+:\d+: ([A-Z]+\d{3}) ", done.out, re.MULTILINE)


def found(project: Any, *arguments: str, **options: Any) -> list[str]:
    """The codes of a run that goes well."""
    done = project.fsl("check", *CONCISE, *arguments, **options)
    assert done.err == ""
    return codes(done)


# --- files ---


@pytest.mark.parametrize("name", ["fsl.toml", ".fsl.toml"])
def test_a_file_of_our_own_needs_no_table(shop: Any, name: str) -> None:
    shop.write({name: 'select = ["FSL101"]\n'})
    assert found(shop) == ["FSL101"]
    shop.write({name: f'{TABLE}select = ["FSL102"]\n'})
    assert found(shop) == ["FSL102"]
    shop.write({name: 'selct = ["FSL102"]\n'})
    message = f"error: {shop.root}/{name}: unknown key `selct`; did you mean `select`?\n"
    assert shop.fsl("check") == (2, "", message)


def test_in_one_folder_the_more_hidden_file_counts_alone(shop: Any) -> None:
    shop.write({"pyproject.toml": f'{TABLE}select = ["FSL101"]\n', "fsl.toml": 'select = ["FSL102"]\n'})
    assert found(shop) == ["FSL102"]
    shop.write({".fsl.toml": ""})
    assert found(shop) == OF_SHOP


def test_a_file_further_down_counts_for_what_is_below_it(shop: Any) -> None:
    shop.write(
        {
            "fsl.toml": 'select = ["FSL101"]\n',
            "app/fsl.toml": 'select = ["FSL102"]\n',
            "jobs.py": shop.text("app/jobs.py"),
        }
    )
    assert found(shop) == ["FSL102", "FSL101"]
    assert found(shop, "jobs.py") == ["FSL101"]
    assert found(shop, cwd="app") == ["FSL102"]


def test_a_foreign_tool_table_in_our_file_is_no_configuration(shop: Any) -> None:
    shop.write({"fsl.toml": "[tool.other]\nx = 1\n", "pyproject.toml": f'{TABLE}select = ["FSL101"]\n'})
    assert found(shop) == ["FSL101"]


# --- extend ---


def test_extend_is_laid_under(shop: Any) -> None:
    shop.write(
        {
            "base.toml": 'select = ["FSL1"]\nextend-exclude = ["build"]\nfail-on = "error"\n',
            "pyproject.toml": f'{TABLE}extend = "base.toml"\nignore = ["FSL101"]\n',
        }
    )
    assert found(shop) == ["FSL102"]
    assert shop.fsl("check").code == 0
    shop.write({"pyproject.toml": f'{TABLE}extend = "base.toml"\nextend-exclude = ["app"]\nfail-on = "info"\n'})
    settings = tomllib.loads(shop.fsl("check", "--show-settings", "app/db.py").out)
    assert (settings["extend-exclude"], settings["fail-on"], settings["select"]) == (["build", "app"], "info", ["FSL1"])


def test_extend_reaches_through_several_files_and_their_folders(shop: Any) -> None:
    shop.write(
        {
            "config/strict/pyproject.toml": f'{TABLE}extend = "../fsl.toml"\nsrc = ["lib"]\n',
            "config/fsl.toml": 'extend-exclude = ["one/*.py"]\nsqlalchemy-version = "1.4"\n',
            "fsl.toml": 'extend = "config/strict/pyproject.toml"\n',
        }
    )
    settings = tomllib.loads(shop.fsl("check", "--show-settings").out)
    assert settings["extend"] == f"{shop.root}/config/strict/pyproject.toml"
    assert settings["src"] == [f"{shop.root}/config/strict/lib"]
    assert settings["extend-exclude"] == [f"{shop.root}/config/one/*.py"]
    assert settings["sqlalchemy-version"] == "1.4"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"fsl.toml": 'extend = "no.toml"'}, "{0}/fsl.toml: `extend`: {0}/no.toml: no such file"),
        ({"fsl.toml": 'extend = "fsl.toml"'}, "{0}/fsl.toml: `extend` leads back to {0}/fsl.toml"),
        (
            {"fsl.toml": 'extend = "b.toml"', "b.toml": 'extend = "fsl.toml"'},
            "{0}/b.toml: `extend` leads back to {0}/fsl.toml",
        ),
        (
            {"fsl.toml": 'extend = "pyproject.toml"'},
            "{0}/fsl.toml: `extend`: {0}/pyproject.toml: has no table `tool.fastapi-session-lint`",
        ),
        (
            {"fsl.toml": 'extend = "b.toml"', "b.toml": "slect = []"},
            "{0}/b.toml: unknown key `slect`; did you mean `select`?",
        ),
        ({"fsl.toml": "extend = 3"}, "{0}/fsl.toml: `extend` must be a string"),
    ],
)
def test_broken_extend(shop: Any, files: dict[str, str], message: str) -> None:
    shop.write(files)
    assert shop.fsl("check") == (2, "", f"error: {message.format(shop.root)}\n")


# --- required-version ---


@pytest.mark.parametrize("text", [">=0.1", "0.1.0", ">=0.1,<9", "==0.1.*"])
def test_required_version_that_fits(shop: Any, text: str) -> None:
    shop.write({"fsl.toml": f'required-version = "{text}"\n'})
    assert found(shop) == OF_SHOP


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">=99", "needs fastapi-session-lint >=99; this is 0.1.0"),
        ("0.0.1", "needs fastapi-session-lint 0.0.1; this is 0.1.0"),
        ("new", "`required-version` must be a version range, as in >=0.1"),
    ],
)
def test_required_version_comes_before_unknown_keys(shop: Any, text: str, message: str) -> None:
    shop.write({"fsl.toml": f'from-the-future = 1\nrequired-version = "{text}"\n'})
    assert shop.fsl("check") == (2, "", f"error: {shop.root}/fsl.toml: {message}\n")


# --- --config ---


def test_config_names_the_file_that_holds_everywhere(shop: Any) -> None:
    shop.write({"ci.toml": 'select = ["FSL101"]\n', "app/fsl.toml": 'select = ["FSL102"]\n'})
    assert found(shop, "--config", "ci.toml") == ["FSL101"]
    assert found(shop, "--config", "ci.toml", "--extend-select", "FSL5") == ["FSL501", "FSL101"]
    shop.write({"conf/ci.toml": 'extend-exclude = ["app/jobs.py"]\n'})
    done = shop.fsl("check", *CONCISE, "--config", "conf/ci.toml")
    assert codes(done) == [], "paths in the file start at the current folder"


def test_config_gives_options(shop: Any) -> None:
    shop.write({"fsl.toml": 'select = ["FSL102"]\nfail-on = "error"\n'})
    assert found(shop, "--config", 'select=["FSL1"]') == ["FSL101", "FSL102"]
    assert found(shop, "--config", 'select = ["FSL1"]', "--config", 'ignore = ["FSL101"]') == ["FSL102"]
    assert found(shop, "--config", 'select = ["FSL1"]', "--select", "FSL5") == ["FSL501"], "a flag wins"
    assert shop.fsl("check", "--config", 'fail-on = "warning"').code == 1
    assert found(shop, "--isolated", "--config", 'select=["FSL1"]') == ["FSL101", "FSL102"]
    shop.write({"a=b.toml": 'select = ["FSL501"]\n'})
    assert found(shop, "--config", "a=b.toml") == ["FSL501"], "a file may have any name"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "no.toml"], "{0}/no.toml: no such file"),
        (["--config", "pyproject.toml"], "{0}/pyproject.toml: has no table `tool.fastapi-session-lint`"),
        (["--config", 'slect=["FSL1"]'], "`--config`: unknown key `slect`; did you mean `select`?"),
        (["--config", "select=FSL1"], "`--config`: `select=FSL1` is no file, and no option as TOML"),
        (["--config", 'extend="a.toml"'], "`--config`: `extend` stands in a file"),
        (["--config", "fsl.toml", "--config", "fsl.toml"], "`--config` can name one file only"),
        (["--config", "fsl.toml", "--isolated"], "--isolated reads no file"),
    ],
)
def test_wrong_config(shop: Any, arguments: list[str], message: str) -> None:
    shop.write({"fsl.toml": ""})
    done = shop.fsl("check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message.format(shop.root)}")


# --- what is shown ---


def test_show_settings_of_each_configuration(shop: Any) -> None:
    shop.write({"fsl.toml": 'select = ["FSL1"]\n', "app/fsl.toml": 'ignore = ["FSL5"]\n'})
    out = shop.fsl("check", "--show-settings", "--fail-on", "info").out
    first, second = out.split("\n\n")
    assert first.splitlines()[0] == f"# {shop.root}/fsl.toml"
    assert second.splitlines()[0] == f"# {shop.root}/app/fsl.toml"
    assert (tomllib.loads(first)["select"], tomllib.loads(second)["ignore"]) == (["FSL1"], ["FSL5"])
    assert "# select is not set\n" in second
    assert {tomllib.loads(one)["fail-on"] for one in (first, second)} == {"info"}
    assert shop.fsl("check", "--show-settings", "--isolated").out.startswith("# no configuration file\n")


def test_show_files(shop: Any) -> None:
    shop.write({"build/x.py": "", "app/notes.txt": ""})
    assert shop.fsl("check", "--show-files") == (0, "app/db.py\napp/jobs.py\n", "")
    assert shop.fsl("check", "--show-files", "app/db.py", "build/x.py").out == "app/db.py\nbuild/x.py\n"
    assert shop.fsl("check", "--show-files", "--extend-exclude", "db.py", cwd="app").out == "jobs.py\n"


# --- patterns that start at a folder ---


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("build/", "/p/a/build/x.py", "/build/x.py"),
        ("*_pb2.py", "/p/a/x_pb2.py", "/o/x_pb2.py"),
        ("*p*", "/p/app/x.py", "/o/x.py"),
        ("app/gen", "/p/app/gen/x.py", "/p/sub/app/gen/x.py"),
        ("./gen", "/p/gen/x.py", "/p/sub/gen/x.py"),
        ("/gen", "/p/gen/x.py", "/gen/x.py"),
        ("**/gen/*.py", "/p/a/b/gen/x.py", "/p/a/b/gen.py"),
        ("gen", "/p/a/gen/x.py", "/gen/x.py"),
    ],
)
def test_patterns_mean_what_is_below_their_folder(pattern: str, yes: str, no: str) -> None:
    one = patterns([anchored(pattern, "/p")], EVERYWHERE, None)
    assert matches(one, yes, False)
    assert not matches(one, no, False)


def test_a_folder_with_special_characters_is_taken_as_it_is(shop: Any) -> None:
    one = patterns([anchored("gen/*.py", "/p/[x] !*")], EVERYWHERE, None)
    assert matches(one, "/p/[x] !*/gen/a.py", False)
    assert not matches(one, "/p/x !b/gen/a.py", False)


def test_patterns_on_the_command_line_start_at_the_current_folder(shop: Any) -> None:
    shop.write({"fsl.toml": "", "app/gen/jobs.py": shop.text("app/jobs.py")})
    assert found(shop, "--exclude", "gen/*.py", cwd="app") == OF_SHOP
    assert found(shop, "--exclude", "gen/*.py", cwd=".") == OF_SHOP * 2
