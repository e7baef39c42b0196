"""The language of messages."""

import pytest

from census_map.i18n import N_, _, ngettext, resolve_language, set_language


@pytest.fixture(autouse=True)
def _english_after():
    yield
    set_language("en")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh_CN.UTF-8", "zh_CN"), ("zh-Hans", "zh_CN"), ("Chinese (Simplified)_China.936", "zh_CN"), ("zh", "zh_CN"),
        ("en_GB", "en"), ("C", "en"), ("", "en"), (None, "en"), ("de_DE", "en"),
    ],
)  # fmt: skip
def test_language_of_a_tag(tag, language):
    assert resolve_language(tag) == language


def test_the_environment_decides_when_nothing_is_said(monkeypatch):
    monkeypatch.setenv("CENSUS_MAP_LANG", "zh-Hans")
    assert set_language() == "zh_CN"
    monkeypatch.delenv("CENSUS_MAP_LANG")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert set_language() == "zh_CN"


def test_texts_without_translation_stay():
    set_language("en")
    assert _("no such text") == N_("no such text") == "no such text"
    assert ngettext("{n} house", "{n} houses", 2) == "{n} houses"
