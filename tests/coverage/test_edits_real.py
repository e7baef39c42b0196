"""Edits among all output areas of London, with their boroughs: holes, exclaves, noise in the last digits."""

import lzma

import geopandas as gpd
import numpy as np
import pytest
import shapely

from census_map.coverage import Editor, apply_proposals, choose, find_faults, is_exact, propose, weigh_points
from census_map.errors import EditRefused
from tests.coverage.random_edits import persons_of, random_edit, same_frames

pytestmark = [pytest.mark.real, pytest.mark.slow]
GRID = 1e-3


@pytest.fixture(scope="module")
def london(shared_data, tmp_path_factory):
    plain = tmp_path_factory.mktemp("london") / "areas.fgb"
    plain.write_bytes(lzma.decompress((shared_data / "uk/uk_oa_london_25053.fgb.xz").read_bytes()))
    areas = gpd.read_file(plain).set_index("OA11CD").to_crs(27700)
    areas["persons"] = np.arange(len(areas)) % 400
    boroughs = areas.dissolve("LAD11CD")[["geometry"]]
    # A few borders do not match as they are published.
    faults = find_faults(areas, boroughs)
    mended = apply_proposals(areas, choose(propose(areas, faults, boroughs)), boroughs, faults=faults)
    assert is_exact(mended.areas, mended.containers)
    return mended.areas, mended.containers


@pytest.fixture
def editor(london):
    areas, boroughs = london
    points = gpd.GeoDataFrame(
        {"persons": areas["persons"]}, geometry=areas.geometry.representative_point(), crs=areas.crs
    )
    return Editor(areas, boroughs, grid=GRID, amounts=["persons"], weigh=weigh_points(points, "persons"))


def undone(editor, areas, boroughs):
    while editor.undo():
        pass
    return same_frames(editor.areas, areas) and same_frames(editor.containers, boroughs)


def test_two_hundred_random_edits_leave_london_exact_and_can_be_undone(editor, london):
    areas, boroughs = london
    rng = np.random.default_rng(5)
    done = 0
    while done < 200:
        kind, accepted = random_edit(editor, rng)
        done += accepted and kind != "undo"
    after = editor.areas
    assert is_exact(after, editor.containers)
    assert after["persons"].sum() == persons_of(editor) == areas["persons"].sum()
    kept = after.index[after.index.isin(areas.index)]
    assert (after.loc[kept, "LAD11CD"] == areas.loc[kept, "LAD11CD"]).all()
    assert undone(editor, areas, boroughs)


def test_areas_with_holes_and_several_parts_are_cut_and_joined_and_given_back(editor, london):
    areas, boroughs = london
    shapes = np.asarray(areas.geometry)
    holes = [int(shapely.get_num_interior_rings(shapely.get_parts(shape)).sum()) for shape in shapes]
    parts = shapely.get_num_geometries(shapes)
    special = areas.index[(np.array(holes) > 0) | (parts > 1)]
    assert len(special) > 5
    cut = 0
    for label in special[:40]:
        west, south, east, north = shapely.bounds(editor.polygon(label))
        middle = shapely.point_on_surface(editor.polygon(label))
        line = shapely.LineString([(west - 1, south - 1), (middle.x, middle.y), (east + 1, north + 1)])
        before = shapely.area(editor.polygon(label))
        try:
            change = editor.cut(label, line)
        except EditRefused:
            continue
        cut += 1
        pieces = [label, *change.added]
        assert sum(shapely.area(editor.polygon(piece)) for piece in pieces) == pytest.approx(before, abs=1)
        editor.join(pieces, keep=label, allow_parts=True)
        assert shapely.area(editor.polygon(label)) == pytest.approx(before, abs=1)
    assert cut > 5
    assert is_exact(editor.areas, editor.containers)
    assert editor.areas["persons"].sum() == areas["persons"].sum()
    assert undone(editor, areas, boroughs)


def test_a_refused_edit_leaves_every_polygon_and_the_history_as_they_were(editor):
    label, *_others, elsewhere = editor.labels()
    editor.cut(label, shapely.LineString(_across(editor.polygon(label))))
    held = {name: editor.polygon(name) for name in editor.labels()}
    far = shapely.LineString([(0, 0), (1, 1)])
    for refused in (
        lambda: editor.cut(label, far),
        lambda: editor.join([label, elsewhere]),
        lambda: editor.move_border((label, elsewhere), far),
        lambda: editor.claim(label, shapely.box(*shapely.bounds(held[label])).buffer(2000)),
    ):
        with pytest.raises(EditRefused):
            refused()
    assert {name: editor.polygon(name) for name in editor.labels()}.keys() == held.keys()
    assert all(editor.polygon(name) is polygon for name, polygon in held.items())
    assert editor.undo() is not None
    assert editor.undo() is None


def _across(polygon):
    west, _south, east, _north = shapely.bounds(polygon)
    middle = shapely.point_on_surface(polygon)
    return [(west - 1, middle.y), (middle.x, middle.y), (east + 1, middle.y)]
