"""
Score the coverage check on planted faults and on coverages without any.

    python -P benchmarks/coverage_planted.py [--out benchmarks/results] [--seeds 1 2 3] [--only london clean ...]

`inject_faults.py` plants, `census-map coverage check --json` finds, `score_faults.py` compares; then the same inputs
without faults. London: 50 faults of each of the twelve classes, a seed a row. Dundee, Providence and the villages of
Taipei are too small for faults of all classes at once, each on a site of its own, so there one class is planted at a
time: ten faults, or as many as the injector finds sites for.
"""

import argparse
import json
import lzma
import subprocess
import sys
import tempfile
from pathlib import Path

import pyogrio

SHARED = Path(__file__).parents[2] / "shared"
DATA, TOOLS = SHARED / "data", SHARED / "tools"
SMALL = {  # source, layer, system in metres, field that names the container
    "dundee": ("scotland/dundee_S12000042_oa.fgb.xz", None, "EPSG:27700", None),
    "providence": ("providence/Providence_blocks.zip", None, "EPSG:32130", "TRACTCE10"),
    "taipei": ("taipei/taipei_4352.gpkg", "villages", "EPSG:3826", "TOWNNAME"),
}
LONDON = ("uk/uk_oa_london_25053.fgb.xz", None, "EPSG:27700", "LAD11CD")


def source_of(name: str, folder: Path) -> Path:
    """Give a file that can be read, unpacked if need be."""
    packed = DATA / name
    if packed.suffix != ".xz":
        return packed
    plain = folder / packed.stem
    if not plain.exists():
        plain.write_bytes(lzma.decompress(packed.read_bytes()))
    return plain


def plant(source: tuple[str, str | None, str, str | None], out: Path, folder: Path, *words: object) -> bool:
    """Plant faults unless that is done already; False when there is no site for any."""
    name, layer, crs, field = source
    if not (out / "truth.json").exists():
        command = [TOOLS / "inject_faults.py", "--input", source_of(name, folder), "--to-crs", crs, "--out", out]
        command += ["--layer", layer] if layer else []
        command += ["--container-field", field] if field else []
        python("-P", *command, *words)
    return bool(json.loads((out / "truth.json").read_text())["defects"])


def python(*words: object, fine: tuple[int, ...] = (0,)) -> str:
    """Run a Python program and return what it prints."""
    done = subprocess.run([sys.executable, *map(str, words)], check=False, capture_output=True, text=True)
    if done.returncode not in fine:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def check(areas: Path | str, containers: Path | None, result: Path) -> dict:
    """Check as a user does."""
    within = ["--within", containers] if containers else []
    result.unlink(missing_ok=True)
    said = python("-m", "census_map.cli", "coverage", "check", areas, *within, "--json", result, fine=(0, 1))
    if not result.exists():
        sys.exit(f"The check failed. {said}")
    return json.loads(result.read_text())


def score(folder: Path, result: Path) -> dict[str, int]:
    """Check a folder of planted faults and score it."""
    check(folder / "coverage.gpkg", folder / "container.gpkg", result)
    return json.loads(python(TOOLS / "score_faults.py", folder / "truth.json", result, fine=(0, 1)).splitlines()[-1])


def told(title: str, sums: dict[str, int]) -> None:
    """Print a line."""
    print(f"{title}: {sums['typed']} of {sums['injected']} found and typed, {sums['false']} false", flush=True)


def main() -> None:
    """Print a line an input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", default=["london", *SMALL, "clean"])
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "check.json"
        for seed in options.seeds if "london" in options.only else []:
            out = options.out / f"london-{seed}"
            plant(LONDON, out, options.out, "--k", 50, "--seed", seed)
            told(f"London, seed {seed}", score(out, result))
        for name in [name for name in SMALL if name in options.only]:
            sums = {"injected": 0, "typed": 0, "false": 0}
            sites = {}
            for number in range(1, 13):
                out = options.out / "planted" / f"{name}-{number}"
                some = plant(SMALL[name], out, options.out, "--k", 10, "--seed", 1, "--classes", number)
                one = score(out, result) if some else dict.fromkeys(sums, 0)
                sites[number] = one["injected"]
                sums = {key: sums[key] + one[key] for key in sums}
            told(name.capitalize(), sums)
            print("  planted by class: " + ", ".join(f"{number}: {n}" for number, n in sites.items()))
        if "clean" in options.only:
            for name, source in {"london": LONDON, **SMALL}.items():
                clean(name, source, options.out, Path(scratch))


def clean(name: str, source: tuple[str, str | None, str, str | None], folder: Path, scratch: Path) -> None:
    """Check an input as it came, as the injector takes it (invalid areas split), and with its containers."""
    out = folder / "clean" / name
    if not (out / "clean.gpkg").exists():
        plant(source, out, folder, "--k", 0, "--seed", 1, "--write-clean")
    raw = source_of(source[0], folder)
    layer = f":{source[1]}" if source[1] else ""
    counted = pyogrio.read_info(out / "clean.gpkg")["features"]
    for title, areas, boxes in (
        ("as it came", f"{raw}{layer}", None),
        ("in metres", out / "clean.gpkg", None),
        ("in metres, with containers", out / "clean.gpkg", out / "container.gpkg"),
    ):
        found = check(areas, boxes, scratch / "clean.json")
        counts = {kind: n for kind, n in found["counts"].items() if n}
        print(
            f"{name.capitalize()} without planted faults, {counted} areas, {title}: {counts or 'no fault'}", flush=True
        )


if __name__ == "__main__":
    main()
