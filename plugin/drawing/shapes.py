"""Shapes and attributes of the library as memory layers of QGIS."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer


def to_qgis_crs(crs: CRS) -> QgsCoordinateReferenceSystem:
    """Turn a CRS of the library into one of QGIS."""
    code = crs.to_authority()
    if code is not None:
        named = QgsCoordinateReferenceSystem(":".join(code))
        if named.isValid():
            return named
    return QgsCoordinateReferenceSystem.fromWkt(crs.to_wkt())


def memory_layer(kind: str, name: str, crs: QgsCoordinateReferenceSystem, fields: Sequence[str] = ()) -> QgsVectorLayer:
    """
    Make an empty layer in memory.

    Parameters
    ----------
    kind
        Geometry type as QGIS writes it, such as `MultiPolygon`.
    name
        Of the layer.
    crs
        Of the coordinates.
    fields
        Definitions such as `text:string`.
    """
    definition = "&".join(["index=yes", *(f"field={field}" for field in fields)])
    layer = QgsVectorLayer(f"{kind}?{definition}", name, "memory")
    layer.setCrs(crs)
    return layer


def fill(layer: QgsVectorLayer, shapes: Iterable[Any], attributes: Iterable[Sequence[Any]] | None = None) -> None:
    """
    Replace the features of a layer in memory.

    Parameters
    ----------
    layer
        Changed without edit buffer.
    shapes
        Shapely geometries in the layer's CRS.
    attributes
        Values in the order of the layer's fields, one sequence a shape.
    """
    provider = layer.dataProvider()
    provider.truncate()
    shapes = list(shapes)
    rows = [()] * len(shapes) if attributes is None else attributes
    features = []
    for wkb, values in zip(shapely.to_wkb(np.array(shapes, dtype=object)), rows, strict=True):
        geometry = QgsGeometry()
        geometry.fromWkb(wkb)
        feature = QgsFeature(layer.fields())
        feature.setGeometry(geometry)
        feature.setAttributes(list(values))
        features.append(feature)
    provider.addFeatures(features)
    layer.updateExtents()
