"""The sample on disk: what is checked in is what the generator makes, and names stay in the roster."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
from python_calamine import CalamineWorkbook

from census_map.sample import generate_township, write_township
from census_map.sample.files import DWELLINGS, LAYERS, MAP, ROSTER, TRUTH, TRUTH_EMPTY, TRUTH_MISSED, TRUTH_ROWS

SAMPLE = Path(str(files("census_map_samples")))
TABLES = (TRUTH_ROWS, TRUTH_EMPTY, TRUTH_MISSED)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("township")
    write_township(generate_township(), folder)
    return folder


@pytest.mark.parametrize("layer", LAYERS)
def test_the_checked_in_map_is_what_is_generated(written, layer):
    old, new = (pyogrio.read_dataframe(folder / MAP, layer=layer) for folder in (SAMPLE, written))
    if "geometry" in old:
        assert (old.geometry.to_wkb() == new.geometry.to_wkb()).all()
    pd.testing.assert_frame_equal(
        pd.DataFrame(old).drop(columns="geometry", errors="ignore"),
        pd.DataFrame(new).drop(columns="geometry", errors="ignore"),
    )


@pytest.mark.parametrize("name", [*TABLES, TRUTH])
def test_the_checked_in_truth_is_what_is_generated(written, name):
    assert (SAMPLE / name).read_bytes() == (written / name).read_bytes()


@pytest.mark.parametrize("file", [ROSTER, DWELLINGS])
def test_the_checked_in_workbooks_are_what_is_generated(written, file):
    old, new = (CalamineWorkbook.from_path(folder / file) for folder in (SAMPLE, written))
    assert old.sheet_names == new.sheet_names
    for name in old.sheet_names:
        assert old.get_sheet_by_name(name).to_python() == new.get_sheet_by_name(name).to_python()


def test_the_workbook_holds_the_rows_where_the_truth_says(township, written):
    book = CalamineWorkbook.from_path(written / ROSTER)
    pages = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    assert len(pages) == len(township.census_areas)
    for line in township.roster.itertuples():
        cells = pages[line.sheet][line.row - 1]
        assert line.address in cells
        assert line.head in cells
    for page in pages.values():
        assert page[0][0].endswith("户主姓名底册")
        assert page[-1][0] == "合计"


def test_names_stay_in_the_roster(township, written):
    names = {name for name in township.roster["head"] if len(name) == 3}
    for file in (MAP, TRUTH, *TABLES):
        text = (written / file).read_bytes().decode("utf-8", errors="ignore")
        assert not re.search(r"320999[0-9]{11}[0-9Xx]|160[0-9]{8}", text), file
        assert not names & {text[k : k + 3] for k in range(len(text) - 2)}, file


def test_the_sample_is_small_and_described():
    counts = json.loads((SAMPLE / TRUTH).read_text(encoding="utf-8"))
    told = [f"{counts[name]:,}" for name in ("buildings", "dwellings", "roster_rows")]
    assert [number for number in told if number not in (SAMPLE / "README.md").read_text(encoding="utf-8")] == []
    assert sum(path.stat().st_size for path in SAMPLE.iterdir() if path.is_file()) < 3_000_000
    described = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for layer in LAYERS:
        assert layer in described
        fields = pyogrio.read_info(SAMPLE / MAP, layer=layer)["fields"]
        assert not [field for field in fields if field not in described], layer
    header = CalamineWorkbook.from_path(SAMPLE / DWELLINGS).get_sheet_by_index(0).to_python()[1]
    assert not [column for column in header if column not in described]
    for table in (TRUTH_ROWS, TRUTH_EMPTY):
        columns = pd.read_csv(SAMPLE / table, nrows=1).columns
        assert not [column for column in columns if column not in described], table


def test_the_map_is_a_geopackage_of_a_version_that_every_qgis_reads():
    header = (SAMPLE / MAP).read_bytes()[:100]
    assert int.from_bytes(header[60:64], "big") == 10300
