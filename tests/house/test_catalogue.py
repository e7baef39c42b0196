"""The Chinese catalogue is complete, has nothing unused, and keeps every placeholder."""

import ast
import re
from pathlib import Path

import pytest

pytest.importorskip("babel")
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
# What shows its first text to the user: widgets, their setters, refusals, the command line.
SHOWING = re.compile(
    r"set(Text|Title|WindowTitle|ToolTip|StatusTip|PlaceholderText|LabelText|Suffix|SpecialValueText|WhatsThis)"
    r"|Q(Label|PushButton|CheckBox|RadioButton|GroupBox|Action|ToolButton|DockWidget|Menu)|add(Tab|Item|Row|Action|Menu)"
    r"|(Input|Workspace|Vault|CensusMap)Error|EditRefused|WrongPassphrase|Cancelled|echo|warn|note|say"
)
NAME = "census-map"
WORD = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]")
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


def test_no_text_is_shown_past_the_catalogue():
    shown = []
    for path in (file for folder in ("census_map", "plugin") for file in sorted((ROOT / folder).rglob("*.py"))):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and SHOWING.fullmatch(
                getattr(call.func, "attr", getattr(call.func, "id", ""))
            ):
                words = [part for text in call.args[:1] for part in literals(text)]
                shown += [f"{path.name}:{call.lineno}: {word}" for word in words if WORD.search(word.replace(NAME, ""))]
    assert shown == []


def test_what_is_translated_is_a_text_or_a_name():
    """Versions of Babel differ in what they make of a text inside an expression: there is none."""
    mixed = []
    for path in (file for folder in ("census_map", "plugin") for file in sorted((ROOT / folder).rglob("*.py"))):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
            texts = call.args[:2] if name == "ngettext" else call.args[:1] if name in KEYWORDS else []
            inner = [part for text in texts if not isinstance(text, ast.Constant) for part in ast.walk(text)]
            mixed += [f"{path.name}:{call.lineno}" for part in inner if literals(part)]
    assert mixed == []


def literals(text):
    """The fixed words of a text: of a constant, or between the values of an f-string."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
