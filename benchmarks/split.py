"""
Split every benchmark input with Census Map and with peers, and score all with the same scorer.

    python -P benchmarks/split.py [--inputs taipei delivered dundee providence liechtenstein county proof]
        [--peers PYTHON] [--only PEER ...]

`--peers` names the Python of an environment that has pymetis, spopt and gerrychain; see `split_peers.py`. `--only`
runs these peers (a part of their name) and nothing of ours. Needs the folder `shared` beside the repository; -P keeps
this folder's `coverage.py` from hiding the package of that name. CPU time is this process's own. Every row is printed,
and added to `benchmarks/results/split.jsonl`, as soon as it is known.
"""

import argparse
import json
import lzma
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from census_map.coverage import is_exact
from census_map.delineate import Effort, Objective, Window, regionalise, split_areas
from census_map.delineate.basis import prepare
from census_map.delineate.outcome import draw_plan
from census_map.delineate.pieces import survey_area
from census_map.delineate.regions import region_graph
from census_map.delineate.site import Sizes, graph_of

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
SCORER = ROOT.parent / "shared" / "tools" / "score_split.py"
OUT = ROOT / "benchmarks" / "results"
TAIPEI = DATA / "taipei" / "structures.gpkg"
TOWNSHIP = DATA / "liechtenstein" / "township.gpkg"

REGIONS = {"dundee": Objective(balance=300, compact=800), "providence": Objective(balance=300, compact=4000)}
"""Within a fifth of the target every size is nearly as good; border against compactness as each target asks."""


def show(name, seconds, scores, **more):
    """Print one line and keep it."""
    _tell(json.dumps({"run": name, "cpu_s": round(seconds, 2), **scores, **more}))


def _tell(line):
    print(line, flush=True)
    OUT.mkdir(exist_ok=True)
    with (OUT / "split.jsonl").open("a", encoding="utf-8") as file:
        print(line, file=file)


