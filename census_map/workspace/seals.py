"""
Seals: what a locked mini-area held when it was locked, so that a change made behind the guards shows row by row.

A seal is an entry of the history. It holds a digest of every row that the lock fixes (the mini-area, its buildings,
their parts and dwelling units; the number and the mini-area of each numbered household), a digest of the history since
the seal before, and that seal's own mark: a chain. Its mark is keyed where the roster's vault is at hand, and a plain
hash otherwise, which anybody can make anew who knows how; then it shows accidents, not forgery.

Digests are of values, not of how a file stores them: a copy, VACUUM or another order of bytes changes none.
"""

import base64
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import shapely

from census_map.schema import DRAFT, GEOMETRY, LOCKED, SUBMITTED, TABLES
from census_map.workspace.geopackage import decode_geometries
from census_map.workspace.guards import NOW

Sign = Callable[[str], str]
Fault = Literal["changed", "gone", "added", "unsealed", "outline", "history", "forged", "unkeyed"]

_BEFORE_ALL = -(2**63)  # numbers of entries begin at 1, but somebody may have written one below
SEAL = "seal"  # the action of an entry in the history
_CHANGING = {"mini_area": {"status", "status_reason"}, "census_area": {"note", "source", "source_id"}}
_CHANGING["township"] = _CHANGING["census_area"]
_IN_BUILDING = "SELECT uid FROM building WHERE mini_area_uid = ?1"
_ROWS = {
    "mini_area": "uid = ?1",
    "building": "mini_area_uid = ?1",
    "building_part": f"mini_area_uid = ?1 OR building_uid IN ({_IN_BUILDING})",
    "dwelling": f"building_uid IN ({_IN_BUILDING})",
}
_IN_DWELLING = f"SELECT uid FROM dwelling WHERE building_uid IN ({_IN_BUILDING})"
_HOUSEHOLDS = (
    "SELECT uid, code, number FROM household WHERE (code IS NOT NULL OR number IS NOT NULL) AND "
    f"(building_uid IN ({_IN_BUILDING}) OR dwelling_uid IN ({_IN_DWELLING}))"
)


@dataclass(frozen=True)
class SealFault:
    """
    One thing that is not as it was sealed.

    Attributes
    ----------
    fault
        What is wrong: a row changed, gone or added; a lock without a seal; an outline that is another one; the history
        or the seal itself; a seal made without the vault's key.
    table, uid
        The row.
    area
        uid of the mini-area whose seal shows it; empty for what concerns the whole file.
    """

    fault: Fault
    table: str
    uid: str
    area: str = ""


def seal_areas(connection: sqlite3.Connection, uids: Iterable[str], reason: str, sign: Sign | None = None) -> None:
    """
    Seal mini-areas that have just been locked, in the transaction that is open.

    Parameters
    ----------
    uids
        Of the mini-areas. Their census areas and the township are sealed with them.
    reason
        Stands beside the seals in the history.
    sign
        Signs a text with the vault's key; None where it is not at hand.
    """
    wanted = list(uids)
    if not wanted:
        return
    chain = _Chain.resumed(connection, sign)
    for table, uid in _containers(connection, wanted):
        chain.add(connection, table, uid, _container_content(connection, table, uid), reason)
    for uid in wanted:
        chain.add(connection, "mini_area", uid, {"rows": _area_rows(connection, uid)}, reason)


def find_seal_faults(connection: sqlite3.Connection, sign: Sign | None = None) -> Iterator[SealFault]:
    """
    Find what is not as it was sealed.

    Parameters
    ----------
    sign
        As for `seal_areas`; without it the marks of keyed seals cannot be held against the key.

    Yields
    ------
    fault
        First of the chain, then of each locked mini-area, its rows and its containers.
    """
    locked = [uid for (uid,) in connection.execute(f"SELECT uid FROM mini_area WHERE status >= {LOCKED} ORDER BY fid")]
    seals: dict[tuple[str, str], dict[str, Any]] = {}
    yield from _walk_chain(connection, sign, seals)
    locks, unexplained = _follow_status(connection)
    for uid in locked:
        if uid in unexplained:
            yield SealFault("history", "mini_area", uid, uid)
        seal = seals.get(("mini_area", uid))
        if seal is None or seal["place"] < locks.get(uid, 0):
            yield SealFault("unsealed", "mini_area", uid, uid)
            continue
        yield from _changed_rows(seal["rows"], _area_rows(connection, uid), uid)
    for table, uid in _containers(connection, locked):
        seal = seals.get((table, uid))
        if seal is not None:
            yield from _changed_container(connection, table, uid, seal)


