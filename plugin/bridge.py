"""The only file that knows both QGIS's layers and geopandas' frames."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pyproj import CRS
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSource,
    QgsFields,
    QgsGeometry,
)

from census_map.errors import InputError
from census_map.i18n import _


def frame_of(
    source: QgsFeatureSource, *, fields: Iterable[str] | None = None, index: str | None = None, keep: bool = False
) -> GeoDataFrame:
    """
    Copy a layer into a frame.

    Parameters
    ----------
    source
        A layer or an algorithm's input.
    fields
        Names of the fields wanted; None for all.
    index
        Field that identifies a row; None: the number of the row from 0.
    keep
        Keep the field `index` as a column as well.

    Raises
    ------
    InputError
        No coordinate system, no such field, or a field that does not tell rows apart.
    """
    if not source.sourceCrs().isValid():
        raise InputError(_("{name} has no coordinate system: set it first.").format(name=source.sourceName()))
    names = [field.name() for field in source.fields()]
    wanted = names if fields is None else list(dict.fromkeys([*fields, *([index] if index else [])]))
    places = [names.index(name) for name in wanted]
    request = QgsFeatureRequest().setSubsetOfAttributes(places)
    shapes: list[bytes | None] = []
    rows: list[list[Any]] = []
    for feature in source.getFeatures(request):
        shapes.append(bytes(feature.geometry().asWkb()) if feature.hasGeometry() else None)
        attributes = feature.attributes()
        rows.append([_plain(attributes[place]) for place in places])
    table = pd.DataFrame(rows, columns=wanted)
    geometry = shapely.from_wkb(np.array(shapes, dtype=object), on_invalid="ignore")
    frame = GeoDataFrame(table, geometry=geometry, crs=crs_of(source.sourceCrs()))
    if index is not None:
        if frame[index].isna().any() or frame[index].duplicated().any():
            raise InputError(
                _("The field “{field}” does not tell the rows apart: choose another one.").format(field=index)
            )
        frame = frame.set_index(index, drop=not keep)
    return frame


def crs_of(crs: QgsCoordinateReferenceSystem) -> CRS:
    """Translate QGIS's coordinate system into pyproj's."""
    return CRS.from_user_input(crs.authid() if crs.authid().startswith("EPSG:") else crs.toWkt())


def qgis_crs(crs: Any) -> QgsCoordinateReferenceSystem:
    """Translate pyproj's coordinate system into QGIS's."""
    authority = CRS(crs).to_authority()
    if authority:
        return QgsCoordinateReferenceSystem(":".join(authority))
    return QgsCoordinateReferenceSystem.fromWkt(CRS(crs).to_wkt())


def geometry_of(shape: shapely.Geometry | None) -> QgsGeometry:
    """Translate one geometry; None becomes a null geometry."""
    geometry = QgsGeometry()
    if shape is not None:
        geometry.fromWkb(shapely.to_wkb(shape))
    return geometry


def features_of(
    shapes: Iterable[shapely.Geometry | None], rows: Iterable[list[Any]], fields: QgsFields
) -> list[QgsFeature]:
    """Make features for an algorithm's output."""
    features = []
    for shape, row in zip(shapes, rows, strict=True):
        feature = QgsFeature(fields)
        feature.setGeometry(geometry_of(shape))
        feature.setAttributes([None if _is_missing(value) else value for value in row])
        features.append(feature)
    return features


def _plain(value: Any) -> Any:
    return None if value is None or value == NULL else value


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
