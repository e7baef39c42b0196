"""
Texts of the data in Qt, which takes a text for HTML whenever it looks like it.

HTML may load pictures from other computers, and hide what it says. So labels are plain ones, and what has no such
choice (tool tips, QGIS's message bar) is given its text escaped.
"""

from html import escape
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QLabel, QWidget


class PlainLabel(QLabel):
    """
    A label that shows its text as it stands.

    Parameters
    ----------
    text
        What it shows; may be left out.
    parent
        The widget that it lies in.
    """

    def __init__(self, *text_and_parent: Any) -> None:
        texts = [given for given in text_and_parent if isinstance(given, str)]
        parents = [given for given in text_and_parent if isinstance(given, QWidget)]
        super().__init__(*parents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText("".join(texts))


def as_plain(text: str) -> str:
    """Give a text for a tool tip or message: one that might be taken for HTML is made HTML that shows it as it is."""
    if "<" not in text and "&" not in text:
        return text
    return f"<span>{escape(text, quote=False)}</span>".replace("\n", "<br>")
