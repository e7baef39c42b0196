"""
The check report that a checker opens in a browser: the list of problems beside a map, one file, no internet.

The map is folium's; Leaflet itself is embedded, so the file works on a computer that has never been online. Every text
from the data is escaped before it reaches HTML or the map.
"""

import html
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import shapely
from branca.element import Element
from geopandas import GeoDataFrame

from census_map.checks import RULES, SEVERITY_TITLES, Problem, Severity, count_by_severity
from census_map.i18n import _, current_language
from census_map.workspace import Workspace

# UX.md: colours never stand alone, the sign says the same.
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
  document.documentElement.lang = LANGUAGE;
  [['.leaflet-control-zoom-in', NEARER], ['.leaflet-control-zoom-out', FARTHER]].forEach(function (button) {
    var shown = document.querySelector(button[0]);
    shown.title = button[1];
    shown.setAttribute('aria-label', button[1]);
  });
  MAP.attributionControl.setPrefix('Leaflet');
  L.control.scale({ imperial: false }).addTo(MAP);
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
    """
    path = Path(path)
    figure = _figure(workspace, problems)
    draft = path.with_name(path.name + ".part")
    draft.write_text(figure.render(), encoding="utf-8")
    draft.replace(path)
    return path


def _figure(workspace: Workspace, problems: list[Problem]) -> Any:
    map_ = folium.Map(tiles=None, prefer_canvas=True)
    # Only Leaflet is used; the other files that folium links to would need the internet.
    map_.default_js, map_.default_css = [], []
    _draw_areas(map_, workspace)
    located = _located(problems, workspace)
    _draw_problems(map_, located)
    figure = map_.get_root()
    leaflet = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    title = _text(_("Check report"))
    head = (
        f"<title>{title}</title>"
        f"<style>{(leaflet / 'leaflet.css').read_text(encoding='utf-8')}</style>"
        f"<script>{(leaflet / 'leaflet.js').read_text(encoding='utf-8')}</script>"
        f"<style>{_STYLE}</style>"
    )
    figure.header.add_child(Element(_literal(head)), name="offline")
    boxes = dict(zip(located["id"], located.geometry.bounds.to_numpy().tolist(), strict=True))
    figure.html.add_child(Element(_literal(_page_head(workspace, problems))), name="page_head", index=0)
    figure.html.add_child(Element(_literal(_list(problems, boxes))), name="problem_list", index=1)
    figure.script.add_child(Element(_literal(_script(map_.get_name()))), name="list_script")
    return figure


def _script(map_name: str) -> str:
    script = _SCRIPT.replace("MAP", map_name)
    words = {"LANGUAGE": current_language().replace("_", "-"), "NEARER": _("Nearer"), "FARTHER": _("Farther away")}
    for name, word in words.items():
        script = script.replace(name, json.dumps(word))
    return script


def _text(value: object) -> str:
    """Make a text harmless in HTML, and in the templates that folium renders over and over."""
    return html.escape(str(value)).replace("{", "&#123;").replace("}", "&#125;")


def _literal(text: str) -> str:
    """Keep style sheets and scripts, which are full of braces, from being read as a template."""
    return "{% raw %}" + text + "{% endraw %}"


def _draw_areas(map_: folium.Map, workspace: Workspace) -> None:
    census_areas = workspace.read("census_area", columns=["name", "geometry"]).to_crs(_DEGREES)
    mini_areas = workspace.read("mini_area", columns=["code", "geometry"]).to_crs(_DEGREES)
    buildings = workspace.read("building", columns=["geometry"]).to_crs(_DEGREES)
    quiet = {"interactive": False}
    house = {"color": "#8a8a8a", "weight": 0.6, "fillColor": "#d9d5cc", "fillOpacity": 0.8, **quiet}
    _add_layer(map_, buildings, lambda _feature: house)
    own = {"color": _OWN_BORDER, "weight": 1.5, "fillOpacity": 0.0}
    _add_layer(map_, mini_areas, lambda _feature: own, tooltip="code")
    outline = {"color": "#000000", "weight": 3.0, "fill": False, **quiet}
    _add_layer(map_, census_areas[["geometry"]], lambda _feature: outline)
    west, south, east, north = census_areas.total_bounds if len(census_areas) else _ANYWHERE
    map_.fit_bounds([[south, west], [north, east]])


def _add_layer(map_: folium.Map, frame: GeoDataFrame, style: Any, *, tooltip: str = "", **options: Any) -> None:
    shown = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if shown.empty:
        return
    # Seven decimals of a degree are a centimetre: enough to look at, a third of the file's size.
    rounded = shapely.set_precision(shown.geometry.to_numpy(dtype=object), 1e-7, mode="pointwise")
    texts = {name: [_text(value) for value in shown[name]] for name in shown.columns if name != "geometry"}
    features = shown.assign(**texts).set_geometry(gpd.GeoSeries(rounded, index=shown.index, crs=frame.crs))
    hint = {"tooltip": folium.GeoJsonTooltip([tooltip], labels=False)} if tooltip else {}
    folium.GeoJson(json.loads(features.to_json()), style_function=style, **hint, **options).add_to(map_)


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


def _draw_problems(map_: folium.Map, located: GeoDataFrame) -> None:
    def style(feature: Mapping[str, Any]) -> dict[str, Any]:
        colour = COLOURS[feature["properties"]["severity"]]
        return {"color": colour, "weight": 3, "fillColor": colour, "fillOpacity": 0.12}

    # A household without a dwelling has no place but its whole census area: it is listed, not painted over the map.
    painted = located[located["table"] != "household"]
    once = ~painted.geometry.to_wkb().duplicated()
    columns = ["severity", "message", "geometry"]
    _add_layer(map_, painted.loc[once, columns], style, tooltip="message", marker=folium.CircleMarker(radius=6))


def _page_head(workspace: Workspace, problems: list[Problem]) -> str:
    township = workspace.read("township", columns=["name"])
    name = str(township["name"].iloc[0]) if len(township) and township["name"].notna().any() else workspace.path.stem
    counts = count_by_severity(problems)
    boxes = "".join(
        f'<label><input type="checkbox" checked value="{severity}"> '
        f'<span style="color:{COLOURS[severity]}"><b>{SIGNS[severity]} {count}</b></span> '
        f"{_text(_(SEVERITY_TITLES[severity]))}</label>"
        for severity, count in counts.items()
    )
    when = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return f"<header><h1>{_text(name)} · {_text(_('Check report'))}</h1><span>{when}</span><nav>{boxes}</nav></header>"


def _list(problems: list[Problem], boxes: Mapping[str, list[float]]) -> str:
    if not problems:
        return f'<div id="problems"><p class="none">{_text(_("No problem found."))}</p></div>'
    rows: list[str] = []
    for (rule, _severity), group in groupby(problems, key=lambda p: (p.rule, p.severity)):
        members = list(group)
        rows.append(f"<h2>{rule} {_text(_(RULES[rule].title))} ({len(members)})</h2>")
        rows.extend(_row(problem, boxes.get(problem.id)) for problem in members)
    return f'<div id="problems">{"".join(rows)}</div>'


def _row(problem: Problem, box: list[float] | None) -> str:
    place = f' data-box="{_text(json.dumps(box))}" tabindex="0"' if box else ""
    extra = "" if box else " noplace"
    return (
        f'<div class="problem {problem.severity}{extra}"{place}>'
        f'<span class="sign" style="background:{COLOURS[problem.severity]}">{SIGNS[problem.severity]}</span>'
        f"<span>{_text(problem.message)}</span></div>"
    )
