"""Files that are no proper Python: one clear FSL902 for each, and the rest is checked."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import files, runner
from fastapi_session_lint.source import Source


def findings(project: Any, *arguments: str) -> list[tuple[str, int, str, str]]:
    """File name, row, code and message of each finding."""
    done = project.fsl("check", "--output-format", "json", *arguments)
    assert done.err == ""
    return [
        (Path(one["filename"]).name, one["location"]["row"], one["code"], one["message"])
        for one in json.loads(done.out)
    ]


@pytest.mark.parametrize(
    ("content", "row", "message"),
    [
        ("x = 1\ndef f(:\n", 2, ""),
        ("x = 1\n<<<<<<< HEAD\ny = 2\n=======\n", 2, ""),
        ("print 'hello'\n", 1, ""),
        ("def f():\nreturn 1\n", 2, ""),
        ("x = (1,\n", 1, ""),
        ("x = 'abc\n", 1, ""),
        (b"name = 'caf\xe9'\n", 1, ""),
        (b"x = 1\n\n\nname = 'caf\xe9'\n", 1, "cannot be checked: not valid utf-8 at byte 19"),
        (b"# coding: nonsense\nx = 1\n", 1, "cannot be checked: unknown encoding: nonsense"),
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", 1, "cannot be checked: encoding problem: utf-8"),
        (b"x = 1\n\x00\n", 1, ""),
        (b"\x7fELF\x02\x01\x01\x00\xff\xff\xfe", 1, ""),
    ],
)
def test_one_line_for_the_file_and_the_rest_is_checked(shop: Any, content: str | bytes, row: int, message: str) -> None:
    shop.write({"app/bad.py": content})
    found = findings(shop)
    assert [one[2] for one in found if one[0] != "bad.py"] == ["FSL501", "FSL101", "FSL102"]
    ((_, at, code, said),) = [one for one in found if one[0] == "bad.py"]
    assert (code, "\n" in said) == ("FSL902", False)
    assert said.startswith(message or "cannot be checked: ")
    assert at >= row if not message else at == row
    assert shop.fsl("check").code == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "\ufeff",
        "# only a comment",
        "x = 1\r\ny = 2\r",
        "\x0c\nx = 1\n",
        b"# -*- coding: latin-1 -*-\nname = 'caf\xe9'\n",
        b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nname = '\x80'\n",
        "type Row[T] = list[T]\n",
        "def first[T](rows: list[T]) -> T:\n    return rows[0]\n",
        "x = f'{'a'}'\n",
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
    ],
)
def test_proper_python_is_no_finding(shop: Any, content: str | bytes) -> None:
    shop.write({"app/fine.py": content})
    assert [one for one in findings(shop) if one[0] == "fine.py"] == []


@pytest.mark.parametrize(
    "content",
    [f"{'(' * 5000}{')' * 5000}", f"{'-' * 20_000}1", f"y{'.z' * 20_000}", f"{'1 + ' * 8000}1"],
    ids=["parentheses", "signs", "attributes", "sums"],
)
def test_what_is_nested_too_deeply_is_told(shop: Any, content: str) -> None:
    shop.write({"app/deep.py": f"import sqlalchemy\nx = {content}\n"})
    [(_, _, code, message)] = [one for one in findings(shop) if one[0] == "deep.py"]
    assert code == "FSL902"
    assert "nested" in message


def test_findings_are_right_in_other_encodings(shop: Any) -> None:
    text = "# coding: cp1252\n" + shop.text("app/jobs.py").replace("archive.db", "€é.db")
    shop.write({"app/jobs.py": text.encode("cp1252")})
    assert [one[1:3] for one in findings(shop)] == [(6, "FSL501"), (10, "FSL101"), (15, "FSL102")]


def test_ten_thousand_lines(shop: Any) -> None:
    filler = "".join(f"def f{number}(x: int) -> int:\n    return x + {number}\n\n\n" for number in range(2500))
    shop.write({"app/jobs.py": shop.text("app/jobs.py") + "\n\n" + filler})
    assert [one[2] for one in findings(shop)] == ["FSL501", "FSL101", "FSL102"]


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 199 + "1" + ")" * 199 + "\n",
        "x = " + "[" * 199 + "]" * 199 + "\n",
        "".join("    " * depth + "if x:\n" for depth in range(99)) + "    " * 99 + "pass\n",
        "x = " + "-" * 2000 + "1\n",
        "x = " + " + ".join(["1"] * 2000) + "\n",
        "x = y" + ".z" * 1500 + "\n",
        "x = " + "f(" * 200 + ")" * 200 + "\n",
    ],
)
@pytest.mark.parametrize("concerns_sessions", [True, False])
def test_deep_nesting_harms_nobody_else(shop: Any, text: str, concerns_sessions: bool) -> None:
    """Whether it can be checked is up to libcst; either way it is said in one line at most, and nothing crashes."""
    extra = "from app.db import SessionLocal\ndb = SessionLocal\n" if concerns_sessions else ""
    shop.write({"app/deep.py": extra + text})
    found = findings(shop)
    assert [one[2] for one in found if one[0] != "deep.py"] == ["FSL501", "FSL101", "FSL102"]
    assert [one[2] for one in found if one[0] == "deep.py"] in ([], ["FSL902"])


def test_file_that_vanishes_while_it_is_read(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write({"app/brief.py": "x = 1\n"})
    read = files.read

    def read_late(path: str) -> Source:
        if path.endswith("brief.py"):
            os.unlink(path)  # noqa: PTH108
        return read(path)

    monkeypatch.setattr(files, "read", read_late)
    found = runner.check_paths([shop.root])
    assert [(one.code, Path(one.path).name) for one in found] == [
        ("FSL902", "brief.py"),
        ("FSL501", "jobs.py"),
        ("FSL101", "jobs.py"),
        ("FSL102", "jobs.py"),
    ]
    assert found[0].message == "cannot be checked: the file is gone"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read(shop: Any) -> None:
    shop.write({"app/secret.py": "x = 1\n"})
    (shop.root / "app/secret.py").chmod(0)
    assert findings(shop)[-1] == ("secret.py", 1, "FSL902", "cannot be checked: permission denied")


def test_folder_with_the_name_of_a_module(shop: Any) -> None:
    (shop.root / "app/folder.py").mkdir()
    assert len(findings(shop)) == 3


def test_links_in_circles_end(shop: Any) -> None:
    (shop.root / "app/loop").symlink_to("..")
    (shop.root / "app/self.py").symlink_to("self.py")
    assert len(findings(shop)) == 3
    done = shop.fsl("check", "app/self.py")
    assert done == (2, "", "error: app/self.py: no such file or folder\n")


def test_nothing_of_the_project_is_run(shop: Any) -> None:
    bomb = "open('ran', 'w').close()\nraise SystemExit('this was run')\n"
    names = ("sqlalchemy", "libcst", "click", "app/__init__", "conftest", "setup", "sitecustomize", "json", "enum")
    shop.write({f"{name}.py": bomb for name in names})
    # `python -m` would import from the current folder by itself; the installed command does not.
    code = "import sys; from fastapi_session_lint.__main__ import main; sys.argv[1:] = ['check']; sys.exit(main())"
    done = shop.python("-P", "-c", code)
    assert (done.code, done.err) == (1, "")
    assert not (shop.root / "ran").exists()


def test_a_rule_that_crashes_is_named_and_the_rest_goes_on(shop: Any) -> None:
    code = (
        "import dataclasses, sys\nfrom fastapi_session_lint import rules, __main__\n"
        "def crash(rule, context): raise ZeroDivisionError('oops')\n"
        "real = rules.all_rules()\n"
        "broken = tuple(dataclasses.replace(one, check=crash) if one.code == 'FSL102' else one for one in real)\n"
        "rules.all_rules = lambda: broken\nsys.exit(__main__.main())\n"
    )
    done = shop.python("-c", code, "check", "--output-format", "concise", "--exit-zero")
    assert (done.code, done.err) == (2, "")
    reported = sorted(line.split()[1] for line in done.out.splitlines() if line.startswith("app/"))
    assert reported == ["FSL101", "FSL501", "FSL903"]
    (line,) = [line for line in done.out.splitlines() if "FSL903" in line]
    assert "FSL102" in line
    assert "ZeroDivisionError: oops" in line


@pytest.mark.skipif(sys.platform == "win32", reason="Windows names are text")
def test_names_that_are_no_text(shop: Any) -> None:
    name = os.fsencode(shop.root / "app") + b"/caf\xe9\x1b.py"
    with open(name, "w") as stream:  # noqa: PTH123
        stream.write(shop.text("app/jobs.py"))
    done = shop.fsl("check", "--output-format", "concise")
    assert (done.code, done.err) == (1, "")
    assert "app/caf\\udce9\\x1b.py:9:10: FSL101" in done.out
    assert len(json.loads(shop.fsl("check", "--output-format", "json").out)) == 6
