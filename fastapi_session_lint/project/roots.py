"""Which file an import means, without any configuration: by the folders above the importing file."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator

from fastapi_session_lint.vocabulary import EXTERNAL_TOPS

_INIT = "__init__.py"
_CONFTEST = "conftest.py"
_FEW = 2
"""So many parts of a package found under another name say nothing: `core` and `utils` are everywhere."""


class ImportMap:
    """The files of a project as modules. Paths are absolute, with forward slashes."""

    def __init__(self, paths: Iterable[str], sources: Iterable[str] = ()) -> None:
        """`sources` are folders from which absolute imports start, besides those found."""
        self.files = frozenset(paths)
        self.base = posixpath.commonpath([posixpath.dirname(path) for path in self.files]) if self.files else "/"
        self.folders = frozenset(_folders(self.files))
        self._sources = tuple(sources)
        self._by_suffix: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.files | self.folders):
            self._register(path)
        self._tests: dict[str, bool] = {}
        self._folder_of: dict[str, str] = {}
        self._roots_of: dict[str, tuple[str, ...]] = {}
        self._packages_of: dict[str, tuple[str, ...]] = {}
        self._memo: dict[tuple[str, str, int], str | None] = {}
        self._renamed: dict[str, str | None] = {}
        self._expected: dict[str, set[str]] = defaultdict(set)

    def _register(self, path: str) -> None:
        """File a module under every dotted name that some root folder would give it."""
        if path == _INIT or path.endswith(f"/{_INIT}"):
            return
        stem, name = path.removesuffix(".py"), ""
        while stem:
            stem, _, last = stem.rpartition("/")
            if not last.isidentifier():
                return
            name = f"{last}.{name}" if name else last
            self._by_suffix[name].append(path)
            if stem not in self.folders:
                return

    def is_test(self, path: str) -> bool:
        """Whether a file of the project holds tests."""
        known = self._tests.get(path)
        if known is None:
            known = self._tests[path] = is_test(self._below_base(path))
        return known

    def is_only_named_like_a_test(self, path: str) -> bool:
        """Whether its own name makes a test of a file, which lies in no folder of tests."""
        folder, name = posixpath.split(self._below_base(path))
        return is_test(name) and name != _CONFTEST and not _is_of_tests(folder)

    def serve(self, paths: Iterable[str]) -> None:
        """Tell of files that hold no tests, whatever they are called."""
        self._tests.update(dict.fromkeys(paths, False))

    def _below_base(self, path: str) -> str:
        return posixpath.relpath(path, self.base)

    def expect(self, module: str) -> None:
        """Tell of an absolute import before any is resolved: all of them decide on packages under a foreign name."""
        self._expected[module.partition(".")[0]].add(module)

    def resolve(self, importer: str, module: str, level: int) -> str | None:
        """The file (folder, for a namespace package) of an import in a file; None outside the project."""
        if importer not in self._folder_of:
            self._folder_of[importer] = posixpath.dirname(importer)
        key = (self._folder_of[importer], module, level)
        try:
            found = self._memo[key]
        except KeyError:
            found = self._memo[key] = self._relative(*key) if level else self._absolute(importer, module)
        if found == importer and not level and not importer.endswith(_INIT):  # it is meant for one further up
            return self._absolute(importer, module, but=importer)
        return found

    def _relative(self, folder: str, module: str, level: int) -> str | None:
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        return self._below(folder, module)

    def submodule(self, package: str, name: str) -> str | None:
        """The file or folder of a module inside a package."""
        return self._below(self.package_folder(package) or package, name)

    def package_folder(self, module: str) -> str | None:
        """The folder of a package; None for a file that is none."""
        if module.endswith(_INIT):
            folder, _, name = module.rpartition("/")
            if name == _INIT:
                return folder or posixpath.dirname(module)
        return module if module in self.folders else None

    def _below(self, folder: str, module: str) -> str | None:
        place = f"{folder}/{module.replace('.', '/')}" if module else folder
        if folder in ("/", ""):
            place = posixpath.join(folder, *module.split("."))
        files = self.files
        if (file := f"{place}.py") in files:
            return file
        if (file := f"{place}/{_INIT}") in files:
            return file
        return place if place in self.folders or place in files else None

    def packages(self, path: str) -> tuple[str, ...]:
        """The `__init__.py` of the folder of a file and of those above it, as far as each has one."""
        folder = posixpath.dirname(path)
        if folder not in self._packages_of:
            initial = f"{folder}/{_INIT}"
            self._packages_of[folder] = (initial, *self.packages(folder)) if initial in self.files else ()
        return self._packages_of[folder]

    def _absolute(self, importer: str, module: str, but: str | None = None) -> str | None:
        top = module.partition(".")[0]
        if top in EXTERNAL_TOPS:
            return None
        for one in self._roots(self._folder_of[importer]):
            if (found := self._below(one, module)) and found != but:
                return found
        if found := self._elsewhere(importer, module):
            return found
        if top in self._by_suffix:
            return None
        root = self._renamed_root(importer, top)
        return self._below(root, module.partition(".")[2]) if root else None

    def _roots(self, folder: str) -> tuple[str, ...]:
        """The folders from which the files of a folder import, the nearest first."""
        if folder not in self._roots_of:
            above = (folder, *_ancestors(folder), *self._sources)
            roots = (root for one in above for root in (one, posixpath.join(one, "src")))
            self._roots_of[folder] = tuple(root for root in roots if root in self.folders)
        return self._roots_of[folder]

    def _elsewhere(self, importer: str, module: str) -> str | None:
        """A package beside the importing file's own, as a test folder beside `backend/`: the nearest that fits."""
        candidates = self._by_suffix.get(module, [])
        if "." not in module:
            candidates = [path for path in candidates if path in self.folders and not self._in_package(path)]
        best = max(candidates, key=lambda path: (_shared(path, importer), -len(path)), default=None)
        return self._entry(best) if best else None

    def _in_package(self, path: str) -> bool:
        return f"{posixpath.dirname(path)}/{_INIT}" in self.files

    def _entry(self, path: str) -> str:
        initial = f"{path}/{_INIT}"
        return initial if initial in self.files else path

    def _renamed_root(self, importer: str, top: str) -> str | None:
        """The folder that is imported under the name `top` although it is called otherwise (`app` for `src`).

        Taken only when all that the project imports by that name is found below that one folder, or most of several
        parts: folders that are renamed when the project is built, as the whole is, are not there.
        """
        if top not in self._renamed:
            rests = {module.partition(".")[2] for module in self._expected[top]} - {""}
            parts = {rest.partition(".")[0] for rest in rests}
            folders = [*_ancestors(importer)]
            folders += [posixpath.join(folder, name) for folder in folders for name in ("src", "app", "backend")]
            known = [folder for folder in folders if folder in self.folders]
            self._renamed[top] = next(
                (folder for folder in known if rests and self._found_below(folder, rests) == len(rests)),
                next(
                    (folder for folder in known if self._found_below(folder, parts) > max(len(parts) / 2, _FEW)), None
                ),
            )
        return self._renamed[top]

    def _found_below(self, folder: str, modules: Iterable[str]) -> int:
        return sum(self._below(folder, module) is not None for module in modules)


def _folders(files: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in files:
        folder = posixpath.dirname(path)
        while folder not in seen and folder not in ("/", ""):
            seen.add(folder)
            yield folder
            folder = posixpath.dirname(folder)


def _ancestors(path: str) -> Iterator[str]:
    folder = posixpath.dirname(path)
    while folder not in ("/", ""):
        yield folder
        folder = posixpath.dirname(folder)


def _shared(one: str, other: str) -> int:
    return len(posixpath.commonpath([one, other]))


def is_test(path: str) -> bool:
    """Whether a file, by its path in the project, holds tests: by the names that pytest and unittest go by."""
    folder, name = posixpath.split(path)
    return (
        name.startswith(("test_", "tests_"))
        or name.endswith(("_test.py", "_tests.py"))
        or name in (_CONFTEST, "tests.py", "test.py")
        or _is_of_tests(folder)
    )


def _is_of_tests(folder: str) -> bool:
    return not {"test", "tests", "testing", "e2e"}.isdisjoint(folder.split("/"))
