"""The plain form of addresses in Latin letters: street, number and flat: `12 Main Street, Flat 3`, `Hauptstr. 4a`."""

import re
import unicodedata

_WORDS = {
    "ST": "STREET", "STR": "STREET", "AVE": "AVENUE", "AV": "AVENUE", "RD": "ROAD", "BLVD": "BOULEVARD", "LN": "LANE",
    "DR": "DRIVE", "SQ": "SQUARE", "CT": "COURT", "PL": "PLACE", "HWY": "HIGHWAY", "TER": "TERRACE",
}  # fmt: skip
_UNIT = re.compile(
    r"\b(?P<kind>UNIT|FLAT|APARTMENT|APT|ROOM|RM|SUITE|DOOR|FLOOR|FL|BLOCK|BLK|BUILDING|BLDG|ENTRANCE|STAIR|LOT)\b"
    r"\.?\s*(?:NO\.?\s*|#\s*)?(?P<value>\d+[A-Z]?|[A-Z]\d*)\b"
)
_ORDINAL_FLOOR = re.compile(r"\b(?P<value>\d{1,2})(?:ST|ND|RD|TH)\s+FLOOR\b")
_UNIT_KINDS = {
    "FLOOR": "floor", "FL": "floor", "BLOCK": "building", "BLK": "building", "BUILDING": "building",
    "BLDG": "building", "ENTRANCE": "entrance", "STAIR": "entrance", "LOT": "number",
}  # fmt: skip
_NAME = r"(?:[^\W\d_]|\d{1,3}(?:ST|ND|RD|TH)\b)[^\d,;#]*?"
_NUMBER_FIRST = re.compile(rf"^\s*(?:NO\.?\s*)?(?P<number>\d+\s?[A-Z]?(?:[-/]\d+[A-Z]?)?)\s+(?P<road>{_NAME})\s*$")
_NUMBER_LAST = re.compile(rf"^\s*(?P<road>{_NAME})[\s#]+(?:NO\.?\s*)?(?P<number>\d+\s?[A-Z]?(?:[-/]\d+[A-Z]?)?)\s*$")
# 12, Main Street
_NUMBER_COMMA = re.compile(r"^\s*(?:NO\.?\s*)?\d+[A-Z]?\s*,(?=\s*[^\W\d_])")


def fold(text: str) -> tuple[str, tuple[int, ...]]:
    """
    Bring Latin text into upper case without accents.

    Returns
    -------
    text, positions
        The text, and for each character its position in the text as typed.
    """
    folded, positions = [], []
    for position, character in enumerate(text):
        for expanded in unicodedata.normalize("NFKD", character).upper():
            if unicodedata.category(expanded) != "Mn":
                folded.append(" " if expanded.isspace() else expanded)
                positions.append(position)
    return "".join(folded), tuple(positions)


def find_parts(text: str) -> list[tuple[str, str, int, int]]:
    """
    Find the parts of a plain address.

    Parameters
    ----------
    text
        Folded by `fold`.

    Returns
    -------
    parts
        `(kind, value, start, end)` with kinds road, number, building, entrance, floor, room.
    """
    parts = [("floor", match["value"], *match.span()) for match in _ORDINAL_FLOOR.finditer(text)]
    text = _ORDINAL_FLOOR.sub(lambda match: "," * len(match[0]), text)
    parts += [(_UNIT_KINDS.get(match["kind"], "room"), match["value"], *match.span()) for match in _UNIT.finditer(text)]
    text = _UNIT.sub(lambda match: "," * len(match[0]), text)
    text = _NUMBER_COMMA.sub(lambda match: match[0].replace(",", " "), text)
    for piece in re.finditer(r"[^,;]+", text):
        found = _NUMBER_FIRST.match(piece[0]) or _NUMBER_LAST.match(piece[0])
        if found is not None:
            (left, right), (first, last) = found.span("number"), found.span("road")
            at = piece.start()
            parts.append(("number", found["number"].replace(" ", ""), at + left, at + right))
            parts.append(("road", road_name(found["road"]), at + first, at + last))
            break
    return parts


def road_name(name: str) -> str:
    """Bring the name of a street into one spelling: `Main St.` is `Main Street`, `Hauptstr.` is `Hauptstrasse`."""
    words = re.sub(r"[^\w\s]", " ", name).split()
    words = [_WORDS.get(word, word) if index else word for index, word in enumerate(words)]
    return re.sub(r"(?<=\w)STR(?:ASSE)?$", "STRASSE", " ".join(words))
