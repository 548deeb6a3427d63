"""Which file an import means."""

from __future__ import annotations

import pytest

from fastapi_session_lint.project.roots import ImportMap

SRC = [
    "/r/src/shop/__init__.py",
    "/r/src/shop/db.py",
    "/r/src/shop/api/__init__.py",
    "/r/src/shop/api/users.py",
    "/r/tests/test_users.py",
]
FLAT = ["/r/main.py", "/r/db.py", "/r/routers/users.py", "/r/logging.py"]
SAME = ["/r/src/filters.py", "/r/src/users/__init__.py", "/r/src/users/filters.py", "/r/src/users/router.py"]
TWO = [
    "/r/one/app/__init__.py",
    "/r/one/app/db.py",
    "/r/one/app/x.py",
    "/r/two/app/__init__.py",
    "/r/two/app/db.py",
    "/r/two/app/x.py",
]


@pytest.mark.parametrize(
    ("files", "importer", "module", "level", "expected"),
    [
        (SRC, "/r/src/shop/api/users.py", "shop.db", 0, "/r/src/shop/db.py"),
        (SRC, "/r/tests/test_users.py", "shop.db", 0, "/r/src/shop/db.py"),
        (SRC, "/r/tests/test_users.py", "shop", 0, "/r/src/shop/__init__.py"),
        (SRC, "/r/src/shop/api/users.py", "db", 2, "/r/src/shop/db.py"),
        (SRC, "/r/src/shop/api/users.py", "", 2, "/r/src/shop/__init__.py"),
        (FLAT, "/r/routers/users.py", "db", 0, "/r/db.py"),
        (FLAT, "/r/main.py", "routers.users", 0, "/r/routers/users.py"),
        (FLAT, "/r/main.py", "logging", 0, None),
        (FLAT, "/r/main.py", "nowhere.db", 0, None),
        (SAME, "/r/src/users/filters.py", "filters", 0, "/r/src/filters.py"),
        (SAME, "/r/src/users/router.py", "filters", 0, "/r/src/users/filters.py"),
        (SAME, "/r/src/users/__init__.py", "users", 0, "/r/src/users/__init__.py"),
        (TWO, "/r/one/app/x.py", "app.db", 0, "/r/one/app/db.py"),
        (TWO, "/r/two/app/x.py", "app.db", 0, "/r/two/app/db.py"),
    ],
)
def test_the_nearest_root_that_fits_decides(
    files: list[str], importer: str, module: str, level: int, expected: str | None
) -> None:
    assert ImportMap(files).resolve(importer, module, level) == expected


def test_a_package_may_be_imported_under_another_name_than_its_folder() -> None:
    imports = ImportMap(["/r/src/__init__.py", "/r/src/db.py", "/r/src/api/users.py"])
    for module in ("app.db", "app.api.users"):
        imports.expect(module)
    assert imports.resolve("/r/src/api/users.py", "app.db", 0) == "/r/src/db.py"


def test_one_import_that_does_not_fit_rules_the_other_name_out() -> None:
    imports = ImportMap(["/r/src/__init__.py", "/r/src/db.py", "/r/src/users.py"])
    for module in ("vendor.db", "vendor.client"):
        imports.expect(module)
    assert imports.resolve("/r/src/users.py", "vendor.db", 0) is None


def test_folders_that_are_named_as_sources_come_last() -> None:
    imports = ImportMap(["/r/lib/deep/shop/db.py", "/r/app/main.py"], ["/r/lib/deep"])
    assert imports.resolve("/r/app/main.py", "shop.db", 0) == "/r/lib/deep/shop/db.py"
