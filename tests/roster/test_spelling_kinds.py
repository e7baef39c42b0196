"""Hundreds of spellings of addresses, on a map made to mislead and on one of the places that were tried."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.spelling_kinds import lines
from benchmarks.spellings import Judge, Site, hostile_map, units, written

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
def test_the_spellings_that_were_tried_on_the_program_mean_what_they_say(tmp_path):
    with MATRIX.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    path, sites = written(tmp_path / "matrix.gpkg", sorted({row["census_area"] for row in rows}), houses_of(rows))
    judge = Judge(path)
    there = {(address_of(site), site.entrance, site.room): site for site in sites}
    there |= {(address_of(site), "", ""): site for site in sites}
    verdicts: Counter[tuple[bool, bool, bool]] = Counter()
    for row in rows:
        entrance, _slash, room = row["unit"].partition("/")
        site = there.get((row["building"].rpartition("|")[2], entrance, room))
        site = site or there[row["building"].rpartition("|")[2], "", ""]
        link = judge.linker.link(judge.reader.read(row["address"]), judge.areas[row["census_area"]], demolished=False)
        # Where the file names no room, a dwelling of the building is meant, whichever it is.
        right = link.building == site.building and (link.dwelling is None) == (row["expected"] == "B")
        right = right and (link.dwelling == site.dwelling or not room or row["expected"] == "B")
        if "name-not-given" in link.reasons:
            continue  # open where the census area has other estates; here it has none
        verdicts[row["expected"] in ("D", "D1", "B"), link.state == "linked", right] += 1
    assert verdicts[True, True, True] >= 0.97 * sum(count for (one, *_rest), count in verdicts.items() if one)
    assert verdicts[True, True, False] == 0
    assert not [key for key in verdicts if key[:2] == (False, True)]


def address_of(site: Site) -> str:
    """Write the address of a building as the file does, without the name of the estate."""
    if site.kind == "estate":
        return f"{site.road}{site.door}号{site.block}幢"
    if site.kind == "court":
        return f"{site.road}{site.door}号院{site.block}号楼"
    if site.kind == "village":
        return f"{site.name}村{site.group}组{site.door}号"
    return f"{site.road}{site.lane + '弄' if site.lane else ''}{site.door}号"


def houses_of(rows: list[dict[str, str]]) -> list[tuple[str, str, list[tuple[str | None, int, str]]]]:
    """The buildings that the file names, with dwellings as the sample township had them."""
    low, three = units((None,), 5), units(("1", "2", "3"), 6)
    dwellings = {"E": three, "C": units(("1", "2"), 18), "L": low, "V": [(None, 1, "1")]}
    houses = {}
    for row in rows:
        name, _bar, address = row["building"].rpartition("|")
        block = re.search(r"\d+幢$", address)
        whole = address.removesuffix(block[0]) + name if block else address
        houses[row["census_area"], whole] = dwellings[row["class"]]
    return [(area, address, found) for (area, address), found in houses.items()]
