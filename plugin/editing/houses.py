"""The rows of new houses: what is filled in without asking, and what the form has asked."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import shapely
from qgis.core import NULL, QgsFeature, QgsFeatureRequest, QgsGeometry, QgsProject
from shapely.ops import split

from census_map.coverage.patch import RefusedAt
from census_map.i18n import _

from ..bridge import geometry_of
from ..layers import township_layers
from .session import Session
from .values import text

# What a house is unless somebody says otherwise.
USUAL: Mapping[str, Any] = {"use": "residential", "state": "standing", "inhabited": True, "floors": 1, "entrances": 1}
# What is a house's own, and no copy's.
_OWN = ("fid", "uid", "code", "number", "mini_area_uid", "name", "address", "note", "source", "source_id")
_COUNTS = ("dwellings", "households", "persons")


def new_house(session: Session, ground: QgsGeometry, values: Mapping[str, Any]) -> QgsFeature:
    """
    Make the row of a house; mini-area, number and code follow from where it lies.

    Parameters
    ----------
    ground
        In the coordinates of the layers.
    values
        By column.

    Raises
    ------
    RefusedAt
        The outline crosses itself, or lies in a locked mini-area.
    """
    require_room(session, ground)
    row = QgsFeature(session.layers["building"].fields())
    for column, value in {**USUAL, **values, "uid": str(uuid4())}.items():
        row[column] = NULL if value is None else value
    shape = QgsGeometry(ground)
    shape.convertToMultiType()
    row.setGeometry(shape)
    return row


def require_room(session: Session, ground: QgsGeometry) -> None:
    """Refuse an outline that crosses itself, or a place in a locked mini-area."""
    if ground.isEmpty() or not ground.isGeosValid() or ground.area() == 0:
        raise RefusedAt(_("The drawn outline crosses itself or is empty: draw it again."))
    inner = ground.pointOnSurface().asPoint()
    home = session.mirror.at(inner.x(), inner.y())
    if home is not None and session.mirror.rows[home].locked:
        refusal = _("Mini-area {area} is locked: unlock it with a reason first.")
        raise RefusedAt(refusal.format(area=session.mirror.label(home)))


def copied(row: QgsFeature) -> dict[str, Any]:
    """Give what an equal house has in common with another: not its number, name or people."""
    left_out = (*_OWN, *_COUNTS)
    return {field.name(): row[field.name()] for field in row.fields() if field.name() not in left_out}


def house_at(session: Session, x: float, y: float) -> QgsFeature | None:
    """Give the house at a place, in the coordinates of the layers."""
    hit = session.buildings.met_by(shapely.Point(x, y), 0.005 if abs(x) <= 360 else 500.0)
    if not len(hit):
        return None
    row = session.layers["building"].getFeature(int(session.buildings.fid[hit[0]]))
    return row if row.isValid() else None


def divided(house: QgsGeometry, count: int) -> list[QgsGeometry]:
    """
    Divide a house across its longer side into equal parts that share their walls.

    Parameters
    ----------
    house
        One polygon.
    count
        Two or more.

    Raises
    ------
    RefusedAt
        It cannot be divided into so many.
    """
    shape = shapely.get_geometry(shapely.from_wkb(bytes(house.asWkb())), 0)
    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))[:4]
    sides = [(corners[k], corners[(k + 1) % 4], corners[(k + 2) % 4]) for k in range(2)]
    a, b, c = max(sides, key=lambda side: float(((side[1] - side[0]) ** 2).sum()))
    depth, pieces = c - b, [shape]
    for k in range(1, count):
        foot = a + (b - a) * (k / count)
        wall = shapely.LineString([foot - depth, foot + 2 * depth])
        pieces = [part for piece in pieces for part in split(piece, wall).geoms]
    if len(pieces) != count:
        raise RefusedAt(_("This house cannot be divided into {n} parts: its outline is too winding.").format(n=count))
    order = sorted(pieces, key=lambda piece: float(((shapely.get_coordinates(piece.centroid)[0] - a) * (b - a)).sum()))
    return [geometry_of(piece) for piece in order]


def address_offered(session: Session, ground: QgsGeometry, reach: float) -> str:
    """Give the road beside a house with the next number on it; empty where there is none with a name."""
    roads = township_layers(QgsProject.instance(), session.path).get("road")
    if roads is None:
        return ""
    box = ground.boundingBox().buffered(reach)
    near = [
        row for row in roads.getFeatures(QgsFeatureRequest().setFilterRect(box)) if row["name"] not in (None, NULL, "")
    ]
    if not near:
        return ""
    road = str(min(near, key=lambda row: row.geometry().distance(ground))["name"])
    numbers = [0]
    request = QgsFeatureRequest().setSubsetOfAttributes(["address"], session.layers["building"].fields())
    request.setFlags(request.flags() | QgsFeatureRequest.Flag.NoGeometry)
    for row in session.layers["building"].getFeatures(request):
        address = text(row["address"])
        if address.startswith(road):
            digits = address[len(road) :].removesuffix("号")
            numbers += [int(digits)] if digits.isdecimal() else []
    return _("{road} No. {n}").format(road=road, n=max(numbers) + 1)
