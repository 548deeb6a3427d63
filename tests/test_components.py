"""What belongs together: by imports, and by what pytest hands on; what does not is judged apart, and kept apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.cache.folder import Caching
from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.findings import Finding
from fastapi_session_lint.judge import Judge
from fastapi_session_lint.project.components import components, import_map
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.runner import Sources, check
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import plan

DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(bind=create_engine("postgresql://db/{name}"))
"""
JOB = """\
from {name}.database import SessionLocal


def job{number}():
    db = SessionLocal()
    db.commit()
"""


def program(name: str) -> dict[str, str]:
    """A program of ten modules, each with a session that nobody closes."""
    jobs = {f"{name}/job{number}.py": JOB.format(name=name, number=number) for number in range(8)}
    return {f"{name}/__init__.py": "", f"{name}/database.py": DATABASE.format(name=name), **jobs}


def parts(files: Mapping[str, str]) -> list[set[str]]:
    """The components of some files."""
    sources = [Source(f"/project/{name}", text.encode()) for name, text in sorted(files.items())]
    modules = [module for one in sources if (module := engine.read(one).module) is not None]
    paths = [one.path for one in sources]
    found = components(modules, import_map(modules, paths))
    return [{one.path.removeprefix("/project/") for one in part} for part in found]


def members(name: str) -> set[str]:
    return set(program(name))


def test_two_programs() -> None:
    found = parts({**program("cart"), **program("shop")})
    assert found == [members("cart"), members("shop")]


JOINING = {
    "an import": {"shop/more.py": "from cart.database import SessionLocal\nfrom shop.job1 import job1\n"},
    "an import of a module": {"shop/more.py": "import cart.database\nfrom shop import database\n"},
    "an import in a function": {
        "shop/more.py": "from shop import database\n\ndef f(db):\n    from cart import job1\n    db.commit()\n"
    },
    "a star import": {"shop/more.py": "from cart.database import *\nfrom shop.job1 import *\n"},
    "a file that imports both": {"main.py": "from cart.job1 import job1\nfrom shop.job1 import job1 as other\n"},
    "a package that hands on": {
        "cart/__init__.py": "from cart.database import SessionLocal\n",
        "shop/more.py": "from cart import SessionLocal\nfrom shop import database\n",
    },
    "a conftest above both": {
        "conftest.py": "from sqlalchemy.orm import Session\n\ndef pytest_configure(db: Session): ...\n"
    },
    "fixtures that a conftest names": {
        "shop/conftest.py": 'from sqlalchemy.orm import Session\n\npytest_plugins = ["cart.job1"]\n'
    },
}


@pytest.mark.parametrize("more", [pytest.param(files, id=name) for name, files in JOINING.items()])
def test_what_joins_two_programs(more: dict[str, str]) -> None:
    found = parts({**program("cart"), **program("shop"), **more})
    assert [part >= members("cart") | members("shop") for part in found] == [True]


def test_a_package_that_both_have_a_name_for() -> None:
    """It has no file that would join them."""
    lone = {"inner/orders.py": "from sqlalchemy import create_engine\n"}
    users = {f"{name}/more.py": f"import inner\nfrom {name} import database\n" for name in ("cart", "shop")}
    assert len(parts({**program("cart"), **program("shop"), **lone, **users})) == 1


def test_a_module_that_is_reached_by_attributes_alone() -> None:
    files = {
        "main.py": "import cart\n\nfactory = cart.inner.lone.SessionLocal\n",
        "cart/inner/lone.py": "from sqlalchemy.orm import sessionmaker\n\nSessionLocal = sessionmaker()\n",
    }
    assert parts({**program("cart"), **files}) == [members("cart") | files.keys()]


def test_an_import_from_a_package_joins_no_more_of_it() -> None:
    files = {"main.py": "from cart.job1 import job1\n", "cart/zoo/lone.py": "import sqlalchemy\n"}
    assert parts({**program("cart"), **files}) == [members("cart") | {"main.py"}, {"cart/zoo/lone.py"}]


