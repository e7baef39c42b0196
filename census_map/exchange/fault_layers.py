"""Faults of a coverage as layers that can be styled and clicked in any GIS."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas import GeoDataFrame

from census_map.exchange.looks import fill, marker, store_styles, style
from census_map.exchange.targets import MAP_FAILURES
from census_map.i18n import N_, _
from census_map.targets import result_file

GROUND, PLACES = "faults", "fault_points"

# Apart in hue and in lightness, so that they stay apart in grey and for the colour-blind; places in shape as well.
_LOOKS = {
    "gap": ("#C62828", "circle", N_("gap")),
    "overlap": ("#D9730D", "cross2", N_("overlap")),
    "duplicate": ("#6A1B9A", "square", N_("duplicate")),
    "contained": ("#AD8BC9", "diamond", N_("contained")),
    "spill": ("#3B7DD8", "triangle", N_("outside the container")),
    "unmatched": ("#1B1B1B", "cross", N_("unmatched vertex")),
    "invalid": ("#F2C14E", "star", N_("invalid polygon")),
}
_ADVICE = {
    "gap": N_("Give the ground to the neighbour that it belongs to, or draw the area that is missing here."),
    "overlap": N_("Find out to which area the ground belongs, and take it from the others."),
    "duplicate": N_("The same ground stands in several records: keep one, clear or remove the others."),
    "contained": N_("The first area lies wholly in the other: cut it out of there, or remove it."),
    "spill": N_("The area reaches beyond its container: take back its border to that of the container."),
    "unmatched": N_("The border of the first area passes here without a vertex: insert one. No ground changes hands."),
    "invalid": N_("The outline crosses or touches itself here: draw this part of it again."),
}
_TITLES = {
    "id": N_("Fault"),
    "kind": N_("Kind of fault"),
    "areas": N_("Areas concerned"),
    "container": N_("Container"),
    "area_m2": N_("Area, m²"),
    "width_m": N_("Width, m"),
    "negligible": N_("Narrower than the tolerance"),
    "advice": N_("What to do"),
}


def kind_title(kind: str) -> str:
    """Name a kind of fault in the language in force."""
    return _(_LOOKS[kind][2])


def kind_colour(kind: str) -> str:
    """Give the colour of a kind of fault, as #RRGGBB: the same on the map and in lists."""
    return _LOOKS[kind][0]


def field_title(field: str) -> str:
    """Name a field of `fault_rows` in the language in force."""
    return _(_TITLES[field])


def fault_rows(faults: GeoDataFrame) -> pd.DataFrame:
    """
    Put faults into plain columns, one row a fault, in their order.

    Parameters
    ----------
    faults
        As `coverage.find_faults` returns them.

    Returns
    -------
    rows
        `id`, `kind`, `areas` and `container` (ids as text), `area_m2` (to 1 mm²), `width_m` (to 0.1 mm), `negligible`,
        and `advice`: what to do, in the language in force.
    """
    return pd.DataFrame(
        {
            "id": faults.index.astype(str),
            "kind": faults["kind"].astype(str).to_numpy(),
            "areas": [", ".join(map(str, labels)) for labels in faults["areas"]],
            "container": ["" if label is None else str(label) for label in faults["container"]],
            "area_m2": faults["area_m2"].to_numpy(dtype=float).round(6),
            "width_m": faults["width_m"].to_numpy(dtype=float).round(4),
            "negligible": faults["negligible"].to_numpy(dtype=bool),
            "advice": [_(_ADVICE[kind]) for kind in faults["kind"]],
        }
    )


def fault_style(*, places: bool) -> str:
    """Write the style of the layer of faulty ground, or of that of their places: by kind, with titles."""
    looks = [
        marker(kind, _(title), colour, shape) if places else fill(kind, _(title), colour)
        for kind, (colour, shape, title) in _LOOKS.items()
    ]
    titles = {field: _(title) for field, title in _TITLES.items()}
    return style("kind", looks, titles, name='represent_value("kind") || \' \' || "areas"')


def write_faults(faults: GeoDataFrame, path: Path) -> None:
    """
    Write faults into a new GeoPackage.

    Layer `faults` holds those that have ground, layer `fault_points` a point for every fault; both carry a default
    style by kind. An existing file is replaced when everything is written.

    Parameters
    ----------
    faults
        As `coverage.find_faults` returns them.
    path
        The GeoPackage to write.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    shapes = np.asarray(faults.geometry.to_numpy(), dtype=object)
    table = fault_rows(faults)
    ground = shapely.get_dimensions(shapes) == 2
    layers = {
        GROUND: (table[ground], shapes[ground], "MultiPolygon"),
        PLACES: (table, np.asarray(faults["point"].to_numpy(), dtype=object), "Point"),
    }
    with result_file(path, is_map=True, failures=MAP_FAILURES) as draft:
        for name, (rows, geometry, kind) in layers.items():
            pyogrio.write_dataframe(
                GeoDataFrame(rows, geometry=geometry, crs=faults.crs),
                draft,
                layer=name,
                driver="GPKG",
                geometry_type=kind,
                promote_to_multi=kind.startswith("Multi"),
                append=draft.exists(),
                dataset_options=None if draft.exists() else {"VERSION": "1.3"},
            )
        store_styles(draft, {GROUND: fault_style(places=False), PLACES: fault_style(places=True)})
