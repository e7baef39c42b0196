"""
Link every household of the roster to its dwelling or building, or say why not.

Above `score.UPPER`, and clearly ahead of the next, a building is linked; between the thresholds the household waits
for a decision; below, it is reported as a missed building, a demolished address, another census area or an address
that cannot be read. What was decided by hand is never touched (docs/domain.md sections 3 and 6, rule H01).
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from census_map.errors import VaultError
from census_map.i18n import _
from census_map.roster.importing import vault_addresses
from census_map.roster.linker import WEAK, Link, Linker
from census_map.roster.map_index import index_map
from census_map.roster.place import Where, WhereReader, site_key
from census_map.roster.vault import Vault
from census_map.task import Report, many_small_objects, silent
from census_map.workspace import Workspace
from census_map.workspace.locks import standing_households

ALIAS = "alias"
CLASS_DEMOLISHED = 5
_REPORT_EVERY = 5000
_COLUMNS = ("building_uid", "dwelling_uid", "link_state", "link_score", "link_reason")


@dataclass(frozen=True)
class RosterLink:
    """
    What linking did.

    Attributes
    ----------
    households, linked, to_dwelling
        Counts: all, linked to a building, of these to a dwelling.
    by_hand
        Households decided by hand, left as they are (counted in `linked` where they are linked).
    states
        Count by `household.link_state`.
    reasons
        Count of the reasons of the households that were not linked.
    changed
        Households whose link is another than before.
    """

    households: int
    linked: int
    to_dwelling: int
    by_hand: int
    states: dict[str, int]
    reasons: dict[str, int]
    changed: int

    def as_json(self) -> dict[str, Any]:
        """Give everything for `--json`."""
        return asdict(self)


@many_small_objects()
def link_roster(workspace: Workspace, vault: Vault, *, report: Report = silent) -> RosterLink:
    """
    Link all households that were not decided by hand.

    Those that a lock keeps at their number stay where they are.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.

    Raises
    ------
    VaultError
        The vault holds none of the households: it is not the one of this workspace, and every link would be undone.
    """
    report(0.0, _("reading the roster"))
    wanted = ["census_area_uid", "class", "link_by_hand", *_COLUMNS]
    households = workspace.read("household", columns=wanted)
    if len(households) and not households.index.isin(vault.uids()).any():
        raise VaultError(
            _("“{file}” holds none of the households of the workspace: put its own vault beside it.").format(
                file=vault.path.name
            )
        )
    rows = read_places(vault, reason=_("link to the map"), report=report)
    report(0.45, _("reading the map"))
    index = index_map(workspace, name_uses(rows), read_aliases(vault))
    linker = Linker(index)
    by_hand = households["link_by_hand"].fillna(value=False).to_numpy(dtype=bool)
    kept = by_hand | households.index.isin(standing_households(workspace))
    free = households[~kept]
    links: list[Link] = []
    done: dict[tuple[int, str | None, bool], Link] = {}  # households that say the same share what was read
    for count, (uid, area, kind) in enumerate(zip(free.index, free["census_area_uid"], free["class"], strict=True)):
        if count % _REPORT_EVERY == 0:
            report(0.55 + 0.3 * count / max(len(free), 1), _("linking"))
        where = rows.get(uid)
        known = area if isinstance(area, str) else None
        is_gone = not pd.isna(kind) and kind == CLASS_DEMOLISHED
        if where is None:
            links.append(Link(state="unreadable", reasons=("address-empty",)))
            continue
        key = (id(where), known, is_gone)
        if key not in done:
            done[key] = linker.link(where, known, demolished=is_gone)
        links.append(done[key])
    _give_way(links)
    report(0.85, _("writing the links"))
    result = _frame(links, free.index)
    changed = _differing(free, result)
    with workspace.transaction(_("link of the roster")) as write:
        write.update("household", result.loc[changed])
    report(1.0, "")
    return _summary(pd.concat([result, households.loc[kept, list(_COLUMNS)]]), int(by_hand.sum()), len(changed))


def read_places(
    vault: Vault, *, reason: str, uids: Iterable[str] | None = None, report: Report = silent
) -> dict[str, Where]:
    """
    Read where the households live, all or some of them, as the roster says.

    Returns
    -------
    places
        By uid; households without any address are left out. Each different address is read once.
    """
    stored = vault_addresses(vault, reason=reason, uids=uids)
    columns = ("building", "entrance", "floor", "room", "heading")
    reader = WhereReader()
    read: dict[tuple[str, ...], Where] = {}
    places: dict[str, Where] = {}
    for count, (uid, *cells) in enumerate(
        zip(stored.index, stored["address"], *(stored[name] for name in columns), strict=True)
    ):
        if count % _REPORT_EVERY == 0:
            report(0.1 + 0.35 * count / max(len(stored), 1), _("reading addresses"))
        key = tuple(cells)
        if not any(key):
            continue
        if key not in read:
            read[key] = reader.read(key[0], dict(zip(columns, key[1:], strict=True)))
        places[uid] = read[key]
    return places


def name_uses(places: dict[str, Where]) -> Counter[str]:
    """Count how often the roster uses each name of a road or site."""
    uses: Counter[str] = Counter()
    for place, count in Counter(where.place for where in places.values()).items():
        for name in place.roads | place.sites:
            uses[name] += count
    return uses


def read_aliases(vault: Vault) -> dict[str, str]:
    """Read the learned names: key on the roster → key on the map."""
    pairs = (json.loads(text) for text in vault.records(ALIAS))
    return {site_key(pair["roster"]): site_key(pair["map"]) for pair in pairs}


def _give_way(links: list[Link]) -> None:
    """
    Where two households meet in one dwelling and one fits only in part, that one waits for a decision.

    If all that is wrong with it is a misspelt name, the building is certain, and only the dwelling stays open.
    """
    by_dwelling: dict[str, list[int]] = {}
    for position, link in enumerate(links):
        if link.dwelling is not None:
            by_dwelling.setdefault(link.dwelling, []).append(position)
    for positions in by_dwelling.values():
        if len(positions) < 2:
            continue
        weak = [bool(WEAK & set(links[position].reasons)) for position in positions]
        if all(weak):
            continue
        for position, is_weak in zip(positions, weak, strict=True):
            link = links[position]
            if is_weak:
                reasons = (*link.reasons, "room-taken")
                sure = WEAK & set(link.reasons) == {"misspelt"}
                links[position] = (
                    Link(link.building, None, "linked", link.score, reasons)
                    if sure
                    else Link(state="undecided", score=link.score, reasons=reasons)
                )


def _frame(links: list[Link], index: pd.Index) -> pd.DataFrame:
    frame = pd.DataFrame(index=index)
    frame["building_uid"] = pd.Series([link.building for link in links], index=index, dtype=object)
    frame["dwelling_uid"] = pd.Series([link.dwelling for link in links], index=index, dtype=object)
    frame["link_state"] = pd.Series([link.state for link in links], index=index, dtype=object)
    scores = [None if link.score is None else round(link.score, 3) for link in links]
    frame["link_score"] = pd.Series(scores, index=index, dtype="float64")
    frame["link_reason"] = pd.Series([" ".join(link.reasons) for link in links], index=index, dtype=object)
    return frame


def _differing(old: pd.DataFrame, new: pd.DataFrame) -> pd.Index:
    differs = pd.Series(data=False, index=new.index)
    for name in _COLUMNS:
        left, right = old[name].astype(object), new[name].astype(object)
        differs |= ~((left == right) | (left.isna() & right.isna())).fillna(value=False).astype(bool)
    return new.index[differs.to_numpy()]


def _summary(result: pd.DataFrame, by_hand: int, changed: int) -> RosterLink:
    linked = result["link_state"] == "linked"
    reasons: Counter[str] = Counter()
    for text, count in result.loc[~linked, "link_reason"].fillna("").value_counts().items():
        reasons[str(text)] += int(count)
    states = {str(state): int(count) for state, count in result["link_state"].value_counts().items()}
    return RosterLink(
        households=len(result),
        linked=int(linked.sum()),
        to_dwelling=int((linked & result["dwelling_uid"].notna()).sum()),
        by_hand=by_hand,
        states=states,
        reasons=dict(reasons.most_common()),
        changed=changed,
    )
