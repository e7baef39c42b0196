"""
Names of files made from the data: whatever a code or a name holds, it is a name and never a path.

Every verb that calls a file after a code, a township or a list asks here. The names hold on Windows, macOS and Linux,
and no two results of one run get the same.
"""

import re
import unicodedata
from collections.abc import Iterable

from census_map.i18n import _

_LONGEST = 160  # bytes in UTF-8; some encrypted file systems take no more than 143 characters, none less than 255 bytes
_SHOWN = 60  # characters of a text that a message quotes
_PLAIN = frozenset("-_.()")
_RESERVED = re.compile(r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, directions of writing, half characters, line ends


def file_name(text: str, ending: str = "") -> str:
    """
    Make the name of a file from a text of the data.

    Parameters
    ----------
    text
        Any text.
    ending
        Such as `.pdf`, written by the program.

    Returns
    -------
    name
        Letters, digits and `-_.()` stay, Chinese characters and signs too; anything else becomes `_`. It neither
        begins nor ends with a dot, is no name that Windows reserves, and takes at most 160 bytes.
    """
    normal = unicodedata.normalize("NFC", text)
    plain = "".join(character if _may_stay(character) else "_" for character in normal)
    stem = re.sub("_{2,}", "_", re.sub(r"\.{2,}", "_", plain))
    stem = _cut(stem.strip("."), _LONGEST - len(ending.encode())).rstrip(".")
    if stem.startswith("-") or _RESERVED.match(stem + ending):
        stem = _cut(f"_{stem}", _LONGEST - len(ending.encode()))
    return f"{stem or '_'}{ending}"


def _may_stay(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _PLAIN
    return unicodedata.category(character) not in _STEERING and not character.isspace()


def _cut(text: str, most: int) -> str:
    return text.encode(errors="ignore")[:most].decode(errors="ignore")


class FileNames:
    """
    Names of the files of one run, each given once.

    Parameters
    ----------
    ending
        Of all of them, such as `.xlsx`.
    nameless
        What a file is called whose text is empty.
    """

    def __init__(self, ending: str, *, nameless: str = "_") -> None:
        self._ending, self._nameless = ending, nameless
        self._given: set[str] = set()

    def new(self, text: str) -> str:
        """Give the name of one more file; texts that come to the same name are numbered."""
        text = text.strip() or self._nameless
        name = file_name(text, self._ending)
        number = 1
        while _key(name) in self._given:
            number += 1
            name = file_name(text, f" ({number}){self._ending}")
        self._given.add(_key(name))
        return name


def told_names(files: Iterable[tuple[str, str]]) -> list[str]:
    """
    Say which files are called otherwise than what they are of.

    Parameters
    ----------
    files
        Each text, and the name of its file.
    """
    line = _("“{text}” cannot be the name of a file, or was one already: its file is called “{file}”.")
    return [
        line.format(text=_shown(text), file=name)
        for text, name in dict.fromkeys(files)
        if name.rpartition(".")[0] != text
    ]


def _shown(text: str) -> str:
    whole = "".join(character if character.isprintable() else "_" for character in text)
    return whole if len(whole) <= _SHOWN else f"{whole[:_SHOWN]}…"


def _key(name: str) -> str:
    """Give what file systems that know no capitals compare."""
    return unicodedata.normalize("NFKC", name).casefold()
