"""
Printing, measured: our sheets against a plain atlas of the same buildings, in one run.

`python benchmarks/print.py DATA [--sheets N] [--naive N] [--labelled-overview]`: DATA holds
`taipei/taipei_4352.gpkg` (109 villages, 13,268 buildings); villages serve as mini-areas of one census area. Wall and
CPU seconds a page; minimum of two runs.
"""

import argparse
import datetime as dt
import os
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from census_map_plugin.layouts import printing
from qgis.core import (
    QgsApplication,
    QgsLayoutExporter,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsPalLayerSettings,
    QgsPrintLayout,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import QRectF

from census_map.sheets.mini_area import Imprint, choose_mini_areas, mini_area_sheet
from census_map.sheets.township import read_township
from census_map.workspace import Workspace


def make_workspace(data: Path, path: Path) -> None:
    """Villages as mini-areas, buildings numbered in each."""
    villages = gpd.read_file(data / "taipei" / "taipei_4352.gpkg", layer="villages")
    buildings = gpd.read_file(data / "taipei" / "taipei_4352.gpkg", layer="buildings")
    crs = villages.crs
    with Workspace.create(path, crs=crs) as workspace, workspace.transaction("benchmark") as write:
        whole = villages.geometry.union_all()
        [owner] = write.insert(
            "census_area", gpd.GeoDataFrame({"code": ["320999001001"], "name": ["中山里"]}, geometry=[whole], crs=crs)
        )
        codes = [f"320999001001{number:03d}" for number in range(1, len(villages) + 1)]
        uids = write.insert(
            "mini_area",
            gpd.GeoDataFrame(
                {"code": codes, "census_area_uid": owner, "kind": "ordinary", "status": 0},
                geometry=list(villages.geometry),
                crs=crs,
            ),
        )
        inside = gpd.sjoin(
            gpd.GeoDataFrame(geometry=buildings.representative_point(), crs=crs),
            villages[["geometry"]],
            predicate="within",
        )
        inside = inside[~inside.index.duplicated()]
        number = inside.groupby("index_right").cumcount() + 1
        write.insert(
            "building",
            gpd.GeoDataFrame(
                {
                    "number": number.to_numpy(),
                    "mini_area_uid": np.array(uids, dtype=object)[inside["index_right"]],
                    "use": "residential",
                    "floors": 4,
                    "dwellings": 8,
                },
                geometry=list(buildings.geometry[inside.index]),
                crs=crs,
            ),
        )


def ours(path: Path, out: Path, count: int) -> dict[str, float]:
    """Compose and draw sheets with their lists; seconds a page."""
    with Workspace.open(path) as workspace:
        township = read_township(workspace)
    uids = choose_mini_areas(township)[:count]
    begin = time.perf_counter(), time.process_time()
    sheets = [mini_area_sheet(township, uid, Imprint(dt.date(2026, 4, 1))) for uid in uids]
    composed = time.perf_counter(), time.process_time()
    for _step in printing(township, sheets, len(sheets), out):
        pass
    drawn = time.perf_counter(), time.process_time()
    pages = sum(sheet.pages for sheet in sheets)
    return {
        "pages": pages,
        "maps": sum(len(sheet.maps) for sheet in sheets),
        "compose wall": (composed[0] - begin[0]) / pages,
        "compose cpu": (composed[1] - begin[1]) / pages,
        "draw wall": (drawn[0] - composed[0]) / pages,
        "draw cpu": (drawn[1] - composed[1]) / pages,
        "numbers missing": sum(len(sheet.missing) for sheet in sheets),
        "KB a page": sum(file.stat().st_size for file in out.glob("*.pdf")) / 1024 / pages,
    }


def naive(path: Path, out: Path, count: int, *, labelled_overview: bool) -> dict[str, float]:
    """An atlas as one sets it up by hand: labelled buildings, overview, legend, text as outlines."""
    project = QgsProject()
    areas = QgsVectorLayer(
        f"{path}|layername=mini_area", "areas", "ogr", QgsVectorLayer.LayerOptions(loadDefaultStyle=False)
    )
    houses = QgsVectorLayer(
        f"{path}|layername=building", "houses", "ogr", QgsVectorLayer.LayerOptions(loadDefaultStyle=False)
    )
    settings = QgsPalLayerSettings()
    settings.fieldName = "number"
    houses.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    houses.setLabelsEnabled(True)
    areas.renderer().symbol().setOpacity(0.3)
    project.addMapLayers([areas, houses])
    project.setCrs(areas.crs())
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    main = QgsLayoutItemMap(layout)
    main.attemptSetSceneRect(QRectF(35, 30, 187, 160))
    layout.addLayoutItem(main)
    overview = QgsLayoutItemMap(layout)
    overview.attemptSetSceneRect(QRectF(224, 30, 58, 40))
    layout.addLayoutItem(overview)
    overview.zoomToExtent(areas.extent())
    if not labelled_overview:
        overview.setLayers([areas])
        overview.setKeepLayerSet(True)
    legend = QgsLayoutItemLegend(layout)
    legend.attemptSetSceneRect(QRectF(224, 75, 58, 40))
    layout.addLayoutItem(legend)
    out.mkdir(exist_ok=True)
    begin = time.perf_counter(), time.process_time()
    for number, feature in zip(range(count), areas.getFeatures(), strict=False):
        main.zoomToExtent(feature.geometry().boundingBox())
        QgsLayoutExporter(layout).exportToPdf(str(out / f"naive{number}.pdf"), QgsLayoutExporter.PdfExportSettings())
    end = time.perf_counter(), time.process_time()
    size = sum(file.stat().st_size for file in out.glob("naive*.pdf")) / 1024 / count
    project.clear()
    return {"wall": (end[0] - begin[0]) / count, "cpu": (end[1] - begin[1]) / count, "KB a page": size}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sheets", type=int, default=109)
    parser.add_argument("--naive", type=int, default=10)
    parser.add_argument("--labelled-overview", action="store_true", help="one page of it takes minutes")
    wanted = parser.parse_args()
    application = QgsApplication([], False)  # noqa: FBT003
    application.initQgis()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "taipei.gpkg"
        make_workspace(wanted.data, path)
        runs = [ours(path, Path(folder) / f"ours{run}", wanted.sheets) for run in range(2)]
        plain = [naive(path, Path(folder) / "naive", wanted.naive, labelled_overview=False) for _run in range(2)]
        worst = [naive(path, Path(folder) / "worst", 1, labelled_overview=True)] if wanted.labelled_overview else []
    for name, results in (("ours", runs), ("plain atlas", plain), ("atlas, labelled overview", worst)):
        if not results:
            continue
        print(name, {key: round(min(result[key] for result in results), 3) for key in results[0]})
    application.exitQgis()


if __name__ == "__main__":
    main()