def test_small_ones_are_one() -> None:
    scripts = {f"script{number}.py": "from sqlalchemy import create_engine\n" for number in range(3)}
    assert parts({**program("cart"), **scripts}) == [members("cart"), set(scripts)]


def test_what_belongs_together_does_not_hang_on_the_order() -> None:
    files = {**program("cart"), **program("shop"), "zoo.py": "import cart.database\nimport shop.database\n"}
    assert len(parts(files)) == 1


# --- what is judged, and what is known ---


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files about which the rules were asked."""
    names: list[str] = []
    findings = Judge.findings

    def counted(self: Judge, report: Collection[str] | None) -> list[Finding]:
        names.extend(sorted("/".join(Path(path).parts[-2:]) for path in report or ()))
        return findings(self, report)

    monkeypatch.setattr(Judge, "findings", counted)
    return names


@pytest.fixture
def both(tmp_path: Path) -> Callable[..., list[Any]]:
    """Check two programs that lie side by side, with files of another content where they are given."""
    root = tmp_path / "both"
    for name, text in {**program("cart"), **program("shop")}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(*, is_on: bool = True, settings: Settings | None = None, **given: str) -> list[Any]:
        for name, text in given.items():
            (root / f"{name.replace('__', '/')}.py").write_text(text)
        work = plan([str(root)], Configurations(isolated=settings or Settings()), {})
        return check(work, Sources(), caching=Caching(is_on, str(tmp_path / "cache")))

    return run


def test_a_change_has_nothing_judged_but_its_own_component(both: Any, asked: list[str]) -> None:
    cold = both()
    assert len(cold) == 16
    assert len(asked) == 20
    asked.clear()
    changed = DATABASE.format(name="shop").replace("bind=", "expire_on_commit=False, bind=")
    found = both(shop__database=changed)
    assert {name.partition("/")[0] for name in asked} == {"shop"}
    assert found == both(is_on=False)


def test_what_was_judged_before_is_known_when_it_comes_back(both: Any, asked: list[str]) -> None:
    both()
    both(shop__job1=JOB.format(name="shop", number=1).replace("commit", "flush"))
    asked.clear()
    found = both(shop__job1=JOB.format(name="shop", number=1))
    assert not [name for name in asked if name.endswith(".py") and "__init__" not in name]
    assert found == both(is_on=False)


def test_an_import_that_joins_two_has_both_judged(both: Any, asked: list[str]) -> None:
    both()
    asked.clear()
    found = both(
        shop__job1="from cart.database import SessionLocal\n\n\ndef f():\n    db = SessionLocal()\n    db.commit()\n"
    )
    assert {name.partition("/")[0] for name in asked} == {"shop", "cart"}
    assert found == both(is_on=False)


def test_another_selection_is_another_question(both: Any, asked: list[str]) -> None:
    both()
    asked.clear()
    both(settings=Settings(select=("FSL101",)))
    assert len(asked) == 20


def test_what_crashes_is_not_kept(both: Any, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> Iterator[Any]:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(type(all_rules()[0]), "check", crash, raising=False)
        assert {one.code for one in both()} == {"FSL903"}
    assert {one.code for one in both()} == {"FSL101"}


def test_answers_are_forgotten_between_components() -> None:
    files = {**program("cart"), **program("shop")}
    sources = [Source(f"/project/{name}", text.encode()) for name, text in sorted(files.items())]
    paths, readings = [one.path for one in sources], [engine.read(one) for one in sources]
    keeping = Judge(paths, readings, Settings(), all_rules())
    forgetting = Judge(paths, readings, Settings(), all_rules(), keeps=False)
    assert keeping.findings(None) == forgetting.findings(None)
    assert (len(keeping._contexts), len(forgetting._contexts)) == (2, 1)
    assert [forgetting.findings({path}) for path in paths] == [keeping.findings({path}) for path in paths]
