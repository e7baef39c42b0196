"""
How wide a text is on paper, where its lines break, and how it is cut when it must be.

Chinese has no spaces to break at, and the program that draws the sheet breaks only there; so the lines are broken
here, by the widths of a sans-serif font, a little on the wide side.
"""

import unicodedata
from functools import lru_cache

MM_PER_POINT = 25.4 / 72
LINE_HEIGHT = 1.45  # of the font's size; Chinese fonts stand taller than Latin ones

_NARROW = set("iljtfrI.,:;'|!()[]·-/")
_WIDE = set("mwMW@%&")
# Marks that may not begin a line.
_CLOSING = set(",.;:!?)]}%、。，；：！？）】》”’")


def width_em(text: str) -> float:
    """
    Estimate the width of one line of text.

    Returns
    -------
    width
        In units of the font size: 1 for a Chinese character, about half for a digit.
    """
    return sum(_character_em(character) for character in text)


def width_mm(text: str, size: float) -> float:
    """Estimate the width of one line in millimetres at a font size in points."""
    return width_em(text) * size * MM_PER_POINT


def line_mm(size: float) -> float:
    """Give the distance of two lines in millimetres at a font size in points."""
    return size * MM_PER_POINT * LINE_HEIGHT


def wrap(text: str, width: float, size: float) -> list[str]:
    """
    Break a text into lines.

    Parameters
    ----------
    text
        Line breaks in it are kept.
    width
        Millimetres.
    size
        Points.

    Returns
    -------
    lines
        At least one; Latin words stay whole where they fit a line, Chinese breaks anywhere but before a closing mark.
    """
    limit = width / (size * MM_PER_POINT)
    return [line for paragraph in text.split("\n") for line in _wrap_line(" ".join(paragraph.split()), limit)]


def shorten(text: str, width: float, size: float) -> str:
    """Cut a text to a width in millimetres; what was cut shows as an ellipsis."""
    limit = width / (size * MM_PER_POINT)
    if width_em(text) <= limit:
        return text
    kept = text
    while kept and width_em(kept) + 1 > limit:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def fit(text: str, width: float, sizes: tuple[float, ...]) -> tuple[str, float]:
    """
    Choose the largest font size at which a text stands on one line.

    Returns
    -------
    text, size
        The text is cut only where the smallest size is still too wide.
    """
    for size in sizes:
        if width_mm(text, size) <= width:
            return text, size
    return shorten(text, width, sizes[-1]), sizes[-1]


def fit_lines(lines: list[str], width: float, height: float, sizes: tuple[float, ...]) -> tuple[str, float]:
    """
    Choose the largest font size at which wrapped lines fit a box.

    Returns
    -------
    text, size
        Lines joined by line breaks; at the smallest size what does not fit ends in an ellipsis.
    """
    for size in sizes:
        wrapped = [part for line in lines for part in wrap(line, width, size)]
        if len(wrapped) * line_mm(size) <= height:
            return "\n".join(wrapped), size
    size = sizes[-1]
    room = max(1, int(height / line_mm(size)))
    wrapped = [part for line in lines for part in wrap(line, width, size)]
    if len(wrapped) > room:
        wrapped = [*wrapped[: room - 1], shorten(wrapped[room - 1] + "…" * 2, width, size)]
    return "\n".join(wrapped), size


@lru_cache(maxsize=4096)
def _character_em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF" or character in "“”‘’…—":
        return 1.0
    if unicodedata.combining(character):
        return 0.0
    if character == " ":
        return 0.25
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.92
    return 0.68 if character.isupper() else 0.58


def _wrap_line(text: str, limit: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if not line or width_em(line + piece.rstrip()) <= limit or piece in _CLOSING:
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece
        while width_em(line.rstrip()) > limit and len(line) > 1 and line[-1] not in _CLOSING:
            cut = _prefix(line, limit)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()]


def _prefix(text: str, limit: float) -> int:
    count = 1
    while count < len(text) and width_em(text[: count + 1]) <= limit:
        count += 1
    return count


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    word = ""
    for character in text:
        if unicodedata.east_asian_width(character) in "WF":
            if word:
                pieces.append(word)
            pieces.append(character)
            word = ""
        else:
            word += character
            if character in " -/":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces
