"""Damaged inputs from sound files: the same for the same seed, on every machine."""

import io
import random
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FF0000000000000, 0xFFF8000000000000)
_WORDS = (
    b"null", b"-1", b"0", b"1e308", b"1e999", b"NaN", b"[]", b"{}", b'""', b"true", b"99999999999999999999", b"\x00",
    b"\xff\xfe",
    "普查区".encode(), "普查区".encode("gbk")[:5], b"Polygon", b"crs", b"]]>", b"<!--", b"&#0;", b"\\u0000", b"\\ud800",
    b",,,,", b'"',
    b"\r\n", b"=", b"[[", b"'",
)  # fmt: skip
_TOKEN = re.compile(rb"[A-Za-z_:.\-]+|[0-9.+\-]+|[\[\]{}<>,;:\"'=/]|\s+")


def damaged(sound: bytes, seed: str, *, text: bool) -> bytes:
    """
    Damage a file.

    Parameters
    ----------
    sound
        The file as it should be.
    seed
        Decides what happens to it.
    text
        Whether words may be exchanged as well as bytes.
    """
    chance = random.Random(seed)
    data = bytearray(sound)
    for _time in range(chance.choice((1, 1, 1, 2, 4, 8))):
        _damage(data, chance, text=text)
    return bytes(data)


def _damage(data: bytearray, chance: random.Random, *, text: bool) -> None:
    if not data:
        return
    at = chance.randrange(min(len(data), 512)) if chance.random() < 0.4 else chance.randrange(len(data))
    length = chance.choice((1, 2, 4, 8, 16, 64, 256))
    kind = chance.choice(
        ("bit", "bytes", "edge", "cut", "drop", "double", "zero", *(("word", "token", "token") if text else ()))
    )
    if kind == "bit":
        data[at] ^= 1 << chance.randrange(8)
    elif kind == "bytes":
        data[at : at + length] = chance.randbytes(length)
    elif kind == "edge":
        size = chance.choice((1, 2, 4, 8))
        value = chance.choice(_EDGES) % 256**size
        data[at : at + size] = value.to_bytes(size, chance.choice(("little", "big")))
    elif kind == "cut":
        del data[at:]
    elif kind == "drop":
        del data[at : at + length]
    elif kind == "double":
        data[at:at] = data[at : at + length] * chance.choice((1, 2, 20))
    elif kind == "zero":
        data[at : at + length] = bytes(length)
    elif kind == "word":
        data[at:at] = chance.choice(_WORDS)
    else:
        tokens = list(_TOKEN.finditer(bytes(data)))
        if tokens:
            one, other = chance.choice(tokens), chance.choice(tokens)
            data[one.start() : one.end()] = chance.choice((other.group(), chance.choice(_WORDS), b""))


def damaged_member(sound: bytes, seed: str) -> bytes:
    """Damage one member of a zip, which itself stays sound; what is checked at its door is not all there is."""
    chance = random.Random(seed)
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        names = archive.namelist()
        chosen = chance.choice(names)
        for name in names:
            content = archive.read(name)
            text = name.endswith((".xml", ".rels", ".prj", ".cpg"))
            out.writestr(name, damaged(content, f"{seed}:{name}", text=text) if name == chosen else content)
    return target.getvalue()


def damage_database(path: Path, seed: str) -> None:
    """Change a database through SQLite itself: cells, tables and views that a file of its kind does not have so."""
    chance = random.Random(seed)
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA writable_schema = ON")
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name").fetchall():
            file.execute(f'DROP TRIGGER "{name}"')
        for _time in range(chance.choice((1, 1, 2, 4))):
            columns: list[str] = []
            table = chance.choice(tables)
            with suppress(sqlite3.Error):
                columns = [row[1] for row in file.execute(f'PRAGMA table_info("{table}")')]
            if not columns:
                continue
            column = chance.choice(columns)
            value = chance.choice(
                (None, -1, 2**62, 1e308, float("inf"), "", "x" * 2000, "村", "../../x", b"\0\xff", b"GP\0\1", "1; --")
            )
            order = chance.choice(
                (
                    f'UPDATE "{table}" SET "{column}" = ?',
                    f'UPDATE "{table}" SET "{column}" = ? WHERE rowid % 3 = 1',
                    f'DELETE FROM "{table}" WHERE rowid % 2 = 0 AND ?1 IS ?1',
                    f'ALTER TABLE "{table}" RENAME TO "{table}_"',
                    f'ALTER TABLE "{table}" DROP COLUMN "{column}"',
                    f'DROP TABLE "{table}"',
                )
            )
            try:
                file.execute(order, (value,) if "?" in order else ())
            except (sqlite3.Error, OverflowError):
                continue
        file.commit()


def seeds(run: str, kind: str, count: int) -> Iterator[str]:
    """Give the seeds of one run."""
    return (f"{run}:{kind}:{number}" for number in range(count))