class _Chain:
    """The seals of a file, at their end."""

    def __init__(self, mark: str, entries: "hashlib._Hash", sign: Sign | None) -> None:
        self.mark = mark
        self.entries = entries
        self._sign = sign

    @classmethod
    def resumed(cls, connection: sqlite3.Connection, sign: Sign | None) -> "_Chain":
        last = connection.execute(
            "SELECT fid, new FROM history WHERE action = ? ORDER BY fid DESC LIMIT 1", (SEAL,)
        ).fetchone()
        entries = hashlib.sha256()
        for row in _entries(connection, last[0] if last else _BEFORE_ALL):
            entries.update(_entry_bytes(row))
        return cls(_read(last[1]).get("mark", "") if last else "", entries, sign)

    def add(self, connection: sqlite3.Connection, table: str, uid: str, content: dict[str, Any], reason: str) -> None:
        body = {**content, "of": [table, uid], "before": self.mark, "history": self.entries.hexdigest()}
        self.mark = _mark(body, self._sign)
        stored = {**body, "mark": self.mark, "keyed": self._sign is not None}
        connection.execute(
            f"INSERT INTO history (time, action, row_table, row_uid, new, reason) VALUES ({NOW}, ?, ?, ?, ?, ?)",
            (SEAL, table, uid, json.dumps(stored), reason),
        )
        self.entries = hashlib.sha256()


