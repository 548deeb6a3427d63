"""A file that somebody else changes between the moment when it is read and the one when it is written."""

from __future__ import annotations

from typing import Any

from fastapi_session_lint.changing import TRIES

OVERTAKEN = """
import subprocess, sys
from fastapi_session_lint import __main__, files
replace, others = files.replace, {others}

def overtaken(path, old, new):
    if others:
        subprocess.run([sys.executable, *others.pop()], stdout=-3)
    replace(path, old, new)

files.replace = overtaken
sys.exit(__main__.main())
"""
FIX_ENGINE = ["-m", "fastapi_session_lint", "check", "--fix", "--unsafe-fixes", "--select", "FSL501"]
FIX_SESSION = ["check", "--select", "FSL101", "--fix", "--unsafe-fixes"]
WRITE = ["-c", "open('app/jobs.py', 'a').write('#')"]


def test_what_another_run_has_fixed_meanwhile_is_read_again(shop: Any) -> None:
    done = shop.python("-c", OVERTAKEN.format(others=[FIX_ENGINE]), *FIX_SESSION)
    assert done == (0, "Found 1 finding (1 fixed, 0 remaining).\n", "")
    text = shop.text("app/jobs.py")
    assert "with SessionLocal() as db:" in text
    assert "check_same_thread" in text


def test_what_another_run_has_fixed_meanwhile_is_not_counted(shop: Any) -> None:
    same = ["-m", "fastapi_session_lint", *FIX_SESSION]
    done = shop.python("-c", OVERTAKEN.format(others=[same]), *FIX_SESSION)
    assert done == (0, "All checks passed!\n", "")
    assert shop.text("app/jobs.py").count("with SessionLocal() as db:") == 1


def test_a_file_that_keeps_changing_is_left(shop: Any) -> None:
    before, others = shop.text("app/jobs.py"), [WRITE] * TRIES
    done = shop.python("-c", OVERTAKEN.format(others=others), *FIX_SESSION)
    assert done.code == 2
    assert "\nFound 1 finding (1 error).\n" in done.out
    assert done.err == f"error: {shop.root}/app/jobs.py: not fixed: the file was changed while it was being checked\n"
    assert shop.text("app/jobs.py") == before + TRIES * "#"


def test_comments_go_into_what_another_run_has_changed_meanwhile(shop: Any) -> None:
    done = shop.python("-c", OVERTAKEN.format(others=[FIX_ENGINE]), "check", "--select", "FSL101", "--add-ignore")
    assert done == (0, "All checks passed!\n", "suppressed 1 finding in 1 file\n")
    text = shop.text("app/jobs.py")
    assert "fsl: ignore[FSL101]" in text
    assert "check_same_thread" in text
