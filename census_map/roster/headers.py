"""Find the header of a roster sheet and say which column holds what: exactly, then by likeness, then not at all."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.packages import require
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
}
PERSONAL = ("head", "identity", "birth", "phone", "remark")
PLACE = ("census_area", "mini_area", "address", "building", "entrance", "floor", "room")
COUNTS = ("registered", "h2a", "h2b")
LOCATING = {"address", "building", "room"}
TELLING = LOCATING | {"head"}

HEADER_SEARCH_ROWS = 30
LIKENESS = 0.75
Match = Literal["exact", "alike", "given", "unread"]
_Scores = dict[str, list[tuple[str, float]]]
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
        Text of the header cell, or of the two cells of a header in two rows.
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
    """The header of a sheet: its rows (from 0, first and last) and its columns."""

    first: int
    last: int
    columns: tuple[ColumnMatch, ...]

    @property
    def fields(self) -> dict[str, int]:
        """Index of the column of each field."""
        return {column.field: column.index for column in self.columns if column.field}


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
    words = _words(synonyms, titles)
    wanted = {squeeze(text) for text in (mapping or {}).values()}
    best: tuple[float, Header] | None = None
    alike: _Scores = {}
    limit = min(len(rows), HEADER_SEARCH_ROWS)
    for index in range(limit):
        for last in (index, index + 1):
            texts = _header_texts(rows, index, last, limit)
            if texts is None:
                continue
            columns = _match(texts, words, alike)
            score = sum(c.certainty for c in columns if c.field) + sum(squeeze(c.header) in wanted for c in columns)
            # A second row must add something; a longer header is not better by itself.
            score -= 0.5 * (last - index)
            if _is_header(columns, wanted, telling) and (best is None or score > best[0] + 1e-9):
                best = score, Header(index, last, columns)
    if best is None:
        return None
    return Header(best[1].first, best[1].last, _with_mapping(best[1].columns, mapping or {}, titles))


def header_at(
    rows: Sequence[Sequence[Any]],
    row: int,
    synonyms: Mapping[str, Sequence[str]],
    *,
    titles: Mapping[str, str] = FIELDS,
) -> Header:
    """
    Take a row for the header because the user says so.

    Parameters
    ----------
    rows
        Cells of the sheet.
    row
        From 1; 0: the sheet has no header, and its columns bear letters alone.
    synonyms, titles
        As for `find_header`.
    """
    if not 0 < row <= len(rows):
        return Header(-1, -1, ())
    texts = [str(cell).strip() if isinstance(cell, str) else "" for cell in rows[row - 1]]
    return Header(row - 1, row - 1, _match(texts, _words(synonyms, titles), {}))


def _words(synonyms: Mapping[str, Sequence[str]], titles: Mapping[str, str]) -> dict[str, str]:
    words: dict[str, str] = {}
    for field, title in titles.items():
        for text in (field, title, _(title), *synonyms.get(field, ())):
            words.setdefault(squeeze(text), field)
    return words


def _header_texts(rows: Sequence[Sequence[Any]], first: int, last: int, limit: int) -> list[str] | None:
    upper = [str(cell).strip() if isinstance(cell, str) else "" for cell in rows[first]]
    if sum(bool(text) for text in upper) < 2:
        return None
    if last == first:
        return upper
    if last >= limit or any(isinstance(cell, (int, float)) or re.search(r"\d{2}", str(cell)) for cell in rows[last]):
        return None
    lower = [str(cell).strip() for cell in rows[last]]
    lower += [""] * (len(upper) - len(lower))
    texts, group = [], ""
    for index, text in enumerate(lower):
        above = upper[index] if index < len(upper) else ""
        group = above or group
        texts.append(f"{group} {text}" if text and group and not above else " ".join(filter(None, (above, text))))
    return texts


def _match(texts: Sequence[str], words: Mapping[str, str], alike: _Scores) -> tuple[ColumnMatch, ...]:
    """Match the texts of a header; `alike` keeps what was found for a text, which may come again in the next rows."""
    found: dict[int, tuple[str, Match, float]] = {}
    taken: set[str] = set()
    candidates: list[tuple[float, int, str, Match]] = []
    for index, text in enumerate(texts):
        for key in _spellings(text):
            if key in words:
                candidates.append((1.0, index, words[key], "exact"))
            elif 2 <= len(key) <= 24:
                if key not in alike:
                    alike[key] = _alike(key, words)
                candidates.extend((score, index, field, "alike") for field, score in alike[key])
    for score, index, field, how in sorted(candidates, key=lambda c: (-c[0], c[1])):
        if index not in found and field not in taken:
            found[index] = (field, how, score)
            taken.add(field)
    return tuple(
        ColumnMatch(index, _shown(text), *found.get(index, (None, "unread", 0.0)))
        for index, text in enumerate(texts)
        if text
    )


def _spellings(text: str) -> list[str]:
    """Give the whole header, then its lower cell alone, then without what stands in brackets."""
    parts = text.split()
    spellings = [text, parts[-1] if parts else "", re.sub(r"[（(\[【].*?[）)\]】]", "", text)]
    return [key for key in dict.fromkeys(map(squeeze, spellings)) if key]


def _alike(key: str, words: Mapping[str, str]) -> list[tuple[str, float]]:
    ratio = require("rapidfuzz.fuzz", "rapidfuzz").ratio
    scores: dict[str, float] = {}
    for word, field in words.items():
        score = ratio(key, word, score_cutoff=100 * LIKENESS) / 100
        if len(word) >= 2 and (word in key or (key in word and len(key) >= 2)):
            score = max(score, 0.76 + 0.2 * min(len(word), len(key)) / max(len(word), len(key)))
        if score >= LIKENESS and score > scores.get(field, 0):
            scores[field] = round(min(score, 0.99), 2)
    return list(scores.items())


def _is_header(columns: Sequence[ColumnMatch], wanted: set[str], telling: Collection[str]) -> bool:
    exact = sum(column.how == "exact" for column in columns) + sum(squeeze(c.header) in wanted for c in columns)
    fields = {column.field for column in columns if column.field}
    return exact >= 1 and len(fields) + len(wanted) >= 2 and bool(fields & set(telling) or wanted)


def _shown(text: str) -> str:
    """A header is shown; a long run of digits in it would be data, so it is not."""
    return re.sub(r"\d{6,}", "…", text)[:60]


def _with_mapping(
    columns: tuple[ColumnMatch, ...], mapping: Mapping[str, str], titles: Mapping[str, str]
) -> tuple[ColumnMatch, ...]:
    for field, header in mapping.items():
        if field not in titles:
            raise InputError(
                _("A roster has no column “{field}”: choose one of {fields}.").format(
                    field=field, fields=", ".join(titles)
                )
            )
        index = _column_index(columns, header)
        columns = tuple(
            ColumnMatch(c.index, c.header, field, "given", 1.0)
            if c.index == index
            else (ColumnMatch(c.index, c.header, None, "unread", 0.0) if c.field == field else c)
            for c in columns
        )
    return columns


def _column_index(columns: tuple[ColumnMatch, ...], header: str) -> int:
    for column in columns:
        if squeeze(column.header) == squeeze(header):
            return column.index
    letter = header.strip().upper()
    if re.fullmatch(r"[A-Z]{1,3}", letter):
        index = 0
        for character in letter:
            index = index * 26 + ord(character) - ord("A") + 1
        if any(column.index == index - 1 for column in columns):
            return index - 1
    raise InputError(
        _("The roster has no column headed “{header}”: its headers are {headers}.").format(
            header=header, headers=", ".join(column.header for column in columns[:_SHOWN_HEADERS])
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
