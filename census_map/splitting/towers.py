"""Say which buildings are above the maximum, and how each may be divided into building parts."""

from collections.abc import Iterable
from typing import Any

from census_map.i18n import _, ngettext
from census_map.workspace import Workspace


def tower_lines(workspace: Workspace, proofs: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """
    Write one line for each building above the maximum.

    Parameters
    ----------
    proofs
        Of the census areas, see `SplitResult.summary`; buildings are named by uid.

    Returns
    -------
    lines
        The proposal as it stands in `building_parts` of the proof; nothing of it is applied.
    """
    rows = [row for proof in proofs for row in proof.get("building_parts", ())]
    if not rows:
        return ()
    names = workspace.read("building", columns=["code", "name", "address"])
    return tuple(_line(row, names) for row in rows)


def _line(row: dict[str, Any], names: Any) -> str:
    uids = [row["building"]] if row["building"] is not None else row["buildings"]
    title = _(", ").join(_name(uid, names) for uid in uids[:3]) + (" …" if len(uids) > 3 else "")
    if len(row["rows"]) < 2:
        return _("Building {name} holds {weight}, more than the maximum, and nothing is known to divide it by.").format(
            name=title, weight=round(row["weight"])
        )
    parts = _("; ").join(_part(part, names) for part in row["rows"])
    n = len(row["rows"])
    return ngettext(
        "Building {name} holds {weight}, more than the maximum. It may be divided into {n} building part: {parts}",
        "Building {name} holds {weight}, more than the maximum. It may be divided into {n} building parts: {parts}",
        n,
    ).format(name=title, weight=round(row["weight"]), n=n, parts=parts)


def _name(uid: Any, names: Any) -> str:
    if uid not in names.index:
        return str(uid)
    known = names.loc[uid]
    return str(next((known[column] for column in ("code", "name", "address") if isinstance(known[column], str)), uid))


def _part(part: dict[str, Any], names: Any) -> str:
    where = []
    if part["entrances"] is not None:
        where.append(_("entrances {which}").format(which=part["entrances"]))
    if part["floors"] is not None:
        where.append(_("floors {which}").format(which=part["floors"]))
    if "buildings" in part:
        where.append(_(", ").join(_name(uid, names) for uid in part["buildings"]))
    return _("{where} ({weight})").format(where=_(", ").join(where), weight=round(part["weight"]))
