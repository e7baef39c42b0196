"""
The roster's windows in the real QGIS on a generated township: how long each step takes, and how long the window stands.

    python benchmarks/roster_window.py [--rows 160000] [--folder DIR] [--steps NAME ...]

Everything is clicked as she clicks it, under Xvfb. A timer of 10 ms in QGIS's event loop measures how long the loop was
away (`stall_ms`), and how long the window's own thread computed meanwhile (`stall_cpu_ms`: the rest it waited, on a
busy machine for a processor). What every thread did during the longer stalls stands in `stalls.txt` of the folder.
`peak_window_mb` is QGIS with the map, `peak_library_mb` the process in which the roster's library runs. With `--folder`
the township (`base.gpkg`, `roster.xlsx`) is kept and used again; with a `base.vault` beside it, linked before, the
later steps can be measured alone.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import xlsxwriter
from census_map_plugin.build import build
from census_map_plugin.picture import run_in_qgis
from python_calamine import CalamineWorkbook
from roster import PASSPHRASE, make_workspace, write_roster

from census_map.numbering import number_workspace
from census_map.sample import LARGE, generate_township
from census_map.splitting import split_workspace
from census_map.workspace import Workspace

HERE = Path(__file__).parent
STEPS = (
    "open_township",
    "read_the_roster_in",
    "link",
    "open_the_link_dock",
    "make_all_lists",
    "write_all_lists",
    "write_the_tables",
    "compare_with_a_department",
    "cut_its_list_up",
    "open_the_visits",
    "update_with_a_new_version",
)
COLUMNS = ("step", "wall_s", "cpu_window_s", "stall_ms", "stall_cpu_ms", "peak_window_mb", "peak_library_mb")


def large_township(rows: int, folder: Path) -> tuple[Path, Path]:
    """Make the township with its mini-areas, and its roster, where they are not there yet."""
    base, roster = folder / "base.gpkg", folder / "roster.xlsx"
    if not base.exists() or not roster.exists():
        township = generate_township(seed=5, **LARGE)
        write_roster(township.roster, rows, roster)
        made = make_workspace(township, folder)
        with Workspace.open(made) as workspace:
            split_workspace(workspace)
            number_workspace(workspace)
        made.rename(base)
    return base, roster


def measure(rows: int, folder: Path, steps: list[str]) -> list[dict[str, object]]:
    """Run the steps and give what was measured."""
    base, roster = large_township(rows, folder)
    workspace = folder / "window" / "township.gpkg"
    # What an earlier run left, above all SQLite's journal of it, does not belong to the fresh copy.
    shutil.rmtree(workspace.parent, ignore_errors=True)
    workspace.parent.mkdir()
    shutil.copy(base, workspace)
    if base.with_suffix(".vault").exists():
        shutil.copy(base.with_suffix(".vault"), workspace.with_suffix(".vault"))
    later, listed = folder / "later.xlsx", folder / "listed.xlsx"
    if not later.exists():
        _change(roster, later, keep=lambda at: at % 50 != 7, change=lambda at: at % 40 == 3)
        _change(roster, listed, keep=lambda at: at % 10 != 0, change=lambda _at: False)
    job = {
        "folder": str(workspace.parent), "workspace": str(workspace), "roster": str(roster), "update": str(later),
        "list": str(listed), "passphrase": PASSPHRASE, "steps": steps,
    }  # fmt: skip
    output = run_in_qgis(
        build(workspace.parent / "dist"), HERE / "roster_window_inside.py", job, language="en_US", timeout=7200
    )
    failure = workspace.parent / "failure.txt"
    if failure.exists():
        sys.stderr.write(failure.read_text(encoding="utf-8") + output[-3000:])
    return list(json.loads((workspace.parent / "figures.json").read_text(encoding="utf-8")))


def _change(source: Path, out: Path, *, keep, change) -> None:
    """Write a roster again, with rows gone and numbers of persons changed."""
    book = CalamineWorkbook.from_path(str(source))
    with xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_numbers": False}) as made:
        for name in book.sheet_names:
            sheet = made.add_worksheet(name)
            grid = book.get_sheet_by_name(name).to_python()
            head = next(at for at, row in enumerate(grid) if "户主姓名" in row)
            column = grid[head].index("现住人数")
            row_out = 0
            for at, row in enumerate(grid):
                if at > head and not keep(at):
                    continue
                cells = list(row)
                if at > head and change(at):
                    cells[column] = str(int(cells[column] or 0) + 1)
                sheet.write_row(row_out, 0, cells)
                row_out += 1


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=160_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--steps", nargs="*", default=list(STEPS), choices=STEPS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures = measure(options.rows, folder, options.steps)
    print(" | ".join(COLUMNS))
    for row in figures:
        print(" | ".join(str(row[name]) for name in COLUMNS))


if __name__ == "__main__":
    main()
