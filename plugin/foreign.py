"""
Maps from elsewhere: which layers a file holds, and what each of them probably is.

She chooses the files she was given, all at once; what is a building and what is a road is told by the name of the
layer or file and by the kind of its shapes.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from census_map.errors import InputError
from census_map.exchange.reading import layers_in, read_layer, read_plain_layer
from census_map.exchange.table import is_table, read_table
from census_map.i18n import _

# Kind, shapes it may have, words in the name. Looked for in this order, because 铁路 (railway) ends like 道路 (road).
_WORDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("dwelling", "", ("住房", "户室", "dwelling", "flat", "apartment")),
    ("building", "Polygon", ("build", "house", "structure", "房", "建筑", "楼", "jzw", "fw")),
    ("railway", "LineString", ("rail", "铁路", "铁道", "轨道")),
    ("wall", "LineString", ("wall", "fence", "墙", "围栏")),
    ("water", "LineString Polygon", ("water", "river", "stream", "canal", "lake", "水", "河", "湖", "渠")),
    ("road", "LineString", ("road", "street", "highway", "lane", "道路", "公路", "街", "路")),
    ("landmark", "Point", ("landmark", "poi", "place", "地标", "标志", "地名")),
    ("mini_area", "Polygon", ("mini_area", "miniarea", "普查小区", "pcxq")),
    ("census_area", "Polygon", ("census", "area", "village", "commune", "ward", "普查区", "社区", "村", "居委", "pcq")),
)


@dataclass(frozen=True)
class MapLayer:
    """
    One layer of a file.

    Attributes
    ----------
    file, name
        Where it is.
    geometry
        `Point`, `LineString`, `Polygon`, with or without `Multi` in front; empty for a plain table.
    kind
        The table it probably belongs to, or None.
    """

    file: Path
    name: str
    geometry: str
    kind: str | None

    @property
    def spec(self) -> str:
        """FILE:layer, as the library reads it; a workbook is known by its name alone."""
        return str(self.file) if is_table(str(self.file)) else f"{self.file}:{self.name}"


def map_layers(file: Path) -> list[MapLayer]:
    """
    List the layers of a file, each with its probable kind.

    Raises
    ------
    InputError
        The file is missing, damaged, or no map.
    """
    if is_table(str(file)):
        return [MapLayer(file, file.stem, "", guess_kind(file.stem, ""))]
    if not file.exists():
        raise InputError(_("{name} cannot be read as a map: choose another file.").format(name=file.name))
    found = layers_in(file)
    alone = len(found) == 1
    layers = []
    for name, geometry in found:
        shape = str(geometry or "").removesuffix(" Z").removeprefix("3D ").replace("2.5D ", "")
        kind = guess_kind(str(name), shape) or (guess_kind(file.stem, shape) if alone else None)
        layers.append(MapLayer(file, str(name), shape, kind))
    return layers


def guess_kind(name: str, geometry: str) -> str | None:
    """
    Tell what a layer of this name probably is.

    Parameters
    ----------
    name
        Of the layer or file, in any language.
    geometry
        Kind of its shapes; a word only counts when the shapes fit it.
    """
    lowered = name.lower()
    plain = geometry.removeprefix("Multi")
    anything = plain in {"Unknown", "Geometry", "GeometryCollection"}
    for kind, shapes, words in _WORDS:
        fits = plain in shapes.split() or (anything and shapes) or plain == shapes
        if fits and any(word in lowered for word in words):
            return kind
    return None


def read_map_layer(layer: MapLayer) -> pd.DataFrame:
    """
    Read a layer, or a plain table beside layers.

    Raises
    ------
    InputError
        It cannot be read.
    """
    if is_table(str(layer.file)):
        return read_table(str(layer.file))
    table = None if layer.geometry else read_plain_layer(layer.spec)
    return read_layer(layer.spec) if table is None else table


def choose_areas(file: Path) -> MapLayer:
    """
    Choose the layer of a file that holds the census areas: the one that is called so, or the only one with areas.

    Raises
    ------
    InputError
        There is none, or one cannot tell which.
    """
    layers = [layer for layer in map_layers(file) if layer.geometry.removeprefix("Multi") in {"Polygon", "Unknown"}]
    named = [layer for layer in layers if layer.kind == "census_area"]
    candidates = named or [layer for layer in layers if layer.kind is None] or layers
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise InputError(_("{name} holds no areas: choose the map of the census areas.").format(name=file.name))
    raise InputError(
        _("{name} holds several maps of areas ({layers}): choose a file with the census areas alone.").format(
            name=file.name, layers=", ".join(layer.name for layer in candidates)
        )
    )
