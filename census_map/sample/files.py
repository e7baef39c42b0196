"""The township on disk: one GeoPackage of base data, lists of dwellings and households in Excel, the truth."""

import json
from pathlib import Path

import pandas as pd
import pyogrio

from census_map.sample.township import Township
from census_map.sample.workbook import write_table, write_workbook

MAP, DWELLINGS, ROSTER = "township.gpkg", "dwellings.xlsx", "roster.xlsx"
TRUTH_ROWS, TRUTH_EMPTY, TRUTH_MISSED, TRUTH = (
    "truth_roster.csv",
    "truth_empty_dwellings.csv",
    "truth_missed_buildings.csv",
    "truth.json",
)
LAYERS = {
    "普查区": "census_areas",
    "房屋": "buildings",
    "道路": "roads",
    "水系": "water",
    "铁路": "railways",
    "围墙": "walls",
    "地标": "landmarks",
}
_MADE = "2026-10-20T08:30:00.000Z"


def write_township(township: Township, folder: Path) -> None:
    """
    Write a township's files.

    Parameters
    ----------
    township
        From `generate_township`.
    folder
        Made if needed; files of the same names are replaced. The workbook holds the invented people's names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_map(township, folder / MAP)
    write_table(township.dwellings, "住房单元清单", folder / DWELLINGS)
    write_workbook(township.sheets, folder / ROSTER)
    township.truth.to_csv(folder / TRUTH_ROWS, index=False, lineterminator="\n")
    township.empty_dwellings.to_csv(folder / TRUTH_EMPTY, index=False, lineterminator="\n")
    missed = township.missed_buildings
    pd.DataFrame({**missed.drop(columns="geometry"), "wkt": missed.geometry.to_wkt(rounding_precision=8)}).to_csv(
        folder / TRUTH_MISSED, index=False, lineterminator="\n"
    )
    text = json.dumps(totals(township), ensure_ascii=False, indent=1)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")


def totals(township: Township) -> dict[str, object]:
    """Count what a township holds, for its truth file."""
    truth = township.truth
    noise = truth["noise"].str.split(";").explode()
    return {
        "township": township.name,
        "code": township.code,
        "census_areas": len(township.census_areas),
        "buildings": len(township.buildings),
        "dwellings": len(township.dwellings),
        "roster_rows": len(truth),
        "persons_present": int(township.roster["h2a"].sum()),
        "persons_registered": int(township.roster["registered"].sum()),
        "missed_buildings": len(township.missed_buildings),
        "rows_by_kind": _tally(truth["kind"]),
        "rows_without_dwelling_by_reason": _tally(truth.loc[truth["reason"] != "", "reason"]),
        "rows_by_noise": _tally(noise[noise != ""]),
        "empty_dwellings_by_reason": _tally(township.empty_dwellings["reason"]),
    }


def _tally(values: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}


def _write_map(township: Township, path: Path) -> None:
    path.unlink(missing_ok=True)
    # GDAL writes the time of change into the file; a fixed one keeps the bytes the same.
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MADE})
    try:
        for layer, attribute in LAYERS.items():
            frame = getattr(township, attribute)
            extra = {"append": True} if path.exists() else {"dataset_options": {"VERSION": "1.3"}}
            pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", **extra)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
