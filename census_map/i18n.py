"""
One message catalogue for library, command line and plugin.

Source text is English. `_()` looks a text up at the moment of the call, so a language set later still counts; format
*after* translating (`_("{n} areas").format(n=n)`), because extraction cannot see into an f-string. Texts that are
written down before the language is known (tables of rules, of columns) are marked with `N_()` and translated with
`_()` where they are shown.
"""

import gettext
import locale
import os
from pathlib import Path

DOMAIN = "census_map"
LOCALES = Path(__file__).parent / "locale"
LANGUAGES = ("en", "zh_CN")

_current: gettext.NullTranslations | None = None
_language: str | None = None


def resolve_language(tag: str | None) -> str:
    """
    Choose the interface language for a locale tag.

    Parameters
    ----------
    tag
        Any spelling that a system reports: `zh_CN.UTF-8`, `zh-Hans`, `zh-Hans-CN`, `Chinese (Simplified)_China`,
        `en_GB`, `C`, or None.

    Returns
    -------
    language
        One of `LANGUAGES`; English when the tag names neither.
    """
    text = (tag or "").lower()
    return "zh_CN" if text.startswith(("zh", "chinese")) else "en"


def set_language(tag: str | None = None) -> str:
    """
    Set the language of all later messages.

    Parameters
    ----------
    tag
        A locale tag, see `resolve_language`. None: the environment variable `CENSUS_MAP_LANG`, then the system's
        language.

    Returns
    -------
    language
        The language now in force.
    """
    global _current, _language  # noqa: PLW0603  the one piece of state, as in gettext itself
    language = _language = resolve_language(tag or os.environ.get("CENSUS_MAP_LANG") or _system_language())
    _current = gettext.translation(DOMAIN, LOCALES, languages=[language], fallback=True)
    return language


def current_language() -> str:
    """Give the language in force, one of `LANGUAGES`; for a program that is started and shall speak the same."""
    return _language or set_language()


def _system_language() -> str | None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return value
    return locale.getlocale()[0]


def _(message: str) -> str:
    """Translate a text into the language in force."""
    if _current is None:
        set_language()
    assert _current is not None
    return _current.gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Translate a text that depends on a number; format it afterwards with `n=n`."""
    if _current is None:
        set_language()
    assert _current is not None
    return _current.ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802  gettext's usual name for a deferred text
    """Mark a text for the catalogue without translating it yet."""
    return message
