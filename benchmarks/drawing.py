"""
Time drawing by hand in a generated county: figures beside the cursor, the live check, marking a house.

    python benchmarks/drawing.py [--side 55] [--buildings 100000] [--times 100]

A county of side x side mini-areas with crooked borders in census areas of 6 x 6 is written into a workspace, opened as
QGIS's layers without a window, and edited through the session that the plugin's tools use. Printed are medians and
worsts of wall time, with processor time beside it, because the machine may be busy with something else.
"""

import argparse
import os
import tempfile
import time
import uuid
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from census_map.workspace import Workspace

CRS = "EPSG:4546"
STEP = 200.0  # metres
EAST, NORTH = 500_000.0, 3_500_000.0


class County:
    """Mini-areas in a grid whose edges are crooked, the same for both neighbours."""

    def __init__(self, side: int, buildings: int) -> None:
        self.side = side
        self.chance = np.random.default_rng(1)
        self._edges: dict[tuple, np.ndarray] = {}
        cells = [(i, j) for i in range(side) for j in range(side)]
        homes = [(i // 6, j // 6) for i, j in cells]
        names = {home: str(uuid.UUID(int=k + 1)) for k, home in enumerate(dict.fromkeys(homes))}
        uids = [str(uuid.UUID(int=10_000 + k)) for k in range(len(cells))]
        shapes = [self._cell(i, j) for i, j in cells]
        self.areas = gpd.GeoDataFrame(
            {"census_area_uid": [names[home] for home in homes], "kind": "ordinary", "status": 0},
            geometry=shapes,
            index=uids,
            crs=CRS,
        )
        whole = self.areas.dissolve("census_area_uid")[["geometry"]]
        codes = [f"3209990{k:05d}" for k in range(len(whole))]
        self.census = whole.assign(code=codes, name=codes)
        parents = self.areas["census_area_uid"].map(self.census["code"])
        number = parents.groupby(parents).cumcount() + 1
        self.areas["code"] = [f"{parent}{n:03d}" for parent, n in zip(parents, number, strict=True)]
        self.buildings = self._houses(uids, buildings)

    def _edge(self, a: tuple, b: tuple) -> np.ndarray:
        key = (min(a, b), max(a, b))
        if key not in self._edges:
            share = np.linspace(0, 1, 9)[1:-1, None]
            straight = np.array(key[0]) * STEP * (1 - share) + np.array(key[1]) * STEP * share
            self._edges[key] = np.round(straight + self.chance.normal(0, 4, (7, 2)), 3)
        return self._edges[key] if a < b else self._edges[key][::-1]

    def _cell(self, i: int, j: int) -> shapely.Polygon:
        corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
        rings = [
            np.vstack([np.array(a)[None] * STEP, self._edge(a, b)])
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
        ]
        return shapely.Polygon(np.vstack(rings) + np.array([EAST, NORTH]))

    def _houses(self, uids: list[str], count: int) -> gpd.GeoDataFrame:
        each = int(np.ceil(count / len(uids)))
        across = int(np.ceil(np.sqrt(each)))
        rows = []
        for k, home in enumerate(uids):
            i, j = divmod(k, self.side)
            for n in range(each):
                x = EAST + i * STEP + 22 + (n // across) * (STEP - 44) / across
                y = NORTH + j * STEP + 22 + (n % across) * (STEP - 44) / across
                rows.append((home, n + 1, x, y))
        frame = pd.DataFrame(rows, columns=["mini_area_uid", "number", "x", "y"]).head(count)
        boxes = shapely.box(frame["x"], frame["y"], frame["x"] + 12, frame["y"] + 9)
        frame = frame.drop(columns=["x", "y"]).assign(use="residential", state="standing", persons=10, households=4)
        return gpd.GeoDataFrame(frame, geometry=boxes, crs=CRS)

    def write(self, path: Path) -> None:
        """Write a workspace."""
        with Workspace.create(path, crs=CRS) as made, made.transaction("county") as write:
            write.insert("census_area", self.census)
            write.insert("mini_area", self.areas)
            write.insert("building", self.buildings)


class Watch:
    """Wall and processor time of what is done, by name, in ms."""

    def __init__(self) -> None:
        self.taken: dict[str, list[tuple[float, float]]] = {}

    def time(self, name: str, action):
        """Do something and note how long it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = action()
        self.taken.setdefault(name, []).append(((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3))
        return result

    def tell(self) -> None:
        """Print a line a name."""
        for name, taken in self.taken.items():
            wall, cpu = np.array(taken).T
            print(
                f"{name:44s} {len(taken):4d} times: median {np.median(wall):7.2f}, worst {wall.max():7.2f} ms; "
                f"CPU median {np.median(cpu):7.2f} ms"
            )


def measure(path: Path, times: int) -> None:
    """Open the county as layers and draw in it."""
    from census_map_plugin.editing.drafts import Drafts  # noqa: PLC0415
    from census_map_plugin.editing.houses import new_house  # noqa: PLC0415
    from census_map_plugin.editing.session import TABLES, Session  # noqa: PLC0415
    from qgis.core import QgsGeometry, QgsProject, QgsRectangle, QgsVectorLayer  # noqa: PLC0415

    watch = Watch()
    layers = {table: QgsVectorLayer(f"{path}|layername={table}", table, "ogr") for table in TABLES}
    QgsProject.instance().addMapLayers(list(layers.values()))
    session = watch.time("a session begun", lambda: Session(path, layers))
    watch.time("the mini-areas read", lambda: session.mirror)
    watch.time("the buildings read", lambda: session.buildings)
    drafts, mirror = Drafts(session, 1.0), session.mirror
    fids = mirror.fids()
    chance = np.random.default_rng(2)
    for k in range(times):
        fid = fids[int(chance.integers(len(fids)))]
        west, south, _east, north = shapely.bounds(mirror.polygon(fid)).tolist()
        level = chance.uniform(south + 40, north - 40)
        for frame in range(4):
            line = [(west + 20, level), (west + 150, level + chance.uniform(-20, 20) + frame)]
            draft = watch.time("figures of a cut while the mouse moves", lambda f=fid, p=line: drafts.cut(f, p))
        watch.time(
            "a cut carried out, checked, buildings led",
            lambda d=draft: session.carry_out(d.title, d.change, d.values),
        )
        if k % 2:
            watch.time("a step taken back and checked", lambda: (session.steps.undo(), session.settle()))
        layer = layers["mini_area"]
        polygon = QgsGeometry(layer.getFeature(fid).geometry())
        point = polygon.vertexAt(3)
        polygon.moveVertex(point.x() + 1.0, point.y() + 1.0, 3)
        layer.beginEditCommand("plain")
        layer.changeGeometry(fid, polygon)
        layer.endEditCommand()
        watch.time("the live check after a plain edit", session.settle)
        layer.undoStack().undo()
        session.settle()
        x, y = shapely.get_coordinates(shapely.point_on_surface(mirror.polygon(fid)))[0]
        ground = QgsGeometry.fromRect(QgsRectangle(x, y, x + 3, y + 3))
        watch.time(
            "a house marked",
            lambda g=ground: session.add_buildings("house", [new_house(session, g, {})]),
        )
    watch.tell()
    print(f"faults left: {len(session.mirror.faults)}")
    session.give_up()
    session.release()
    QgsProject.instance().clear()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=55)
    parser.add_argument("--buildings", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication  # noqa: PLC0415

    application = QgsApplication([], True)  # noqa: FBT003  QGIS's order
    application.initQgis()
    with tempfile.TemporaryDirectory() as folder:
        county = County(options.side, options.buildings)
        path = Path(folder) / "county.gpkg"
        county.write(path)
        print(f"{len(county.areas)} mini-areas, {len(county.census)} census areas, {len(county.buildings)} buildings")
        measure(path, options.times)
    application.exitQgis()


if __name__ == "__main__":
    main()