def score(parts, areas, buildings, *, target, area_id, weight="persons", lines=(), crs=None):
    """Run the scorer of all tools on a result."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{name}.gpkg" for name in ("parts", "areas", "buildings")]
        for frame, file in zip((parts, areas, buildings), files, strict=True):
            frame.to_file(file)
        command = [sys.executable, str(SCORER), *map(str, files), "--target", str(target), "--area-id", area_id]
        command += ["--weight", weight, *(["--crs", crs] if crs else []), *(["--lines", *lines] if lines else [])]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def read_taipei():
    """Read the inhabited villages and the structures."""
    buildings = gpd.read_file(TAIPEI, layer="buildings")
    villages = gpd.read_file(TAIPEI, layer="villages")
    return villages[villages["vid"].isin(buildings["vid"])].set_index("vid"), buildings


def taipei(peers):
    """Split the structures of Taipei, target 300."""
    villages, buildings = read_taipei()
    ours = {
        "compiled": {"effort": Effort(fast=True)},
        "pure": {"effort": Effort(fast=False)},
        "window 200-400, compiled": {"minimum": 200, "maximum": 400},
    }
    for name, options in ({} if peers and peers.only else ours).items():
        split_areas(villages.iloc[:1], buildings, target=300)
        begun = time.process_time()
        result = split_areas(villages, buildings, target=300, **options)
        seconds = time.process_time() - begun
        scores = score(result.parts, result.areas.reset_index(), buildings, target=300, area_id="vid")
        exact = is_exact(result.parts, result.areas)
        show(f"taipei {name}", seconds, scores, chain_exact=exact, per_village=round(seconds / len(villages), 3))
    taipei_by_peers(villages, buildings, peers)


def delivered(_peers):
    """Split Taipei as delivered, with its overlapping footprints."""
    villages = gpd.read_file(DATA / "taipei" / "taipei_4352.gpkg", layer="villages").set_index("VILLNAME")
    buildings = gpd.read_file(DATA / "taipei" / "taipei_4352.gpkg", layer="buildings")
    # 35 square metres of floor a person: an overlap is counted twice, as in the data.
    buildings["persons"] = np.rint(buildings.area * buildings["levels_est"].clip(lower=1) / 35)
    begun = time.process_time()
    result = split_areas(villages, buildings, target=300)
    seconds = time.process_time() - begun
    rows = [split.proof for split in result.splits]
    own = {key: sum(row[key] for row in rows) for key in ("over_max", "over_avoidable", "under_min")}
    scores = score(result.parts, result.areas.reset_index(), buildings, target=300, area_id="VILLNAME")
    show("taipei as delivered", seconds, scores, chain_exact=is_exact(result.parts, result.areas), own=own)


def read_dundee():
    """Read the output areas."""
    file = OUT / "dundee.fgb"
    OUT.mkdir(exist_ok=True)
    file.write_bytes(lzma.decompress((DATA / "scotland" / "dundee_S12000042_oa.fgb.xz").read_bytes()))
    return gpd.read_file(file).to_crs(27700).assign(ward="all")


def read_providence():
    """Read the blocks."""
    blocks = gpd.read_file(f"zip://{DATA / 'providence' / 'Providence_blocks.zip'}").to_crs(32130)
    return blocks.assign(ward=blocks["WARD"].astype(int).astype(str))


def regions(name, atoms, weight, peers):
    """Join given atoms, target 1,000."""
    areas = atoms.dissolve("ward").reset_index()[["ward", "geometry"]]
    for seed in () if peers and peers.only else range(3):
        begun = time.process_time()
        result = regionalise(atoms, weight=weight, target=1000, within="ward", seed=seed, objective=REGIONS[name])
        seconds = time.process_time() - begun
        show(
            f"{name}, usual effort, seed {seed}",
            seconds,
            score(result.parts, areas, atoms[[weight, "geometry"]], target=1000, area_id="ward", weight=weight),
        )
    regions_by_peers(name, atoms, weight, areas, peers)


def by_peers(name, peers, graphs, target, judge):
    """
    Give the same graphs to every peer, score what comes back with the same scorer, and say what is missing.

    Parameters
    ----------
    graphs
        For each ward: its graph, and the places of its atoms.
    judge
        From labels (all wards one after the other) to the scores.
    """
    if not peers:
        return
    script = str(Path(__file__).with_name("split_peers.py"))
    found = json.loads(
        subprocess.run([peers.python, script, "have"], capture_output=True, text=True, check=True).stdout
    )
    first = np.cumsum([0, *[len(graph) for graph, _xy in graphs]])
    kept = [np.flatnonzero(np.repeat(np.arange(len(graph)), np.diff(graph.first)) < graph.other) for graph, _ in graphs]
    with tempfile.TemporaryDirectory() as folder:
        source, answer = Path(folder) / "graph.npz", Path(folder) / "labels.npz"
        np.savez(
            source,
            pairs=np.concatenate([graph.pairs + start for (graph, _), start in zip(graphs, first[:-1], strict=True)]),
            length=np.concatenate([graph.length_cm[own] / 100 for (graph, _), own in zip(graphs, kept, strict=True)]),
            weight=np.concatenate([graph.mass for graph, _ in graphs]),
            ward=np.repeat(np.arange(len(graphs)), np.diff(first)),
            xy=np.concatenate([xy for _, xy in graphs]),
            target=target,
        )
        for tool, package in found["tools"].items():
            if peers.only and not any(part in tool for part in peers.only):
                continue
            if found["have"][package] is None:
                _tell(f"{name}: {tool} is absent: install {package} in the peers' environment")
                continue
            command = [peers.python, script, tool, str(source), str(answer)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=_limit)
            if done.returncode:
                said = done.stderr.strip().splitlines()
                why = f"stopped at {LIMIT} s" if done.returncode < 0 else "failed"
                stood = next((line for line in reversed(said) if line.startswith("area ")), "the beginning")
                _tell(f"{name}: {tool} {why} in {stood}; its last words: {said[-1] if said else 'none'}")
                continue
            labels = np.load(answer)
            show(f"{name}: {tool} {found['have'][package]}", float(labels["seconds"]), judge(labels["labels"]))


@dataclass(frozen=True)
class Peers:
    """The Python that has the peers, and which of them to run (parts of their names; empty: all)."""

    python: str
    only: tuple[str, ...] = ()


LIMIT = 300
"""Processor time a peer may take for one input, seconds."""


def _limit():
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 5))


def regions_by_peers(name, atoms, weight, areas, peers):
    """Let the peers join the same atoms."""
    wish = Objective()
    window = Window.of(1000, None, None, wish)
    groups = [own for _ward, own in atoms.groupby("ward", sort=False)]
    graphs = [
        (region_graph(own.geometry.to_numpy(), own[weight].to_numpy(float), window, wish), places(own))
        for own in groups
    ]
    sorted_atoms = pd.concat(groups)

    def judge(labels):
        named = sorted_atoms.assign(label=labels)
        parts = named.dissolve("label")[["geometry"]]
        parts = parts.assign(area=named.groupby("label")["ward"].first()).reset_index()
        return score(parts, areas, atoms[[weight, "geometry"]], target=1000, area_id="ward", weight=weight)

    by_peers(name, peers, graphs, 1000, judge)


def places(atoms):
    """Give a point inside each atom."""
    return shapely.get_coordinates(shapely.point_on_surface(atoms.geometry.to_numpy()))


def taipei_by_peers(villages, buildings, peers):
    """Let the peers divide the building-safe cells of Taipei; their borders are drawn as ours are."""
    if not peers:
        return
    window = Window.of(300, None, None, Objective())
    basis = prepare(villages, buildings, None, "persons", None)
    sites = [survey_area(basis, i) for i in range(len(villages))]
    assert all(len(own) == 1 for own in sites)
    graphs = [
        (graph_of(site, Objective(), 1.0, Sizes(100.0, 100.0)), site.cells.spot + site.ground.origin)
        for (site,) in sites
    ]
    first = np.cumsum([0, *[len(graph) for graph, _ in graphs]])

    def judge(labels):
        parts = []
        for i, own in enumerate(sites):
            _, mine = np.unique(labels[first[i] : first[i + 1]], return_inverse=True)
            parts.append(draw_plan(basis, i, own, [mine], int(mine.max()) + 1, (window, [], 0.0)).parts)
        whole = pd.concat(parts, ignore_index=True)
        return score(whole, villages.reset_index(), buildings, target=300, area_id="vid")

    by_peers("taipei", peers, graphs, 300, judge)


def dundee(peers):
    """Join the output areas of Dundee."""
    regions("dundee", read_dundee(), "Popcount", peers)


def providence(peers):
    """Join the blocks of Providence inside its wards."""
    regions("providence", read_providence(), "TOTPOP", peers)


def liechtenstein(_peers):
    """Split the communes along roads, water and railways."""
    communes = gpd.read_file(TOWNSHIP, layer="communes").set_index("code")
    buildings = gpd.read_file(TOWNSHIP, layer="buildings")
    layers = ("roads", "waterways", "railways", "water_areas")
    lines = pd.concat([gpd.read_file(TOWNSHIP, layer=layer) for layer in layers])
    begun = time.process_time()
    result = split_areas(communes, buildings, lines=lines, target=300, grid=1e-8)
    seconds = time.process_time() - begun
    shares = [split.proof["visible_border_share"] for split in result.splits]
    scores = score(result.parts, result.areas.reset_index(), buildings, target=300, area_id="code", crs="EPSG:2056")
    exact = is_exact(result.parts, result.areas)
    show("liechtenstein", seconds, scores, chain_exact=exact, visible=round(float(np.mean(shares)), 3), shares=shares)


def make_county(areas=250, seed=1):
    """Blocks of streets with 400 houses an area: about 2,800 mini-areas of 300 persons."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(areas)))
    boxes, houses, persons, roads = [], [], [], []
    for k in range(areas):
        x0, y0 = (k % side) * 900, (k // side) * 800
        boxes.append(shapely.box(x0, y0, x0 + 900, y0 + 800))
        jitter = rng.uniform(-15, 15, (11, 2))
        roads += [[(x0 + 150 * i + jitter[i, 0], y0), (x0 + 150 * i + jitter[i, 1], y0 + 800)] for i in range(6)]
        roads += [[(x0, y0 + 160 * i + jitter[i, 0]), (x0 + 900, y0 + 160 * i + jitter[i, 1])] for i in range(5)]
        x, y = x0 + rng.uniform(5, 880, 400), y0 + rng.uniform(5, 780, 400)
        houses.append(shapely.box(x, y, x + rng.uniform(6, 14, 400), y + rng.uniform(6, 14, 400)))
        persons.append(rng.integers(0, 18, 400))
    crs = "EPSG:32650"
    return (
        gpd.GeoDataFrame(geometry=boxes, crs=crs),
        gpd.GeoDataFrame({"persons": np.concatenate(persons)}, geometry=np.concatenate(houses), crs=crs),
        gpd.GeoDataFrame(geometry=shapely.linestrings(roads), crs=crs),
    )


def county(_peers):
    """Split a generated county in two processes."""
    areas, buildings, lines = make_county()
    for fast in (False, True):
        begun = time.time()
        result = split_areas(areas, buildings, lines=lines, target=300, effort=Effort(fast=fast), workers=2)
        summary = result.summary()
        show(
            f"county of {len(areas)} areas, two processes, {'compiled' if fast else 'pure'}",
            summary["seconds"],
            {key: summary[key] for key in ("parts", "cv", "over_max", "under_min")},
            wall_s=round(time.time() - begun, 1),
        )


def proof(_peers):
    """Count the instances of up to 25 atoms whose optimum is proven."""
    counts = {}
    for source, row, seconds in _small_instances():
        tried, proven, spent, unproven = counts.get(source, (0, 0, 0.0, []))
        missing = [] if row["proven"] else [(row["area"], row["atoms"], row["parts"])]
        counts[source] = (tried + 1, proven + bool(row["proven"]), spent + seconds, unproven + missing)
    for source, (tried, proven, spent, unproven) in counts.items():
        show(f"proof: {source}", spent, {"instances": tried, "proven": proven, "not_proven": unproven})
    tried, proven, spent, _unproven = (
        sum(column, start) for column, start in zip(zip(*counts.values(), strict=True), (0, 0, 0.0, []), strict=True)
    )
    show("proof: all", spent, {"instances": tried, "proven": proven, "percent": round(100 * proven / tried, 1)})


SMALL = 25
"""Atoms up to which an optimum is to be proven."""


def _small_instances():
    """Yield what was proven of small villages, parts of cities, and generated towns, and the processor time."""
    villages, buildings = read_taipei()
    for target in (200, 300, 400):
        for vid in villages.index:
            if (buildings["vid"] == vid).sum() <= SMALL:
                begun = time.process_time()
                row = split_areas(villages.loc[[vid]], buildings, target=target).splits[0].proof
                if row["atoms"] <= SMALL:
                    yield f"Taipei, target {target}", row, time.process_time() - begun
    for name, atoms, weight in (
        ("Dundee", read_dundee(), "Popcount"),
        ("Providence", read_providence().query("TOTPOP > 0"), "TOTPOP"),
    ):
        spots = places(atoms)
        for k, size in enumerate([16, 18, 20, 22, 24] * 3):
            begun = time.process_time()
            first = spots[k * len(atoms) // 15]
            near = atoms.iloc[np.argsort(np.hypot(*(spots - first).T), kind="stable")[:size]]
            row = dict(regionalise(near, weight=weight, target=near[weight].sum() / (3 + k % 3)).proof[0])
            yield f"{name}, compact parts", row | {"area": k}, time.process_time() - begun
    for k in range(20):
        areas, houses, lines = make_county(areas=1, seed=100 + k)
        few = houses.sample(12 + k % 10, random_state=k)
        begun = time.process_time()
        row = split_areas(areas, few, lines=lines if k % 2 else None, target=few["persons"].sum() / (3 + k % 3))
        if row.splits[0].proof["atoms"] <= SMALL:
            yield "generated", row.splits[0].proof | {"area": k}, time.process_time() - begun


INPUTS = {f.__name__: f for f in (taipei, delivered, dundee, providence, liechtenstein, county, proof)}


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", nargs="*", default=list(INPUTS), choices=list(INPUTS))
    parser.add_argument("--peers")
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    peers = None if options.peers is None else Peers(options.peers, tuple(options.only or ()))
    for name in options.inputs:
        INPUTS[name](peers)


if __name__ == "__main__":
    main()
