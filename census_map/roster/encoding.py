"""Text of a table in the encoding it was written in, as far as its bytes say so for certain."""

import codecs
from pathlib import Path

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.likely_names import shown_file

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LOOK_AT = 65536  # bytes that tell one encoding from another
_FEWEST = 8  # characters; fewer may all be rare ones
# First bytes of the characters in daily use.
_DAILY_GB = ("gb2312", range(0xB0, 0xD8))
_DAILY_BIG5 = ("big5hkscs", range(0xA4, 0xC7))
_PUNCTUATION = frozenset("，。、；：（）“”《》　！？－")


def read_text(path: Path) -> str:
    """
    Read a file of text: in what its mark says, else UTF-8 where it is, else GB18030, in which Chinese offices write.

    Raises
    ------
    InputError
        It is no text, or in Big5 by all appearance: what is read in the wrong encoding loses names without a word.
    """
    raw = path.read_bytes()
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _strict(path, raw, encoding)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        if probably_big5(raw):
            raise InputError(
                _(
                    "“{file}” is probably written in Big5, as used in Taiwan, Hong Kong and Macao: open it where it "
                    "reads well, and save it as xlsx, or as csv in UTF-8."
                ).format(file=shown_file(path.name))
            ) from None
        return _strict(path, raw, "gb18030")
    return _strict(path, raw, "utf-8")


def probably_big5(raw: bytes) -> bool:
    """
    Tell whether bytes that are Chinese text make sense in Big5 alone.

    Both encodings accept nearly all bytes of the other; but read in the wrong one, Chinese turns into characters that
    nobody uses. In each encoding those in daily use have first bytes of their own.
    """
    beginning = raw[:_LOOK_AT]
    return _daily_share(beginning, *_DAILY_BIG5) >= 0.9 and _daily_share(beginning, *_DAILY_GB, wide="gb18030") <= 0.6


def _daily_share(raw: bytes, encoding: str, first_bytes: range, *, wide: str = "") -> float:
    """Give the share of characters in daily use among those beyond ASCII; 0 where they are too few or do not decode."""
    try:
        text = codecs.getincrementaldecoder(wide or encoding)().decode(raw)
    except UnicodeDecodeError:
        return 0.0
    characters = [character for character in text if character > "\x7f" and character not in _PUNCTUATION]
    firsts = (character.encode(encoding, "ignore")[:1] for character in characters)
    daily = sum(first != b"" and first[0] in first_bytes for first in firsts)
    return daily / len(characters) if len(characters) >= _FEWEST else 0.0


def _strict(path: Path, raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        # The error of the codec quotes bytes of the file, so it is not chained.
        raise InputError(
            _("“{file}” is neither a workbook nor a text table: save it as xlsx, or as csv in UTF-8 or GBK.").format(
                file=shown_file(path.name)
            )
        )
    return text
