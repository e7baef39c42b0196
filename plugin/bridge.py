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
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsFeatureSource,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProcessingFeatureSource,
)
from qgis.PyQt.QtCore import QMetaType

from census_map.errors import InputError
from census_map.i18n import _

_ANY_SHAPE = Qgis.ProcessingFeatureSourceFlag.SkipGeometryValidityChecks


def frame_of(
    source: QgsFeatureSource,
    *,
    fields: Iterable[str] | None = None,
    index: str | None = None,
    keep: bool = False,
    broken: bool = False,
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
    broken
        Take invalid shapes too, where Processing would stop at the first (its own setting for algorithms that cannot
        cope with them).

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
    anything = broken and isinstance(source, QgsProcessingFeatureSource)
    for feature in source.getFeatures(request, _ANY_SHAPE) if anything else source.getFeatures(request):
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


def containers_of(source: QgsFeatureSource, index: str | None) -> GeoDataFrame:
    """Copy the layer of containers; the areas' identifying field names them too where it can, else their number."""
    known = index is not None and source.fields().indexFromName(index) >= 0
    frame = frame_of(source, fields=[index] if known else [], broken=True)
    if known and frame[index].notna().all() and frame[index].is_unique:
        return frame.set_index(index)
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


def write_rows(
    sink: QgsFeatureSink | None, rows: GeoDataFrame, *, fields: QgsFields | None = None, points: bool = False
) -> None:
    """
    Write rows into an output.

    Parameters
    ----------
    sink
        As `parameterAsSink` gives it; None where nobody wants the output.
    rows
        In the order of `fields`, or with the columns of `fields_of`.
    fields
        The output's fields; None: those of the rows.
    points
        The output holds points; otherwise each shape's polygons are written.
    """
    if sink is None:
        return
    table = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    shapes = rows.geometry if points else [polygons_of(shape) for shape in rows.geometry]
    values = table.astype(object).to_numpy().tolist()
    features = features_of(shapes, values, fields_of(rows) if fields is None else fields)
    sink.addFeatures(features, QgsFeatureSink.Flag.FastInsert)


def fields_of(rows: GeoDataFrame) -> QgsFields:
    """Give the fields for the columns of a table: text, decimal numbers, yes or no."""
    fields = QgsFields()
    for name in rows.columns.drop(rows.geometry.name):
        column = rows[name]
        kind = QMetaType.Type.QString
        if pd.api.types.is_bool_dtype(column):
            kind = QMetaType.Type.Bool
        elif pd.api.types.is_numeric_dtype(column):
            kind = QMetaType.Type.Double
        fields.append(QgsField(name, kind))
    return fields


def polygons_of(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Keep the polygons of a shape, as one multipolygon; None where there are none."""
    if shape is None or shape.is_empty:
        return None
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.multipolygons(parts) if parts else None


def _plain(value: Any) -> Any:
    return None if value is None or value == NULL else value


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
