"""The Python interface: what docs/python-api.md says works as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import api

PAGE = (Path(__file__).parents[1] / "docs" / "python-api.md").read_text(encoding="utf-8")


def test_paths(shop: Any) -> None:
    findings = api.check_paths([shop.root / "app"])
    assert [(one.code, one.severity.value) for one in findings] == [
        ("FSL501", "info"),
        ("FSL101", "error"),
        ("FSL102", "warning"),
    ]
    chosen = api.check_paths([shop.root], api.Settings(select=("FSL101",), severity=(("FSL1", "info"),)))
    assert [(one.code, one.severity) for one in chosen] == [("FSL101", api.Severity.INFO)]


def test_source_is_taken_for_the_file_of_a_project(shop: Any) -> None:
    text = shop.text("app/jobs.py")
    (found,) = api.check_source(text, shop.root / "app/new.py", api.Settings(select=("FSL102",)))
    assert found.fix is not None
    fixed = api.apply(text, found.fix.edits)
    assert api.check_source(fixed, shop.root / "app/new.py", api.Settings(select=("FSL102",))) == []
    assert not (shop.root / "app/new.py").exists()


def test_mistakes_are_exceptions(shop: Any) -> None:
    with pytest.raises(api.MissingPath):
        api.check_paths([shop.root / "nowhere"])
    with pytest.raises(api.InvalidSettings, match="did you mean `FSL101`"):
        api.check_paths([shop.root], api.Settings(select=("FSL1O1",)))


def test_everything_named_is_there_and_explained() -> None:
    for name in api.__all__:
        assert hasattr(api, name)
    assert {name for name in api.__all__ if f"`{name}" not in PAGE} == set()


def test_the_programs_of_the_page_print_what_it_says(project: Any) -> None:
    for program, output in re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL):
        assert project.python("-c", program).out == output
