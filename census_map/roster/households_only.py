"""A list with one row a person: its heads of household are the households, the members are not."""

from dataclasses import replace

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.likely_names import shown_file
from census_map.roster.sheet_view import SheetView
from census_map.roster.text import squeeze

_CODES = {"是", "Y", "YES", "0", "00"}
HEADS = ("户主", "本人", "HEAD", "SELF")
_BELONGS = ("address", "building", "entrance", "room", "number")


def is_head(relation: str) -> bool:
    """Tell whether a relation to the head of household is that of the head itself."""
    key = squeeze(relation)
    # 是 answers whether somebody is the head; 0 is the head's code on the census forms.
    return key in _CODES or (
        any(key.startswith(word) or key.endswith(word) for word in HEADS) and not key.startswith("非")
    )


def only_households(file: str, view: SheetView, rows: pd.DataFrame) -> tuple[SheetView, pd.DataFrame, tuple[int, ...]]:
    """
    Keep the heads of a list of persons.

    Parameters
    ----------
    file
        For the message.
    view, rows
        As of `read_sheet`.

    Returns
    -------
    view, rows, headless
        Without the members, who are counted among the skipped rows; the rows of members above whom there is no head.

    Raises
    ------
    InputError
        No row is a head's.
    """
    if "relation" not in {column.field for column in view.columns} or (rows["relation"] == "").all():
        return view, rows, ()
    heads = rows["relation"].map(is_head)
    if not heads.any():
        raise InputError(
            _(
                "“{file}” is a list of persons, and no row of it is a head of household: take the roster in first, "
                "then this list with “census-map roster persons”."
            ).format(file=shown_file(file))
        )
    place = pd.Series(list(zip(*(rows[name] for name in _BELONGS), strict=True)), index=rows.index, dtype=object)
    bare = place.map(lambda cells: not any(cells))
    # A row that says nothing of its relation is a household of its own where its place differs from the one above.
    unsaid = rows["relation"] == ""
    heads |= unsaid & ~bare & (place != place.shift())
    members = ~heads
    below = heads.cumsum() > 0
    headless = members & ((bare & ~below) | (~bare & ~place.isin(set(place[heads]))))
    told = tuple(int(row) for row in rows["row"][headless])
    gone = tuple(int(row) for row in rows["row"][members & ~headless])
    kept = rows[heads].reset_index(drop=True)
    skipped = {**view.skipped, "members": gone} if gone else view.skipped
    return replace(view, households=len(kept), skipped=skipped), kept, told
