"""
`make bench`: every benchmark in turn, on the real data beside the project.

Inputs are made once in `benchmarks/results`. Each script can be run alone with its own options; its docstring says how.
"""

import lzma
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SHARED = HERE.parents[1] / "shared"
LONDON = SHARED / "data" / "uk" / "uk_oa_london_25053.fgb.xz"
ENGLAND = SHARED / "data" / "uk" / "uk_oa_england_wales_181408.fgb.xz"


def unpacked(file: Path) -> Path:
    """Unpack a file into the results once."""
    plain = RESULTS / file.stem
    if not plain.is_file():
        plain.write_bytes(lzma.decompress(file.read_bytes()))
    return plain


def plant_faults(seed: int) -> Path:
    """Plant 600 faults in London's output areas; give the folder with coverage, containers and truth."""
    folder = RESULTS / f"london-{seed}"
    if not (folder / "truth.json").is_file():
        plain = RESULTS / "london.fgb"
        plain.write_bytes(lzma.decompress(LONDON.read_bytes()))
        run(
            SHARED / "tools" / "inject_faults.py", "--input", plain, "--to-crs", "EPSG:27700",
            "--container-field", "LAD11CD", "--k", 50, "--seed", seed, "--out", folder,
        )  # fmt: skip
    return folder


def run(script: Path, *words: object) -> None:
    """Run a script with this Python; -P keeps this folder's names from hiding packages."""
    subprocess.run([sys.executable, "-P", str(script), *map(str, words)], check=True)


def main() -> None:
    """Run them all."""
    if not SHARED.is_dir():
        sys.exit("The folder `shared` with the real data is not beside the project.")
    RESULTS.mkdir(exist_ok=True)
    planted = plant_faults(1)
    for script, words in (
        ("coverage.py", [RESULTS]),
        ("coverage_speed.py", ["inside", planted / "coverage.gpkg"]),
        ("coverage_speed.py", ["process", planted / "coverage.gpkg", "--within", planted / "container.gpkg"]),
        ("coverage_speed.py", ["process", unpacked(ENGLAND)]),
        ("coverage_speed.py", ["fast", unpacked(ENGLAND)]),
        ("coverage_speed.py", ["million", unpacked(ENGLAND)]),
        ("coverage_edits.py", []),
        ("coverage_live.py", []),
        ("coverage_repair.py", [planted]),
        ("drawing.py", []),
        ("split.py", []),
        ("print.py", [SHARED / "data"]),
        ("roster.py", ["quality"]),
        ("roster.py", ["speed"]),
        ("roster.py", ["commands"]),
        ("addresses.py", [SHARED / "data" / "addresses" / "company_addresses.txt"]),
    ):
        print(f"\n== {script} {' '.join(map(str, words))}", flush=True)
        run(HERE / script, *words)


if __name__ == "__main__":
    main()
