"""
Shapefiles with an exact schema: field types, widths in bytes, encoding, and a comparison after writing.

Shapefiles lose silently what does not fit: long texts are cut, characters that the encoding lacks vanish, field names
are shortened. Here everything is checked before writing, written record by record, opened again and compared.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fiona
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pyproj import CRS
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from census_map.checks.registry import Finding
from census_map.errors import InputError
from census_map.i18n import _
from census_map.schema import Column, Table

ENCODINGS = ("UTF-8", "GBK", "GB18030")
_LONGEST_TEXT = 254  # bytes in a DBF field


def handed_in(table: Table) -> tuple[Column, ...]:
    """Give the columns of a table that have a field in the shapefile package."""
    return tuple(column for column in table.columns if column.shp)


def find_lost_text(frame: GeoDataFrame, table: Table, encoding: str) -> Iterator[tuple[str, Finding]]:
    """
    Find the values that a shapefile in an encoding would lose.

    Parameters
    ----------
    frame
        Rows of the table, indexed by uid, the uid as a column too.
    table
        Its description.
    encoding
        One of `ENCODINGS`.

    Yields
    ------
    finding
        Rule (`P02` characters missing in the encoding, `P03` longer than a field can hold; docs/rules.md)
        and the finding with the characters listed.
    """
    for column in handed_in(table):
        if column.type != "text":
            continue
        for uid, value in frame[column.name].dropna().items():
            text = str(value)
            lost = sorted({character for character in text if not _encodable(character, encoding)})
            if lost:
                message = _("{table}, {column}: “{characters}” cannot be written in {encoding}: use GB18030 or UTF-8.")
                yield (
                    "P02",
                    Finding(
                        table.name,
                        (str(uid),),
                        message.format(
                            table=_(table.title),
                            column=_(column.title),
                            characters=" ".join(lost),
                            encoding=encoding,
                        ),
                    ),
                )
            elif len(text.encode(encoding)) > _LONGEST_TEXT:
                message = _("{table}, {column}: the text is longer than {limit} bytes and would be cut: shorten it.")
                values = {"table": _(table.title), "column": _(column.title), "limit": _LONGEST_TEXT}
                yield "P03", Finding(table.name, (str(uid),), message.format(**values))


def _encodable(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def write_shapefile(frame: GeoDataFrame, table: Table, path: Path, *, encoding: str = "UTF-8") -> None:
    """
    Write a table as a shapefile with .prj and .cpg, then open it again and compare.

    Parameters
    ----------
    frame
        Rows of the table in the CRS to be written, the uid as a column too; texts free of loss (`find_lost_text`).
    table
        Its description: fields, types, widths.
    path
        Path of the `.shp`; its folder exists, the file does not.
    encoding
        One of `ENCODINGS`.

    Raises
    ------
    InputError
        What was read back is not what was written; the files are left for inspection.
    """
    crs = CRS(frame.crs)
    fields = {column.shp: _field_type(frame, column, encoding) for column in handed_in(table)}
    schema = {"geometry": "Polygon", "properties": fields}
    records = list(_records(frame, table))
    with fiona.open(
        path, "w", driver="ESRI Shapefile", crs_wkt=crs.to_wkt("WKT1_GDAL"), schema=schema, encoding=encoding
    ) as sink:
        sink.writerecords(records)
    _compare(path, records, encoding)


def _field_type(frame: GeoDataFrame, column: Column, encoding: str) -> str:
    if column.type == "text":
        longest = max((len(str(value).encode(encoding)) for value in frame[column.name].dropna()), default=0)
        return f"str:{min(_LONGEST_TEXT, max(column.width, longest, 1))}"
    if column.type == "boolean":
        return "int:1"
    return "float:18.6" if column.type == "real" else f"int:{column.width or 9}"


def _records(frame: GeoDataFrame, table: Table) -> Iterator[dict[str, Any]]:
    columns = handed_in(table)
    values = [[_field_value(value, column) for value in frame[column.name]] for column in columns]
    names = [column.shp for column in columns]
    for shape, *row in zip(frame.geometry, *values, strict=True):
        yield {"type": "Feature", "geometry": mapping(shape), "properties": dict(zip(names, row, strict=True))}


def _field_value(value: Any, column: Column) -> Any:
    if pd.isna(value):
        return None
    if column.type == "text":
        return str(value)
    return float(value) if column.type == "real" else int(value)


def _compare(path: Path, records: list[dict[str, Any]], encoding: str) -> None:
    with fiona.open(path, encoding=encoding) as source:
        back = list(source)
    if len(back) != len(records):
        raise InputError(
            _("“{name}” was written with {back} of {count} records: write to another folder.").format(
                name=path.name, back=len(back), count=len(records)
            )
        )
    for number, (sent, found) in enumerate(zip(records, back, strict=True), start=1):
        for field, value in sent["properties"].items():
            if not _same_value(value, found["properties"][field]):
                raise InputError(
                    _("“{name}”, record {number}: field {field} does not read back as written: choose UTF-8.").format(
                        name=path.name, number=number, field=field
                    )
                )
        if not _same_ground(sent["geometry"], found["geometry"]):
            raise InputError(
                _("“{name}”, record {number}: the outline does not read back as written.").format(
                    name=path.name, number=number
                )
            )


def _same_value(sent: Any, found: Any) -> bool:
    if isinstance(sent, str):
        return sent.rstrip() == (found or "")
    if isinstance(sent, float) and isinstance(found, float):
        return math.isclose(sent, found, rel_tol=1e-9, abs_tol=1e-6)
    return bool(sent == found)


def _same_ground(sent: Mapping[str, Any], found: Any) -> bool:
    # A shapefile may turn rings and number the parts anew, but every coordinate stays what it was.
    return bool(np.array_equal(_sorted_coordinates(shapely.geometry.shape(sent)), _sorted_coordinates(_shape(found))))


def _shape(found: Any) -> BaseGeometry:
    return shapely.geometry.shape(found.__geo_interface__ if hasattr(found, "__geo_interface__") else found)


def _sorted_coordinates(shape: BaseGeometry) -> Any:
    # The closing point of a ring is wherever the ring begins, so it does not count.
    rings = shapely.get_rings(shapely.get_parts(shape))
    corners = [shapely.get_coordinates(ring)[:-1] for ring in rings]
    xy = np.concatenate(corners) if corners else np.empty((0, 2))
    return xy[np.lexsort((xy[:, 1], xy[:, 0]))]
