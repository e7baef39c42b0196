"""The Chinese catalogue is complete, has nothing unused, and keeps every placeholder."""

import re
from pathlib import Path

import pytest

pytest.importorskip("babel")
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


@pytest.fixture(scope="module")
def source():
    found = set()
    for folder in ("census_map", "plugin"):
        for _file, _line, message, _comments, _context in extract_from_dir(ROOT / folder, keywords=KEYWORDS):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


@pytest.fixture(scope="module")
def catalogue():
    path = ROOT / "census_map" / "locale" / "zh_CN" / "LC_MESSAGES" / "census_map.po"
    with path.open("rb") as stream:
        return read_po(stream, locale="zh_CN")


def singular(message):
    return message.id[0] if isinstance(message.id, tuple) else message.id


def translations(message):
    return list(message.string) if isinstance(message.string, (tuple, list)) else [message.string]


def test_every_text_of_the_source_is_translated(source, catalogue):
    done = {singular(m) for m in catalogue if m.id and all(translations(m)) and not m.fuzzy}
    assert sorted(source - done) == []


def test_no_text_of_the_catalogue_is_unused(source, catalogue):
    assert sorted({singular(m) for m in catalogue if m.id} - source) == []
    assert not catalogue.obsolete


def test_placeholders_are_the_same_in_both_languages(catalogue):
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        allowed = set(PLACEHOLDER.findall(message.id[-1] if isinstance(message.id, tuple) else message.id))
        wrong += [text for text in translations(message) if set(PLACEHOLDER.findall(text)) - allowed]
        if not isinstance(message.id, tuple):
            wrong += [text for text in translations(message) if allowed - set(PLACEHOLDER.findall(text))]
    assert wrong == []