def _mark(body: dict[str, Any], sign: Sign | None) -> str:
    text = json.dumps(body, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest() if sign is None else sign("seal|" + text)


def _walk_chain(
    connection: sqlite3.Connection, sign: Sign | None, seals: dict[tuple[str, str], dict[str, Any]]
) -> Iterator[SealFault]:
    """Follow the history from its beginning, and keep the last seal of every row with its place."""
    if connection.execute("SELECT 1 FROM history WHERE action = ? LIMIT 1", (SEAL,)).fetchone() is None:
        return
    entries, mark = hashlib.sha256(), ""
    for row in _entries(connection, _BEFORE_ALL, seals=True):
        place, action, table, uid, new = row[0], row[2], row[3], row[4], row[6]
        if action != SEAL:
            entries.update(_entry_bytes(row))
            continue
        stored = _read(new)
        keyed, own = bool(stored.pop("keyed", False)), str(stored.pop("mark", ""))
        if stored.get("history") != entries.hexdigest() or stored.get("before") != mark:
            yield SealFault("history", table, uid)
        if stored.get("of") != [table, uid] or (
            (not keyed or sign is not None) and _mark(stored, sign if keyed else None) != own
        ):
            yield SealFault("forged", table, uid)
        elif sign is not None and not keyed:
            yield SealFault("unkeyed", table, uid)
        seals[table, uid] = {"rows": {}, **stored, "place": place}
        entries, mark = hashlib.sha256(), own


def _entries(connection: sqlite3.Connection, after: int, *, seals: bool = False) -> Iterable[tuple[Any, ...]]:
    which = "" if seals else f"AND action <> '{SEAL}' "
    return connection.execute(
        "SELECT fid, time, action, row_table, row_uid, old, new, reason FROM history "
        f"WHERE fid > ? {which}ORDER BY fid",
        (after,),
    )


def _entry_bytes(row: tuple[Any, ...]) -> bytes:
    return json.dumps(row[1:], ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _read(text: str | None) -> dict[str, Any]:
    try:
        stored = json.loads(text or "{}")
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


def _status_steps(connection: sqlite3.Connection) -> list[tuple[str, int, Any, Any]]:
    """Give every change of a status that the history knows, in order: uid, place in the history, from, to."""
    old, new = (f"CASE WHEN json_valid({side}) THEN json_extract({side}, '$.status') END" for side in ("old", "new"))
    return connection.execute(
        f"SELECT row_uid, fid, {old}, {new} FROM history WHERE row_table = 'mini_area' AND action = 'update' "
        f"AND {new} IS NOT NULL ORDER BY fid"
    ).fetchall()


def _follow_status(connection: sqlite3.Connection) -> tuple[dict[str, int], set[str]]:
    """Give the place at which each mini-area was last locked, and those whose changes of status do not follow."""
    now = dict(connection.execute("SELECT uid, status FROM mini_area").fetchall())
    before: dict[str, Any] = dict.fromkeys(now, DRAFT)
    locks, broken = {}, set()
    for uid, place, old, new in _status_steps(connection):
        if before.get(uid, old) != old:
            broken.add(uid)
        if new == LOCKED and old != SUBMITTED:
            locks[uid] = place
        before[uid] = new
    return locks, broken | {uid for uid, status in now.items() if before[uid] != status}


def _containers(connection: sqlite3.Connection, uids: list[str]) -> list[tuple[str, str]]:
    """List the census areas of mini-areas, and the township."""
    areas = dict(connection.execute("SELECT uid, census_area_uid FROM mini_area").fetchall())
    found = dict.fromkeys(("census_area", areas[uid]) for uid in uids if areas.get(uid))
    if uids:
        found |= dict.fromkeys(("township", uid) for (uid,) in connection.execute("SELECT uid FROM township"))
    return list(found)


def _area_rows(connection: sqlite3.Connection, uid: str) -> dict[str, dict[str, str]]:
    """Give the digests of all rows that the lock of a mini-area fixes: table → uid → digest."""
    rows = {table: dict(_digests(connection, table, where, uid)) for table, where in _ROWS.items()}
    rows["household"] = {
        household: _digest([code, number]) for household, code, number in connection.execute(_HOUSEHOLDS, (uid,))
    }
    return rows


def _digests(connection: sqlite3.Connection, table: str, where: str, uid: str) -> Iterator[tuple[str, str]]:
    columns = [name for name in TABLES[table].column_names if name not in _CHANGING.get(table, ())]
    shaped = [GEOMETRY] if TABLES[table].geometry else []
    names = ", ".join(f'"{name}"' for name in (*columns, *shaped))
    for row in connection.execute(f'SELECT {names} FROM "{table}" WHERE {where}', (uid,)):
        values = dict(zip((*columns, *shaped), row, strict=True))
        if shaped and values[GEOMETRY] is not None:
            values[GEOMETRY] = _plain_wkb(values[GEOMETRY]).hex()
        # A column that a later version adds is empty at first, and changes no digest.
        yield str(values["uid"]), _digest({name: value for name, value in values.items() if value is not None})


def _digest(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, default=bytes.hex)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def _plain_wkb(blob: bytes) -> bytes:
    return bytes(shapely.to_wkb(decode_geometries([blob])[0], byte_order=1))


def _changed_rows(sealed: dict[str, dict[str, str]], now: dict[str, dict[str, str]], area: str) -> Iterator[SealFault]:
    for table, rows in now.items():
        before = sealed.get(table, {})
        for uid in before.keys() - rows.keys():
            yield SealFault("gone", table, uid, area)
        for uid, digest in rows.items():
            if uid in before and before[uid] != digest:
                yield SealFault("changed", table, uid, area)
            # A household that comes late takes the next free number: the field goes on counting.
            elif uid not in before and table != "household":
                yield SealFault("added", table, uid, area)


def _container_content(connection: sqlite3.Connection, table: str, uid: str) -> dict[str, Any]:
    digest, outline = _container(connection, table, uid)
    packed = "" if outline is None else base64.b85encode(zlib.compress(shapely.to_wkb(outline, byte_order=1))).decode()
    return {"digest": digest, "outline": packed}


def _container(connection: sqlite3.Connection, table: str, uid: str) -> tuple[str, Any]:
    columns = [name for name in TABLES[table].column_names if name not in _CHANGING[table]]
    names = ", ".join(f'"{name}"' for name in (*columns, GEOMETRY))
    row = connection.execute(f'SELECT {names} FROM "{table}" WHERE uid = ?', (uid,)).fetchone()
    if row is None:
        return "", None
    digest = _digest({name: value for name, value in zip(columns, row[:-1], strict=True) if value is not None})
    return digest, decode_geometries([row[-1]])[0]


def _changed_container(
    connection: sqlite3.Connection, table: str, uid: str, seal: dict[str, Any]
) -> Iterator[SealFault]:
    digest, outline = _container(connection, table, uid)
    if not digest:
        yield SealFault("gone", table, uid)
    elif digest != seal.get("digest"):
        yield SealFault("changed", table, uid)
    packed = seal.get("outline")
    sealed = shapely.from_wkb(zlib.decompress(base64.b85decode(packed))) if packed else None
    if digest and not _only_gained_corners(sealed, outline):
        yield SealFault("outline", table, uid)


def _only_gained_corners(before: Any, now: Any) -> bool:
    """
    Tell whether an outline is the sealed one with at most more corners on it.

    A new corner is put on the grid, so that it lies beside the old line by less than a step of the grid.
    """
    if before is None or now is None:
        return before is None and now is None
    step = 1e-8 if max(map(abs, shapely.get_coordinates(before).ravel()), default=0.0) <= 360.0 else 1e-3
    old, new = (set(map(tuple, shapely.get_coordinates(shape).tolist())) for shape in (before, now))
    corners = shapely.points([*(new - old)]) if new - old else []
    return old <= new and (len(corners) == 0 or bool((shapely.distance(corners, before.boundary) < step).all()))
