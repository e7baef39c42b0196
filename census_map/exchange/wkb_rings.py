"""Shapes from the bytes of other programs, whose rings may be open or have too few points."""

import struct
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

_POLYGON = 3
_COLLECTIONS = (4, 5, 6, 7)
_FEWEST = 4  # points of a ring, the first one counted twice


def shapes_of(wkb: NDArray[Any]) -> tuple[NDArray[Any], list[int], list[int]]:
    """
    Make shapes of well-known binary.

    Parameters
    ----------
    wkb
        Bytes or None, one a row.

    Returns
    -------
    shapes
        One a row, None where there is none.
    closed
        Rows whose outline was open, or had too few points to be one, and was closed: nothing but its first point was
        added at its end.
    unread
        Rows whose shape cannot be made out; they have None.
    """
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    given = np.array([each is not None for each in wkb], dtype=bool)
    missing = np.flatnonzero(shapely.is_missing(shapes) & given).tolist()
    closed, unread = [], []
    for row in missing:
        try:
            shapes[row] = shapely.from_wkb(_with_closed_rings(bytes(wkb[row])))
            closed.append(row)
        except (shapely.errors.GEOSException, struct.error, ValueError):
            unread.append(row)
    return shapes, closed, unread


def _with_closed_rings(raw: bytes) -> bytes:
    done, end = _geometry(memoryview(raw), 0)
    if end != len(raw):
        raise ValueError(end)
    return done


def _geometry(raw: memoryview, at: int) -> tuple[bytes, int]:
    """Copy a geometry with its rings closed; gives the copy and where the next one begins."""
    order = "<" if raw[at] else ">"
    (kind,) = struct.unpack_from(f"{order}I", raw, at + 1)
    plain, size = (kind & 0xFFFF) % 1000, 8 * _dimensions(kind)
    if plain == _POLYGON:
        head, end = bytes(raw[at : at + 9]), at + 9
        parts = []
        for _ring in range(struct.unpack_from(f"{order}I", raw, at + 5)[0]):
            part, end = _ring_of(raw, end, order, size)
            parts.append(part)
        return head + b"".join(parts), end
    if plain in _COLLECTIONS:
        head, end = bytes(raw[at : at + 9]), at + 9
        parts = []
        for _part in range(struct.unpack_from(f"{order}I", raw, at + 5)[0]):
            part, end = _geometry(raw, end)
            parts.append(part)
        return head + b"".join(parts), end
    raise ValueError(plain)


def _dimensions(kind: int) -> int:
    """Tell how many numbers a point has, in the notation of ISO or in the older one."""
    if kind & 0xC0000000:
        return 2 + bool(kind & 0x80000000) + bool(kind & 0x40000000)
    return {0: 2, 1: 3, 2: 3, 3: 4}[(kind & 0xFFFF) // 1000]


def _ring_of(raw: memoryview, at: int, order: str, size: int) -> tuple[bytes, int]:
    (count,) = struct.unpack_from(f"{order}I", raw, at)
    end = at + 4 + count * size
    if end > len(raw):
        raise ValueError(count)
    points = [bytes(raw[place : place + size]) for place in range(at + 4, end, size)]
    if points and points[0] != points[-1]:
        points.append(points[0])
    while points and len(points) < _FEWEST:
        points.append(points[0])
    return struct.pack(f"{order}I", len(points)) + b"".join(points), end
