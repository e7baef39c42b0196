"""No text of the data is taken for HTML by Qt."""

import ast
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import census_map_plugin
import pytest
from census_map_plugin.messages import Messages
from census_map_plugin.plain import PlainLabel, as_plain
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QTextDocument
from qgis.PyQt.QtWidgets import QTextBrowser

HOSTILE = [
    "<img src='http://127.0.0.1/x'>", "<b>bold</b> & <script>alert(1)</script>", "a &lt; b", "R&D", "&amp;",
    "x\n<i>y</i>",
    "<a href='file:///'>here</a>", "[% 1 + 1 %] {{ 7*7 }}",
]  # fmt: skip
PLUGIN = Path(census_map_plugin.__file__).parent
# Draws coloured marks; escapes what it is given.
RICH = {"tools/beside.py"}


def _as_qt_shows(text: str) -> str:
    if not Qt.mightBeRichText(text):
        return text
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_shown_as_it_stands(text):
    assert _as_qt_shows(as_plain(text)) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_shows_its_text_as_it_stands(text, qgis_app):  # noqa: ARG001  widgets need the application
    label = PlainLabel(text)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == text


def test_every_label_of_the_plugin_is_a_plain_one():
    made = []
    for path in sorted(PLUGIN.rglob("*.py")):
        if path.name == "plain.py" or "vendor" in path.parts or path.relative_to(PLUGIN).as_posix() in RICH:
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        names = [node.func.id for node in calls if isinstance(node.func, ast.Name)]
        made += [path.name for name in names if name == "QLabel"]
    assert made == []


@pytest.mark.parametrize("text", HOSTILE)
def test_the_message_bar_shows_a_text_as_it_stands(text, qgis_app):  # noqa: ARG001  widgets need the application
    bar = QgsMessageBar()
    messages = Messages(SimpleNamespace(messageBar=lambda: bar))
    said = [messages.note, messages.warn, messages.done, lambda text: messages.offer(text, "Do", print)]
    try:
        for say in said:
            say(text)
            (browser,) = bar.currentItem().findChildren(QTextBrowser)
            # It joins lines, and shows an entity as its character; nothing is a tag.
            assert unescape(browser.toPlainText()).split() == unescape(text).split()
    finally:
        messages.close()


@pytest.mark.parametrize("lines", [("first",), ("first", "second")])
def test_what_was_found_in_a_file_stands_until_the_file_is_closed_whatever_else_is_said(lines):
    bar = QgsMessageBar()
    messages = Messages(SimpleNamespace(messageBar=lambda: bar))
    try:
        messages.warn_of(lines)
        messages.note("something else")
        assert len(bar.items()) == 2
        messages.clear()
        assert len(bar.items()) == 1
        messages.warn_of(())
        assert bar.items() == []
    finally:
        messages.close()
