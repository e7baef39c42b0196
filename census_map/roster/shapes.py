"""Many addresses: each shape, the text without its digits, is taken apart once."""

import re

from census_map.roster.address import HAN, KINDS, Address, Part, parse_address, read_plain
from census_map.roster.lexicon import Lexicon
from census_map.roster.text import NUMERAL, normalise_with_positions

_DIGITS, _DIGIT = "0123456789", "9"
_STAND_IN = {ord(digit): _DIGIT for digit in _DIGITS}
_LEADING_ZERO = re.compile(r"(?<!\d)0\d")
_LITERAL = frozenset({*KINDS[:5], "road", "estate", "place", "note"})


class AddressReader:
    """
    Reads many addresses; those that differ in their digits alone are taken apart once.

    The rules ask how many digits there are, never which, so one address stands for all of its shape.

    Parameters
    ----------
    known
        Names that are found first; see `read_plain`.
    """

    def __init__(self, known: Lexicon | None = None) -> None:
        self._known = known
        self._shapes: dict[str, Address | None] = {}

    def read(self, text: str) -> Address:
        """Take an address apart; see `parse_address`."""
        plain, positions = normalise_with_positions(text)
        if positions is not None or not HAN.search(plain) or _LEADING_ZERO.search(plain):
            return parse_address(text, self._known)
        shape = plain.translate(_STAND_IN)
        if shape not in self._shapes:
            read = read_plain(shape, self._known)
            self._shapes[shape] = read if all(_follows(part, shape) for part in read.parts) else None
        known = self._shapes[shape]
        if known is None:
            return read_plain(plain, self._known)
        return Address(tuple(_with_digits(part, plain) for part in known.parts), known.doubts, known.rest)


def _follows(part: Part, shape: str) -> bool:
    """Tell whether the digits in a value are the first digits of its text, or none of them."""
    span = shape[part.start : part.end]
    given, written = part.value.count(_DIGIT), span.count(_DIGIT)
    if not written:
        return True
    return given <= written and (part.kind in _LITERAL or not any(c in NUMERAL for c in span))


def _with_digits(part: Part, plain: str) -> Part:
    if _DIGIT not in part.value:
        return part
    digits = [c for c in plain[part.start : part.end] if c in _DIGITS]
    if not digits:
        return part
    following = iter(digits)
    value = "".join(next(following) if c == _DIGIT else c for c in part.value)
    return Part(part.kind, value, part.start, part.end)
