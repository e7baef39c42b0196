"""Hundreds of spellings of addresses, on a map made to mislead and on the sample township."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from benchmarks.spelling_kinds import lines
from benchmarks.spellings import Judge, hostile_map, sample_map, text
from census_map.workspace import Workspace

MATRIX = Path(__file__).parents[3] / "shared" / "cases" / "roster" / "address_matrix.csv"


def test_every_kind_of_spelling_leads_to_its_place_and_none_to_another(tmp_path):
    path, sites = hostile_map(tmp_path)
    judge = Judge(path)
    tally = Counter((line.expected, judge.verdict(line)) for line in lines(sites, seed=3, each=1))
    one = {verdict: tally["dwelling", verdict] + tally["building", verdict] for _expected, verdict in tally}
    assert one["right"] >= 0.97 * sum(one.values())
    assert one.get("wrong", 0) == 0
    assert not [key for key in tally if key[1] == "linked though open"]
    asked = sum(count for (expected, _verdict), count in tally.items() if expected == "ask")
    assert tally["ask", "asked, right first"] >= 0.95 * asked


@pytest.mark.skipif(not MATRIX.is_file(), reason="the shared cases are not beside the project")
def test_spellings_of_the_sample_township_mean_what_they_say(tmp_path):
    path, _sites = sample_map(tmp_path)
    judge, units = Judge(path), dwellings_of(path)
    with MATRIX.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["census_area"] in judge.areas]
    verdicts: Counter[tuple[bool, bool, bool]] = Counter()
    for row in rows:
        here = units.get((row["building"], "", ""))
        if here is None:
            continue  # the sample is another one than when the spellings were written
        entrance, _slash, room = row["unit"].partition("/")
        meant = {unit for _building, unit in units.get((row["building"], entrance, room), here)}
        link = judge.linker.link(judge.reader.read(row["address"]), judge.areas[row["census_area"]], demolished=False)
        one_reading = row["expected"] in ("D", "D1", "B")
        right = link.building == here[0][0] and (link.dwelling is None or row["expected"] != "B")
        right = right and (link.dwelling in meant or row["expected"] == "B")
        verdicts[one_reading, link.state == "linked", right] += 1
    assert verdicts[True, True, True] > 100
    assert verdicts[True, True, True] >= 0.97 * sum(count for (one, *_rest), count in verdicts.items() if one)
    assert verdicts[True, True, False] == 0
    assert not [key for key in verdicts if key[:2] == (False, True)]


def dwellings_of(path: Path) -> dict[tuple[str, str, str], list[tuple[str, str]]]:
    """Building and dwelling by (name and address of the building, entrance, room), and by building alone."""
    with Workspace.open(path) as workspace:
        buildings = workspace.read("building", columns=["name", "address"])
        dwellings = workspace.read("dwelling", columns=["building_uid", "entrance", "room"])
    keys = {
        uid: "|".join(filter(None, (text(name), text(address))))
        for uid, name, address in zip(buildings.index, buildings["name"], buildings["address"], strict=True)
    }
    found = defaultdict(list)
    for uid, building, entrance, room in zip(
        dwellings.index, dwellings["building_uid"], dwellings["entrance"], dwellings["room"], strict=True
    ):
        found[keys[building], text(entrance), text(room)].append((building, uid))
        found[keys[building], "", ""].append((building, uid))
    return found
