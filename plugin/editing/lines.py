"""The lines of the base map that a border may follow: roads, water, railways, walls."""

from typing import Any

import shapely
from qgis.core import QgsFeatureRequest, QgsProject, QgsRectangle, QgsVectorLayer

from ..layers import township_layers
from .session import Session

LINES = ("road", "water", "railway", "wall")


def line_layers(session: Session) -> list[QgsVectorLayer]:
    """Give the layers of lines that the township has."""
    layers = township_layers(QgsProject.instance(), session.path)
    return [layers[table] for table in LINES if table in layers]


def lines_near(session: Session, ground: Any) -> list[Any]:
    """Give the lines that meet some ground, in the coordinates of the layers."""
    box = QgsRectangle(*shapely.bounds(ground).tolist())
    request = QgsFeatureRequest().setFilterRect(box).setNoAttributes()
    found = [
        shapely.from_wkb(bytes(row.geometry().asWkb()))
        for layer in line_layers(session)
        for row in layer.getFeatures(request)
        if row.hasGeometry()
    ]
    return [shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape for shape in found]
