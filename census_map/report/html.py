"""
The check report that a checker opens in a browser: the list of problems beside a map, one file, no internet.

The map is folium's; Leaflet itself is embedded, so the file works on a computer that has never been online. How a text
of the data is kept from acting is told in `page`.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geopandas import GeoDataFrame
from shapely.geometry import mapping

from census_map.checks import RULES, SEVERITY_TITLES, Problem, Severity, count_by_severity
from census_map.i18n import _, current_language
from census_map.report.page import escaped, page_with_map
from census_map.targets import write_text
from census_map.workspace import Workspace

# Colours never stand alone: the sign says the same.
COLOURS: dict[Severity, str] = {"error": "#C62828", "warning": "#B7791F", "info": "#5F6B7A"}
SIGNS: dict[Severity, str] = {"error": "✕", "warning": "!", "info": "i"}
_OWN_BORDER = "#8B1A5C"
_DEGREES = "EPSG:4326"
_ANYWHERE = (73.0, 18.0, 135.0, 54.0)

_STYLE = """
html, body { height: 100%; margin: 0; font: 15px/1.45 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #222; }
body { display: grid; grid-template: "head head" auto "list map" 1fr / minmax(320px, 40%) 1fr; }
header { grid-area: head; padding: 10px 16px; border-bottom: 1px solid #ccc;
         display: flex; gap: 24px; align-items: baseline; flex-wrap: wrap; }
header h1 { font-size: 20px; margin: 0; }
#problems { grid-area: list; overflow-y: auto; border-right: 1px solid #ccc; min-height: 0; }
.folium-map { grid-area: map; position: relative !important; width: auto !important; height: auto !important;
              left: 0 !important; top: 0 !important; }
.leaflet-container { background: #f7f6f2; font: inherit; }
#problems h2 { font-size: 15px; margin: 0; padding: 8px 16px; background: #f1f1ee; position: sticky; top: 0; }
#problems p.none { padding: 16px; }
.problem { display: flex; gap: 10px; padding: 7px 16px; border-bottom: 1px solid #eee; cursor: pointer; }
.problem:hover, .problem:focus { background: #fff6dd; outline: none; }
.problem.noplace { cursor: default; }
.sign { flex: none; width: 1.3em; height: 1.3em; line-height: 1.3em; text-align: center; border-radius: 50%;
        color: #fff; font-weight: bold; }
nav label { margin-right: 14px; white-space: nowrap; }
@media print {
  body { display: block; }
  #problems { overflow: visible; border: 0; }
  .folium-map, nav { display: none; }
}
"""

_SCRIPT = """
window.addEventListener('load', function () {
  function data(name) { return JSON.parse(document.getElementById('data-' + name).textContent); }
  // A text is shown as a text: a tooltip given as a string would be read as HTML.
  function plain(text) {
    var shown = document.createElement('span');
    shown.textContent = text;
    return shown;
  }
  function draw(name, style) {
    L.geoJSON(data(name), {
      interactive: style.interactive !== false,
      style: function (feature) {
        var colour = COLOURS[feature.properties.severity];
        return colour ? Object.assign({ color: colour, fillColor: colour }, style) : style;
      },
      pointToLayer: function (_feature, place) { return L.circleMarker(place, { radius: 6 }); },
      onEachFeature: function (feature, layer) {
        if (feature.properties.text) { layer.bindTooltip(plain(feature.properties.text), { sticky: true }); }
      }
    }).addTo(MAP);
  }
  document.documentElement.lang = LANGUAGE;
  [['.leaflet-control-zoom-in', NEARER], ['.leaflet-control-zoom-out', FARTHER]].forEach(function (button) {
    var shown = document.querySelector(button[0]);
    shown.title = button[1];
    shown.setAttribute('aria-label', button[1]);
  });
  MAP.attributionControl.setPrefix('Leaflet');
  L.control.scale({ imperial: false }).addTo(MAP);
  MAP.fitBounds(data('extent'));
  draw('buildings', { color: '#8a8a8a', weight: 0.6, fillColor: '#d9d5cc', fillOpacity: 0.8, interactive: false });
  draw('minis', { color: BORDER, weight: 1.5, fillOpacity: 0.0 });
  draw('areas', { color: '#000000', weight: 3.0, fill: false, interactive: false });
  draw('problems', { weight: 3, fillOpacity: 0.12 });
  document.querySelectorAll('.problem[data-box]').forEach(function (row) {
    function show() {
      var box = JSON.parse(row.dataset.box);
      MAP.fitBounds([[box[1], box[0]], [box[3], box[2]]], { maxZoom: 19, padding: [40, 40] });
    }
    row.addEventListener('click', show);
    row.addEventListener('keydown', function (event) { if (event.key === 'Enter') { show(); } });
  });
  document.querySelectorAll('nav input').forEach(function (box) {
    box.addEventListener('change', function () {
      document.querySelectorAll('.problem.' + box.value).forEach(function (row) {
        row.style.display = box.checked ? '' : 'none';
      });
    });
  });
});
"""


def write_check_report(workspace: Workspace, problems: list[Problem], path: str | Path) -> Path:
    """
    Write the check report as one HTML file.

    Parameters
    ----------
    workspace
        The workspace that was checked; its areas are drawn beneath the problems.
    problems
        As `census_map.checks.run_checks` gives them.
    path
        File to write; an existing one is replaced.

    Returns
    -------
    path
        The file written.

    Raises
    ------
    InputError
        It cannot be written.
    """
    path = Path(path)
    write_text(path, _page(workspace, problems))
    return path


def _page(workspace: Workspace, problems: list[Problem]) -> str:
    located = _located(problems, workspace)
    boxes = dict(zip(located["id"], located.geometry.bounds.to_numpy().tolist(), strict=True))
    body = {"top": _page_head(workspace, problems), "list": _list(problems, boxes)}
    data = {**_layers(workspace), "problems": _shapes(_painted(located), text="message", severity="severity")}
    return page_with_map(_("Check report"), style=_STYLE, script=_script(), body=body, data=data)


def _script() -> str:
    script = _SCRIPT
    words = {"LANGUAGE": current_language().replace("_", "-"), "NEARER": _("Nearer"), "FARTHER": _("Farther away")}
    for name, word in {**words, "BORDER": _OWN_BORDER, "COLOURS": COLOURS}.items():
        script = script.replace(name, json.dumps(word))
    return script


def _layers(workspace: Workspace) -> dict[str, Any]:
    """Give what is drawn beneath the problems, and the extent to begin with."""
    census_areas = workspace.read("census_area", columns=["geometry"]).to_crs(_DEGREES)
    mini_areas = workspace.read("mini_area", columns=["code", "geometry"]).to_crs(_DEGREES)
    buildings = workspace.read("building", columns=["geometry"]).to_crs(_DEGREES)
    bounds = census_areas.total_bounds
    west, south, east, north = bounds if np.isfinite(bounds).all() else _ANYWHERE
    return {
        "extent": [[south, west], [north, east]],
        "buildings": _shapes(buildings),
        "minis": _shapes(mini_areas, text="code"),
        "areas": _shapes(census_areas),
    }


def _shapes(frame: GeoDataFrame, **properties: str) -> dict[str, Any]:
    """
    Write GeoJSON.

    Parameters
    ----------
    frame
        Degrees.
    properties
        What a shape's properties are called → the column that holds them.
    """
    # What lies beyond the range of the coordinates has no place on a map, and no number in JSON.
    shown = frame[np.isfinite(frame.geometry.bounds.to_numpy()).all(axis=1)]
    # Seven decimals of a degree are a centimetre: enough to look at, a third of the file's size.
    rounded = shapely.set_precision(shown.geometry.to_numpy(dtype=object), 1e-7, mode="pointwise")
    texts = [shown[column].astype(object).where(shown[column].notna(), "").map(str) for column in properties.values()]
    rows = zip(*texts, strict=True) if texts else ((),) * len(shown)
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": dict(zip(properties, row, strict=True)), "geometry": mapping(shape)}
            for shape, row in zip(rounded, rows, strict=True)
        ],
    }


def _located(problems: Iterable[Problem], workspace: Workspace) -> GeoDataFrame:
    placed = [p for p in problems if p.geometry is not None and not p.geometry.is_empty]
    frame = gpd.GeoDataFrame(
        {
            "id": [p.id for p in placed],
            "severity": [p.severity for p in placed],
            "message": [p.message for p in placed],
            "table": [p.table for p in placed],
        },
        geometry=gpd.GeoSeries([p.geometry for p in placed], crs=workspace.crs),
    )
    return frame.to_crs(_DEGREES)


def _painted(located: GeoDataFrame) -> GeoDataFrame:
    # A household without a dwelling has no place but its whole census area: it is listed, not painted over the map.
    painted = located[located["table"] != "household"]
    return painted.loc[~painted.geometry.to_wkb().duplicated()]


def _page_head(workspace: Workspace, problems: list[Problem]) -> str:
    township = workspace.read("township", columns=["name"])
    name = str(township["name"].iloc[0]) if len(township) and township["name"].notna().any() else workspace.path.stem
    counts = count_by_severity(problems)
    boxes = "".join(
        f'<label><input type="checkbox" checked value="{severity}"> '
        f'<span style="color:{COLOURS[severity]}"><b>{SIGNS[severity]} {count}</b></span> '
        f"{escaped(_(SEVERITY_TITLES[severity]))}</label>"
        for severity, count in counts.items()
    )
    when = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return (
        f"<header><h1>{escaped(name)} · {escaped(_('Check report'))}</h1><span>{when}</span><nav>{boxes}</nav></header>"
    )


def _list(problems: list[Problem], boxes: Mapping[str, list[float]]) -> str:
    if not problems:
        return f'<div id="problems"><p class="none">{escaped(_("No problem found."))}</p></div>'
    rows: list[str] = []
    for (rule, _severity), group in groupby(problems, key=lambda p: (p.rule, p.severity)):
        members = list(group)
        rows.append(f"<h2>{rule} {escaped(_(RULES[rule].title))} ({len(members)})</h2>")
        rows.extend(_row(problem, boxes.get(problem.id)) for problem in members)
    return f'<div id="problems">{"".join(rows)}</div>'


def _row(problem: Problem, box: list[float] | None) -> str:
    place = f' data-box="{escaped(json.dumps(box))}" tabindex="0"' if box else ""
    extra = "" if box else " noplace"
    return (
        f'<div class="problem {problem.severity}{extra}"{place}>'
        f'<span class="sign" style="background:{COLOURS[problem.severity]}">{SIGNS[problem.severity]}</span>'
        f"<span>{escaped(problem.message)}</span></div>"
    )
