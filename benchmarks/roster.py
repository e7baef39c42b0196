"""
The roster: how well households find their buildings, and how fast. Addresses of the street: `addresses.py`.

    python benchmarks/roster.py quality [--seed 1 2 3 4 77]    precision and recall, by kind of noise; the worst seed
    python benchmarks/roster.py speed [--rows 160000]          import and link against the large invented township
    python benchmarks/roster.py commands [--rows 160000]       the same township from the command line, end to end
    python benchmarks/roster.py compare [--rows 1000000]       two department lists

Every measured step runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import pandas as pd
import xlsxwriter

from census_map.codes import identity_check_character
from census_map.profile import load_profile
from census_map.roster.compare import compare_keys, passing_hasher, read_list_keys
from census_map.roster.decide import LinkDesk
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.vault import Vault, vault_path
from census_map.sample import LARGE, generate_township, write_township
from census_map.workspace import Workspace
from census_map.workspace.founding import new_workspace
from census_map.workspace.importing import add_layer

PASSPHRASE = "only for measuring"  # noqa: S105
VERBS = {
    "new",
    "add",
    "building",
    "road",
    "dwelling",
    "roster",
    "vault",
    "init",
    "import",
    "link",
    "unlinked",
    "lists",
    "tables",
}
TOLD = ("missed_building", "demolished", "elsewhere", "unreadable")
COLUMNS = {
    "sheet": "普查区", "head": "户主姓名", "phone": "联系电话", "identity": "身份证号", "address": "住址",
    "building": "楼号", "entrance": "单元", "room": "室号", "registered": "户籍人数", "h2a": "现住人数",
    "h2b": "外出人数", "class": "分类", "remark": "备注",
}  # fmt: skip


def make_workspace(township, folder: Path) -> Path:
    """Make a workspace with buildings, roads and dwellings."""
    path = folder / "township.gpkg"
    with new_workspace(path, township.census_areas, code="普查区编码", name="普查区名称") as workspace:
        add_layer(workspace, "building", township.buildings, {"source_id": "编号"}, source="房屋")
        add_layer(workspace, "road", township.roads, source="道路")
        mapping = {
            "source_id": "住房编号",
            "building": "建筑物编号",
            "entrance": "单元",
            "floor": "楼层",
            "room": "室号",
        }
        add_layer(workspace, "dwelling", township.dwellings, mapping, source="住房")
    return path


def quality(seeds: list[int]) -> None:
    """Import and link invented townships and judge the links, then once more after a decision for each unknown name."""
    judgements = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            township = generate_township(seed=seed)
            write_township(township, folder / "files")
            path = make_workspace(township, folder)
            with Workspace.open(path) as workspace, Vault.create(vault_path(path), PASSPHRASE, cost=16) as vault:
                import_roster(workspace, vault, folder / "files" / "roster.xlsx")
                link_roster(workspace, vault)
                rows = judged(workspace, township.truth)
                report(seed, rows)
                report_learned(workspace, vault, township.truth, rows)
            judgements[seed] = rows
    report_worst(judgements)


def report_learned(workspace: Workspace, vault: Vault, truth: pd.DataFrame, before: pd.DataFrame) -> None:
    """Decide one household of each name that the map does not know, as a clerk would, and link the rest again."""
    desk = LinkDesk(workspace, vault)
    sources = workspace.read("building", columns=["source_id"])["source_id"]
    uids = dict(zip(sources, sources.index, strict=True))
    decided: set[str] = set()
    for uid, building, right in before[["uid", "building", "right"]].itertuples(index=False):
        unknown = desk.places[uid].place.sites - desk.index.names.known - decided if uid in desk.places else set()
        if building and not right and len(unknown) == 1:
            taught = desk.alias_of(uid, uids[building])
            if taught is not None:
                decided |= unknown
                desk.learn(*taught)
    link_roster(workspace, vault)
    after = judged(workspace, truth)
    old = after["noise"].str.contains("old_name") & after["exists"]
    linked = after[after["linked"]]
    print(
        f"  after {len(decided)} decisions: precision {linked['right'].mean():.4f}, "
        f"recall {after['right'].sum() / after['exists'].sum():.4f}; "
        f"old names: {before.loc[old, 'right'].mean():.2f} before, {after.loc[old, 'right'].mean():.2f} after, "
        f"of {int(old.sum())}"
    )


def report_worst(judgements: dict[int, pd.DataFrame]) -> None:
    """Print the lowest figures of all seeds."""
    figures = {
        "precision": {seed: rows.loc[rows["linked"], "right"].mean() for seed, rows in judgements.items()},
        "recall": {seed: rows["right"].sum() / rows["exists"].sum() for seed, rows in judgements.items()},
        "misspelt, recall": {
            seed: rows.loc[rows["noise"].str.contains("typo") & rows["exists"], "right"].mean()
            for seed, rows in judgements.items()
        },
        "without a building, told so": {
            seed: rows.loc[~rows["exists"], "state"].isin(TOLD).mean() for seed, rows in judgements.items()
        },
    }
    for name, by_seed in figures.items():
        seed, least = min(by_seed.items(), key=lambda item: item[1])
        print(f"worst of {len(judgements)} seeds, {name}: {least:.4f} (seed {seed})")


def judged(workspace: Workspace, truth: pd.DataFrame) -> pd.DataFrame:
    """Join the links with the truth."""
    households = workspace.read("household")
    sources = {table: workspace.read(table, columns=["source_id"])["source_id"] for table in ("building", "dwelling")}
    found = pd.DataFrame(
        {
            "uid": households.index,
            "sheet": households["source"].str.rpartition(":")[2],
            "row": households["source_row"].astype("int64"),
            "state": households["link_state"],
            "got": households["building_uid"].map(sources["building"]),
            "got_dwelling": households["dwelling_uid"].map(sources["dwelling"]),
        }
    )
    rows = truth.merge(found, on=["sheet", "row"], how="inner")
    rows["linked"] = rows["state"] == "linked"
    rows["right"] = rows["linked"] & (rows["got"] == rows["building"])
    rows["exists"] = rows["building"] != ""
    return rows


def report(seed: int, rows: pd.DataFrame) -> None:
    """Print precision and recall, all and by kind of noise."""
    linked, missing = rows[rows["linked"]], rows[~rows["exists"]]
    dwellings = linked[linked["got_dwelling"].notna()]
    told = missing["state"].isin(TOLD)
    print(f"seed {seed}: {len(rows)} rows, {int(rows['exists'].sum())} with a building, {len(missing)} without")
    print(
        f"  precision {rows['right'].sum() / len(linked):.4f}  recall {rows['right'].sum() / rows['exists'].sum():.4f}"
    )
    right = (dwellings["got_dwelling"] == dwellings["dwelling"]).sum()
    print(f"  dwelling units: {len(dwellings)} linked, precision {right / len(dwellings):.4f}")
    print(f"  without a building, told so and not linked: {told.mean():.4f}")
    counts = defaultdict(lambda: [0, 0, 0, 0])
    for noise, *flags in rows[["noise", "linked", "right", "exists"]].itertuples(index=False):
        for kind in noise.split(";") if noise else ["(none)"]:
            for position, flag in enumerate((True, *flags)):
                counts[kind][position] += flag
    print(f"  {'kind of noise':24s} {'rows':>6s} {'precision':>9s} {'recall':>7s}")
    for kind, (number, hits, correct, existing) in sorted(counts.items(), key=lambda item: -item[1][0]):
        print(f"  {kind:24s} {number:6d} {correct / max(hits, 1):9.4f} {correct / max(existing, 1):7.4f}")


def speed(rows: int, folder: Path) -> None:
    """Measure import, link and import again."""
    township = generate_township(seed=5, **LARGE)
    path = make_workspace(township, folder)
    roster = write_roster(township.roster, rows, folder / "roster.xlsx")
    sizes = [len(township.buildings), len(township.dwellings), rows]
    print("{} buildings, {} dwellings, {} roster rows".format(*sizes))
    for step in ("import", "link", "import again"):
        print(json.dumps(measured("step", step, str(path), str(roster))))


def write_roster(typed: pd.DataFrame, rows: int, path: Path) -> Path:
    """Repeat the households under other names until there are enough."""
    typed = typed.rename(columns={"block": "building"})
    names = [name for name in COLUMNS if name in typed]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("底册")
        sheet.write_row(0, 0, [COLUMNS[name] for name in names])
        values = typed[names].fillna("").astype(str).to_numpy().tolist()
        for number in range(rows):
            cells = list(values[number % len(values)])
            lap = number // len(values)
            if lap:
                cells[names.index("head")] += "乙丙丁戊"[lap - 1]
                cells[names.index("identity")] = ""
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(number + 1, column, cell)
    return path


def step(what: str, path: Path, roster: Path) -> None:
    """Run one measured step; called in a process of its own."""
    created = not vault_path(path).exists()
    vault = Vault.create(vault_path(path), PASSPHRASE) if created else Vault.open(vault_path(path), PASSPHRASE)
    with Workspace.open(path) as workspace, vault:
        done = link_roster(workspace, vault) if what == "link" else import_roster(workspace, vault, roster)
    figures = done.as_json()
    print(json.dumps({key: value for key, value in figures.items() if isinstance(value, int)}))


def commands(rows: int, folder: Path) -> None:
    """Measure the command line from the base data to the tables."""
    township = generate_township(seed=5, **LARGE)
    write_township(township, folder / "files")
    roster = write_roster(township.roster, rows, folder / "roster.xlsx")
    base, lists = folder / "files" / "township.gpkg", folder / "files" / "dwellings.xlsx"
    path = str(folder / "township.gpkg")
    dwelling_columns = ("source_id=住房编号", "building=建筑物编号", "entrance=单元", "floor=楼层", "room=室号")
    os.environ["CENSUS_MAP_PASSPHRASE"] = PASSPHRASE
    for command in (
        ["new", path, "--areas", f"{base}:普查区", "--code", "普查区编码", "--name", "普查区名称"],
        ["add", path, "building", f"{base}:房屋", "--map", "source_id=编号"],
        ["add", path, "road", f"{base}:道路"],
        ["add", path, "dwelling", str(lists), *(word for column in dwelling_columns for word in ("--map", column))],
        ["roster", "vault", "init", path],
        ["roster", "import", path, str(roster)],
        ["roster", "link", path],
        ["roster", "unlinked", path, "--xlsx", str(folder / "unlinked.xlsx")],
        ["roster", "lists", path, "--xlsx", str(folder / "lists.xlsx")],
        ["roster", "tables", path, "--xlsx", str(folder / "tables.xlsx")],
        ["roster", "import", path, str(roster)],
    ):
        words = " ".join(word for word in command if word in VERBS)
        figures, output = run_measured([sys.executable, "-m", "census_map.cli", *command])
        last = (output.strip() or "-").splitlines()[-1]
        print(
            f"{words:18s} {figures['wall_s']:7.1f} s {figures['cpu_s']:7.1f} s CPU {figures['peak_mb']:5d} MB  {last}"
        )


def measured(*arguments: str) -> dict[str, object]:
    """Run a step and give time and peak memory."""
    figures, output = run_measured([sys.executable, __file__, *arguments])
    return {"step": arguments[1], **figures, **json.loads(output.splitlines()[-1])}


def run_measured(command: list[str]) -> tuple[dict[str, float], str]:
    """Run a program and give time and peak memory, and what it printed; one error of its own is no failure here."""
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *command], check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "wall_s": round(time.perf_counter() - start, 1),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "peak_mb": int(done.stderr.split()[-1]) // 1024,
    }
    return figures, done.stdout


def write_lists(rows: int, folder: Path) -> tuple[Path, Path]:
    """Two lists of invented people: a tenth of each is not on the other, every seventh has no identity number there."""
    first, second = folder / "first.csv", folder / "second.csv"
    with first.open("w", encoding="utf-8") as left, second.open("w", encoding="utf-8") as right:
        left.write("姓名,身份证号,联系电话,住址\n")
        right.write("姓名,公民身份号码,手机,地址\n")
        for number in range(rows):
            person = invented_person(number)
            other = person if number % 10 else invented_person(number + rows)
            left.write(",".join(person) + "\n")
            right.write(",".join(other if number % 7 else (other[0], "", *other[2:])) + "\n")
    return first, second


def invented_person(number: int) -> tuple[str, str, str, str]:
    """Make up name, identity number, phone and address."""
    name = "".join(chr(0x4E00 + number // step % 900) for step in (1, 7, 61))
    first = f"320999{1930 + number % 90}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    place = f"东方花园{number % 300}号楼{number % 5 + 1}单元{number % 33 + 1}0{number % 4 + 1}室"
    return name, first + identity_check_character(first), f"139{number:08d}", place


def compare(rows: int, folder: Path) -> None:
    """Measure the comparison of two lists."""
    print(json.dumps(measured("step", "compare", *map(str, write_lists(rows, folder)))))


def compare_step(left: Path, right: Path) -> None:
    """Compare two lists; called in a process of its own."""
    hasher, profile = passing_hasher(), load_profile("cn-2020")
    found = compare_keys(read_list_keys(left, profile, hasher), read_list_keys(right, profile, hasher))
    print(json.dumps({key: value for key, value in found.as_json().items() if isinstance(value, int)}))


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["quality", "speed", "commands", "compare", "step"])
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--seed", type=int, nargs="*", default=[1, 2, 3, 4, 77])
    parser.add_argument("--rows", type=int)
    chosen = parser.parse_args()
    if chosen.what == "quality":
        quality(chosen.seed)
    elif chosen.rest[:1] == ["compare"]:
        compare_step(Path(chosen.rest[1]), Path(chosen.rest[2]))
    elif chosen.what == "step":
        step(chosen.rest[0], Path(chosen.rest[1]), Path(chosen.rest[2]))
    else:
        with tempfile.TemporaryDirectory() as name:
            if chosen.what == "compare":
                compare(chosen.rows or 1_000_000, Path(name))
            elif chosen.what == "commands":
                commands(chosen.rows or 160_000, Path(name))
            else:
                speed(chosen.rows or 160_000, Path(name))


if __name__ == "__main__":
    main()
