"""The example application: it runs, and `fsl check` finds in it what its comments say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "examples" / "bookshop"
EXPECT = re.compile(r"#\s*expect:\s*(FSL\d{3}(?:\s*,\s*FSL\d{3})*)")
FAMILIES = ("FSL1", "FSL2", "FSL3", "FSL4", "FSL5")


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a Python command says, from `cwd`, with a few variables more."""
    everything = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=everything, capture_output=True, encoding="utf-8", timeout=180
    )


def expected() -> set[tuple[str, int, str]]:
    """File, row and code of each comment `# expect:` in the example."""
    return {
        (path.relative_to(SHOP).as_posix(), row, code.strip())
        for path in SHOP.rglob("*.py")
        for row, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := EXPECT.search(line))
        for code in match[1].split(",")
    }


def test_each_family_has_its_pitfall() -> None:
    codes = {code for _, _, code in expected()}
    assert [family for family in FAMILIES if not any(code.startswith(family) for code in codes)] == []


def test_check_finds_what_the_comments_say() -> None:
    done = run("-m", "fastapi_session_lint", "check", "examples/bookshop", "--output-format", "json", cwd=ROOT)
    assert done.returncode == 1, done.stderr
    found = {
        ((ROOT / one["filename"]).relative_to(SHOP).as_posix(), one["location"]["row"], one["code"])
        for one in json.loads(done.stdout)
    }
    assert found == expected()


@pytest.fixture
def databases(tmp_path: Path) -> dict[str, str]:
    """Where the shop keeps its data during one test."""
    return {
        "BOOKSHOP_DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
        "BOOKSHOP_ARCHIVE_URL": f"sqlite:///{tmp_path / 'archive.db'}",
    }


def test_the_shop_serves_a_customer(databases: dict[str, str]) -> None:
    done = run("-m", "bookshop.smoke", cwd=SHOP, **databases)
    assert (done.returncode, done.stdout.count("ok: ")) == (0, 13), done.stdout + done.stderr


def test_the_shop_can_be_seeded(databases: dict[str, str]) -> None:
    done = run("-m", "bookshop.seed", cwd=SHOP, **databases)
    assert done.stdout == "4 books are in the shop\n", done.stderr


PITFALLS = """
import warnings
from fastapi.testclient import TestClient
from bookshop.main import app
from bookshop.seed import seed

warnings.simplefilter("ignore")
seed()
with TestClient(app, raise_server_exceptions=False) as shop:
    shop.post("/books/1/reviews", json={"reader": "Kelvin", "stars": 5})
    for method, address in (
        ("post", "/reviews/1/votes?reader=Snaut"),
        ("post", "/reviews/1/votes?reader=Snaut"),
        ("delete", "/reviews/1"),
        ("delete", "/reviews/99"),
        ("get", "/books/search?word=solaris"),
    ):
        print(method, address, shop.request(method, address).status_code)
    print(len(shop.get("/books/1/reviews").json()), "review is left")
"""


def test_the_pitfalls_have_their_symptoms(databases: dict[str, str]) -> None:
    done = run("-c", PITFALLS, cwd=SHOP, **databases)
    assert done.stdout.splitlines() == [
        "post /reviews/1/votes?reader=Snaut 200",
        "post /reviews/1/votes?reader=Snaut 500",  # FSL201: the failed session is used again
        "delete /reviews/1 204",  # FSL402: nothing is deleted
        "delete /reviews/99 500",  # FSL202: the 404 is swallowed
        "get /books/search?word=solaris 500",  # FSL502: an empty database for each thread
        "1 review is left",
    ], done.stderr
