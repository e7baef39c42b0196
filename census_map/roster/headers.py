"""Find the header of a roster sheet and say which column holds what: exactly, then by likeness, then not at all."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.packages import require
from census_map.roster.header_words import (
    PRESENT_PLACE,
    REGISTERED_PLACE,
    is_part,
    role_of,
    shown_header,
)
from census_map.roster.text import squeeze

# Fields of a roster with their titles; synonyms of headers are in the profile (`Profile.roster_columns`).
FIELDS: dict[str, str] = {
    "serial": N_("serial number"),
    "census_area": N_("census area"),
    "mini_area": N_("mini-area"),
    "number": N_("household number"),
    "head": N_("head of household"),
    "identity": N_("identity number"),
    "birth": N_("date of birth"),
    "phone": N_("phone"),
    "address": N_("address"),
    "registered_address": N_("registered address"),
    "village": N_("hamlet"),
    "group": N_("villagers' group"),
    "estate": N_("estate"),
    "road": N_("road"),
    "lane": N_("lane"),
    "door": N_("door number"),
    "building": N_("building"),
    "entrance": N_("entrance"),
    "floor": N_("floor"),
    "room": N_("room"),
    "kind": N_("kind of household"),
    "class": N_("class"),
    "presence": N_("presence"),
    "registered": N_("persons registered here"),
    "h2a": N_("persons who slept here"),
    "h2b": N_("persons registered here who slept elsewhere"),
    "remark": N_("remark"),
    "relation": N_("relation to the head of household"),
    "owner": N_("landlord"),
    "owner_identity": N_("landlord's identity number"),
    "owner_phone": N_("landlord's phone"),
}
# Registered address and landlord stand together in the vault.
BESIDE_TITLE = N_("registered address, landlord")
PERSONAL = ("head", "identity", "birth", "phone", "remark")
# Parts of an address that stand in columns of their own; they are put together (`census_map.roster.composing`).
ADDRESS_PARTS = ("village", "group", "estate", "road", "lane", "door")
PLACE = ("census_area", "mini_area", "address", *ADDRESS_PARTS, "building", "entrance", "floor", "room")
COUNTS = ("registered", "h2a", "h2b")
LOCATING = {"address", "building", "room", "estate", "road", "lane", "door", "group"}
TELLING = LOCATING | {"head"}

HEADER_SEARCH_ROWS = 30
LIKENESS = 0.75
Match = Literal["exact", "alike", "given", "unread"]
_Scores = dict[str, list[tuple[str, float]]]
_Parts = tuple[str, ...]
_HEADER_ROWS = 3
_OWNED = {"head": "owner", "identity": "owner_identity", "phone": "owner_phone"}
_OF_PEOPLE = {"head", "identity", "phone", "birth", "address"}
_WHOLE = {"合计", "小计", "总数", "总计", "人数", "数量", "TOTAL"}
_ABOVE_A_DOOR = {"address", "room", "village", "group", "road", "lane"}
_BARE_WORDS = {"NO", "NUMBER", "ID"}
_SHOWN_HEADERS = 30


@dataclass(frozen=True)
class ColumnMatch:
    """
    What a column of a sheet was understood to be.

    Attributes
    ----------
    index
        From 0.
    header
        Text of the header cell, or of its cells in two or three rows; `…` for what may be personal.
    field
        One of `FIELDS`, or None when the column is not read.
    how
        `exact`, `alike` (to be confirmed by the user), `given` by the user, or `unread`.
    certainty
        0 to 1.
    """

    index: int
    header: str
    field: str | None
    how: Match
    certainty: float


@dataclass(frozen=True)
class Header:
    """
    The header of a sheet.

    Attributes
    ----------
    first, last
        Its rows, from 0.
    columns
        Every headed column.
    texts
        What stands there, by column. **May be personal** where a form was taken for a table.
    words
        Field of every known header text, squeezed.
    """

    first: int
    last: int
    columns: tuple[ColumnMatch, ...]
    texts: Mapping[int, str] = field(default_factory=dict, compare=False)
    words: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def fields(self) -> dict[str, int]:
        """Index of the column of each field."""
        return {column.field: column.index for column in self.columns if column.field}

    @property
    def fields_by_column(self) -> dict[int, str]:
        """Field of each column that is read."""
        return {column.index: column.field for column in self.columns if column.field}


def find_header(
    rows: Sequence[Sequence[Any]],
    synonyms: Mapping[str, Sequence[str]],
    mapping: Mapping[str, str] | None = None,
    *,
    titles: Mapping[str, str] = FIELDS,
    telling: Collection[str] = TELLING,
) -> Header | None:
    """
    Find the header among the first rows of a sheet.

    Parameters
    ----------
    rows
        Cells of the sheet.
    synonyms
        Header texts by field, as in the profile.
    mapping
        Columns that the user named: field → header text, or letter of the column (`C`).
    titles
        The fields that the sheet may have, with their titles.
    telling
        Fields of which a header has at least one.

    Returns
    -------
    header
        In one row or in two; None when no row looks like one.
    """
    words = header_words(synonyms, titles)
    wanted = {squeeze(text) for text in (mapping or {}).values()}
    best: tuple[float, Header] | None = None
    alike: _Scores = {}
    limit = min(len(rows), HEADER_SEARCH_ROWS)
    for index in range(limit):
        for last in range(index, min(index + _HEADER_ROWS, limit)):
            cells = _header_cells(rows, index, last)
            if cells is None:
                break
            columns = _match(cells, words, alike, titles)
            texts = {at: " ".join(parts) for at, parts in cells.items()}
            given = sum(squeeze(text) in wanted for text in texts.values())
            # What is only alike counts half: the row below may make it exact (身份 above 证号).
            score = sum(c.certainty if c.how == "exact" else c.certainty / 2 for c in columns if c.field) + given
            # A further row must add something; a longer header is not better by itself.
            score -= 0.5 * (last - index)
            if _is_header(columns, given, len(wanted), telling) and (best is None or score > best[0] + 1e-9):
                best = score, Header(index, last, columns, texts, words)
    if best is None:
        return None
    found = best[1]
    return replace(found, columns=_with_mapping(found, mapping or {}, titles))


def header_at(
    rows: Sequence[Sequence[Any]],
    row: int,
    words: Mapping[str, str],
    *,
    titles: Mapping[str, str] = FIELDS,
    given: Mapping[str, str | None] | None = None,
) -> Header:
    """
    Take a row for the header because the user says so, or because it is one further down.

    Parameters
    ----------
    rows
        Cells of the sheet.
    row
        From 1; 0: the sheet has no header, and its columns bear letters alone.
    words
        Of `header_words`.
    titles
        As for `find_header`.
    given
        Fields of texts, squeezed, that are known already: what another table of the sheet means by them.
    """
    if not 0 < row <= len(rows):
        return Header(-1, -1, (), {}, words)
    cells = {at: (text.strip(),) for at, text in enumerate(rows[row - 1]) if isinstance(text, str) and text.strip()}
    known = {**words, **{text: name for text, name in (given or {}).items() if name}}
    columns = _match(cells, known, {}, titles)
    return Header(row - 1, row - 1, columns, {at: parts[0] for at, parts in cells.items()}, words)


def header_words(synonyms: Mapping[str, Sequence[str]], titles: Mapping[str, str]) -> dict[str, str]:
    """Give the field of every known header text, squeezed."""
    words: dict[str, str] = {}
    for name, title in titles.items():
        for text in (name, title, _(title), *synonyms.get(name, ())):
            words.setdefault(squeeze(text), name)
    return words


def _header_cells(rows: Sequence[Sequence[Any]], first: int, last: int) -> dict[int, _Parts] | None:
    """
    Read rows as one header: for each column what stands above each other, from top to bottom.

    A text spreads to the right over columns that have something below it, up to where another begins in its row or in
    a row above.
    """
    upper = [str(cell).strip() if isinstance(cell, str) else "" for cell in rows[first]]
    if sum(bool(text) for text in upper) < 2:
        return None
    levels = [upper]
    for row in rows[first + 1 : last + 1]:
        if any(isinstance(cell, (int, float)) or re.search(r"\d{2}", str(cell)) for cell in row):
            return None
        levels.append([str(cell).strip() for cell in row])
    width = max(map(len, levels))
    levels = [[*level, *[""] * (width - len(level))] for level in levels]
    groups = [""] * len(levels)
    found: dict[int, _Parts] = {}
    for at in range(width):
        column = [level[at] for level in levels]
        for depth, text in enumerate(column):
            if text:
                # What began here ends what stood to the left below it.
                groups[depth:] = [text, *[""] * (len(groups) - depth - 1)]
        lowest = max((depth for depth, text in enumerate(column) if text), default=-1)
        parts = tuple(dict.fromkeys(groups[depth] for depth in range(lowest + 1) if groups[depth]))
        if lowest >= 0 and parts:
            found[at] = parts
    return found


def _match(
    cells: Mapping[int, _Parts], words: Mapping[str, str], alike: _Scores, titles: Collection[str]
) -> tuple[ColumnMatch, ...]:
    """Match the cells of a header; `alike` keeps what was found for a text, which may come again in the next rows."""
    candidates: list[tuple[float, int, str, Match]] = []
    roles = {index: role_of(squeeze("".join(parts))) for index, parts in cells.items()}
    beside = _beside(cells, roles, words)
    for index, parts in cells.items():
        if is_part(parts):
            continue
        if index in beside:
            candidates += [(score, index, name, how) for score, name, how in beside[index] if name in titles]
            continue
        for key in _spellings(parts):
            if key in words:
                candidates.append((1.0, index, words[key], "exact"))
            elif "registered_address" in titles and REGISTERED_PLACE.search(key):
                candidates.append((1.0, index, "registered_address", "exact"))
            elif "address" in titles and PRESENT_PLACE.match(key):
                candidates.append((1.0, index, "address", "exact"))
            elif 2 <= len(key) <= 24:
                if key not in alike:
                    alike[key] = _alike(key, words)
                candidates.extend((score, index, name, "alike") for name, score in alike[key])
    found = _one_each(candidates)
    fields = {name for name, _how, _score in found.values()}
    if "room" in titles and fields >= {"building", "entrance", "door"} and not fields & _ABOVE_A_DOOR:
        # Below building and entrance the plate is that of the flat: 楼号, 单元, 门牌; to be confirmed.
        found = {index: ("room", "alike", 0.9) if match[0] == "door" else match for index, match in found.items()}
    if not LOCATING & fields:
        # The only address that there is; to be confirmed.
        found = {
            index: ("address", "alike", 0.9) if match[0] == "registered_address" else match
            for index, match in found.items()
        }
    return tuple(
        ColumnMatch(index, shown_header(parts, words), *found.get(index, (None, "unread", 0.0)))
        for index, parts in cells.items()
    )


def _one_each(candidates: list[tuple[float, int, str, Match]]) -> dict[int, tuple[str, Match, float]]:
    """Give each column one field and each field one column, the surest first."""
    found: dict[int, tuple[str, Match, float]] = {}
    taken: set[str] = set()
    for score, index, name, how in sorted(candidates, key=lambda c: (-c[0], c[1])):
        if index not in found and name not in taken:
            found[index] = (name, how, min(score, 1.0))
            taken.add(name)
    return found


def _beside(
    cells: Mapping[int, _Parts], roles: Mapping[int, tuple[str, str | None]], words: Mapping[str, str]
) -> dict[int, list[tuple[float, str, Match]]]:
    """
    Say what the columns of other people than the head are, where a sheet names several people in a row.

    Who rents lives there, so the tenant is the household; a landlord or householder beside a tenant is kept as such.
    Where landlords stand alone they are the households, to be confirmed.
    """
    names = {index: role for index, (role, what) in roles.items() if what == "head"}
    rented = "tenant" in names.values()
    # Where each member has a row and none says how he is related, the numbers beside the members are not the head's.
    members = not any(_is_exact(parts, words, "relation") for parts in cells.values()) and any(
        role == "member" and words.get(squeeze("".join(cells[index]))) is None for index, role in names.items()
    )
    bare = any(role in ("", "householder") and _is_exact(cells[index], words, "head") for index, role in names.items())
    found: dict[int, list[tuple[float, str, Match]]] = {}
    nearest = ""
    for index, (role, what) in roles.items():
        nearest = names.get(index, nearest)
        whole = words.get(squeeze("".join(cells[index])))
        if role == "tenant":
            if whole is None or whole in _OF_PEOPLE:
                found[index] = [(1.02, what, "exact")] if what else []
        elif role == "owner" or (rented and role == "householder" and what in _OWNED):
            lives_there = role == "owner" and not rented and not bare and what is not None
            found[index] = (
                [(0.9, str(what), "alike")] if lives_there else [(1.0, _OWNED[what], "exact")] if what in _OWNED else []
            )
        elif whole is None and (role == "other" or (role == "member" and members)):
            found[index] = []
        elif rented and role == "" and what in _OWNED and (what == "head" or nearest in ("owner", "householder")):
            found[index] = [(0.95, _OWNED[what], "alike")]
    return found


def _is_exact(parts: _Parts, words: Mapping[str, str], name: str) -> bool:
    return any(words.get(key) == name for key in _spellings(parts))


def _spellings(parts: _Parts) -> list[str]:
    """Give the whole header, its lowest cell alone, the lowest two either way round, and it without its brackets."""
    text = " ".join(parts)
    words = text.split()
    # The last word alone says what a column holds, but “No.” does not: Telephone No., ID No.
    last = words[-1] if words and (len(words) == 1 or squeeze(words[-1]) not in _BARE_WORDS) else ""
    spellings = [text, last, re.sub(r"[（(\[【].*?[）)\]】]", "", text)]
    if len(parts) > 1:
        spellings += ["".join(parts[-2:]), parts[-1] + parts[-2]]
        if squeeze(parts[-1]) in _WHOLE:
            spellings.append(parts[-2])
    return [key for key in dict.fromkeys(map(squeeze, spellings)) if key]


def _alike(key: str, words: Mapping[str, str]) -> list[tuple[str, float]]:
    ratio = require("rapidfuzz.fuzz", "rapidfuzz").ratio
    scores: dict[str, float] = {}
    for word, name in words.items():
        score = ratio(key, word, score_cutoff=100 * LIKENESS) / 100
        inside = word in key or (key in word and len(key) >= 2)
        if inside and word.isascii() and key.isascii():
            # 'tel' inside 'slept elsewhere' is no word of it.
            short, long = sorted((word, key), key=len)
            inside = len(short) >= 4 and (long.startswith(short) or long.endswith(short))
        if len(word) >= 2 and inside:
            score = max(score, 0.76 + 0.2 * min(len(word), len(key)) / max(len(word), len(key)))
        if score >= LIKENESS and score > scores.get(name, 0):
            scores[name] = round(min(score, 0.99), 2)
    return list(scores.items())


def _is_header(columns: Sequence[ColumnMatch], given: int, wanted: int, telling: Collection[str]) -> bool:
    exact = sum(column.how == "exact" for column in columns) + given
    fields = {column.field for column in columns if column.field}
    return exact >= 1 and len(fields) + wanted >= 2 and bool(fields & set(telling) or wanted)


def _with_mapping(header: Header, mapping: Mapping[str, str], titles: Mapping[str, str]) -> tuple[ColumnMatch, ...]:
    columns = header.columns
    for name, text in mapping.items():
        if name not in titles:
            raise InputError(
                _("A roster has no column “{field}”: choose one of {fields}.").format(
                    field=name, fields=", ".join(titles)
                )
            )
        index = _column_index(header, text)
        columns = tuple(
            ColumnMatch(c.index, c.header, name, "given", 1.0)
            if c.index == index
            else (ColumnMatch(c.index, c.header, None, "unread", 0.0) if c.field == name else c)
            for c in columns
        )
    return columns


def _column_index(header: Header, text: str) -> int:
    for index, found in header.texts.items():
        if squeeze(text) in (squeeze(found), squeeze(found.split()[-1])):
            return index
    letter = text.strip().upper()
    if re.fullmatch(r"[A-Z]{1,3}", letter):
        index = 0
        for character in letter:
            index = index * 26 + ord(character) - ord("A") + 1
        if any(column.index == index - 1 for column in header.columns):
            return index - 1
    raise InputError(
        _("The roster has no column headed “{header}”: its headers are {headers}.").format(
            header=text, headers=", ".join(column.header for column in header.columns[:_SHOWN_HEADERS])
        )
    )


def column_letter(index: int) -> str:
    """Name a column as a spreadsheet does: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
