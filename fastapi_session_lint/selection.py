"""What selectors name: of several that name a code the longest decides, as in Ruff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi_session_lint.settings import Settings, UnknownCode

ALL = "ALL"
_LOOK_LIKE_DIGITS = str.maketrans("OQILZSB", "0011258")


def selected(settings: Settings, defaults: Mapping[str, bool | None]) -> frozenset[str]:
    """The codes that a run reports, given each known code and whether it is on by default; None for one that never is.

    The longest prefix that names a code decides between select and ignore; on a tie, ignore wins.

    Raises UnknownCode for a selector that no rule has, in any of the options.
    """
    chosen = settings.select is not None
    wanted = (settings.select or ()) + settings.extend_select
    unwanted = settings.ignore + settings.extend_ignore
    check_selectors(wanted + unwanted + _other_selectors(settings), defaults)
    return frozenset(
        code
        for code, on in defaults.items()
        if on is not None and rank(code, wanted, 0 if on and not chosen else -1) > rank(code, unwanted)
    )


def _other_selectors(settings: Settings) -> tuple[str, ...]:
    fixes = settings.fixable + settings.unfixable + settings.extend_safe_fixes + settings.extend_unsafe_fixes
    ignored = tuple(code for _, codes in settings.per_file_ignores for code in codes)
    return fixes + ignored + tuple(code for code, _ in settings.severity)


def check_selectors(selectors: Iterable[str], codes: Iterable[str]) -> None:
    """Hold selectors to the codes that there are. Raises UnknownCode, naming the nearest one."""
    known = list(codes)
    for selector in selectors:
        if selector != ALL and not (selector and any(code.startswith(selector) for code in known)):
            raise UnknownCode(selector, nearest_code(selector, known))


def rank(code: str, selectors: Iterable[str], otherwise: int = -1) -> int:
    """The length of the longest selector that names the code; 0 for ALL, `otherwise` when none does."""
    lengths = [0 if one == ALL else len(one) for one in selectors if one == ALL or code.startswith(one)]
    return max(lengths, default=otherwise)


def nearest_code(text: str, codes: Iterable[str]) -> str | None:
    """The code that a mistyped one most likely means; letters that look like digits are read as these."""
    known = sorted(codes)
    digits = text.upper()[:3] + text.upper()[3:].translate(_LOOK_LIKE_DIGITS)
    import difflib  # late: it is for those who mistype

    return next(iter(difflib.get_close_matches(digits, known, 1)), None)
