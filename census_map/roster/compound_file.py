"""
Look whether the frame of an old workbook (xls) or of a protected one is sound before it is given to the reader.

Both are compound files (MS-CFB): a small file system whose sectors point at the next. In a damaged one they point in a
circle, and a reader that follows them takes all memory there is and takes the whole program down with it.
"""

import struct
from collections.abc import Sequence

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SPECIAL = 0xFFFFFFFA  # from here on a number is no sector: end of a chain, free, or one of the tables themselves
_IN_HEADER = 109
_HEADER_BYTES = 512
_SHIFTS = (9, 12)


def is_sound(content: bytes) -> bool:
    """Tell whether every chain of sectors of a compound file stays inside the file and comes to an end."""
    if len(content) < _HEADER_BYTES:
        return False
    order, shift = struct.unpack_from("<HH", content, 28)
    if order != 0xFFFE or shift not in _SHIFTS:
        return False
    size = 1 << shift
    count = -(-len(content) // size) - 1
    tables = _table_sectors(content, size, count)
    if not tables:
        return False
    following = [number for sector in tables for number in _numbers(content, sector, size)]
    if not _ends(following[:count], count):
        return False
    first_directory, first_small = struct.unpack_from("<I", content, 48)[0], struct.unpack_from("<I", content, 60)[0]
    if first_directory >= min(count, len(following)):
        return False
    small: list[int] = []
    while first_small < min(count, len(following)):
        small += _numbers(content, first_small, size)
        first_small = following[first_small]
    return _ends(small, len(small))


def is_protected(content: bytes) -> bool:
    """Tell whether a compound file holds a workbook of the newer kind under a password (MS-OFFCRYPTO)."""
    return "EncryptedPackage".encode("utf-16-le") in content


def _numbers(content: bytes, sector: int, size: int) -> tuple[int, ...]:
    start = (sector + 1) * size
    part = content[start : start + size].ljust(size, b"\xff")
    return struct.unpack(f"<{size // 4}I", part)


def _table_sectors(content: bytes, size: int, count: int) -> list[int]:
    """Give the sectors that hold the table of sectors; none where that cannot be."""
    listed = list(struct.unpack_from(f"<{_IN_HEADER}I", content, 76))
    further, seen = struct.unpack_from("<I", content, 68)[0], set()
    while further < count and further not in seen:
        seen.add(further)
        *more, further = _numbers(content, further, size)
        listed += more
    found = [sector for sector in listed if sector < _SPECIAL]
    return found if len(set(found)) == len(found) and all(sector < count for sector in found) else []


def _ends(following: Sequence[int], count: int) -> bool:
    """Tell whether no chain leaves the file or bites its own tail."""
    done = [False] * len(following)
    for start in range(len(following)):
        path = []
        at = start
        while at < len(following) and not done[at]:
            done[at] = True
            path.append(at)
            at = following[at]
        if at < _SPECIAL and (at >= count or at in set(path)):
            return False
    return True
