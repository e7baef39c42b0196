"""What stands in a name does not steer the terminal, whatever verb says it; JSON on stdout keeps it exactly."""

import json

import geopandas as gpd
import pytest

from census_map.cli.saying import harmless, harmless_json
from tests.small_township import CRS, rectangle

STEERING = "".join(map(chr, [*range(1, 32), *range(127, 160), 0x61C, 0x200E, 0x200F, 0x2028, 0x2029]))
STEERING += "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NAMES = ["\x1b[2J\x1b]0;owned\x07东村", "西\n! 村\u202egpj", "\x9b31m北村\x85", "a\tb\r\u2066南村"]


def is_plain(text):
    return not set(text) & (set(STEERING) - {"\n"})


@pytest.mark.parametrize("character", STEERING, ids=lambda character: f"U+{ord(character):04X}")
def test_no_character_that_steers_is_printed(character):
    shown = harmless(f"东{character}村")
    assert shown in {"东 村", "东\ufffd村"}
    assert is_plain(shown)


@pytest.mark.parametrize("text", ["东方花园3号楼", "ئۈرۈمچى", "བོད", "می\u200cخواهم", "👨\u200d👩", "𠮷", "a  b"])
def test_what_does_not_steer_stays(text):
    assert harmless(text) == text


def test_json_holds_the_same_values_without_steering():
    said = harmless_json(json.dumps({STEERING: [STEERING, "村"]}, ensure_ascii=False))
    assert is_plain(said)
    assert "村" in said
    assert json.loads(said) == {STEERING: [STEERING, "村"]}


@pytest.fixture
def named(tmp_path):
    """Areas with a fault each, whose codes and names steer; a field is called so as well."""
    path = tmp_path / "areas.geojson"
    shapes = [rectangle(100 * k, 0, 100 * k + 110, 100) for k in range(4)]
    frame = gpd.GeoDataFrame({"code": NAMES, "name": NAMES, "x\x1b[2J\ny": "1", "persons": 9}, geometry=shapes, crs=CRS)
    frame.to_file(path, engine="pyogrio")
    return path


def test_no_verb_prints_a_name_raw(run, named, tmp_path):
    town, out = tmp_path / "town.gpkg", tmp_path / "out.gpkg"
    fields = ("--code", "code", "--name", "name")
    verbs = [
        ("new", town, "--areas", named, "--crs", CRS, *fields),
        ("add", town, "building", named),
        ("split", town, "--target", 20, "--min", 1, "--max", 40),
        ("number", town),
        ("check", town),
        ("repair", town, "--dry-run"),
        ("sign", town, "--level", "self"),
        ("export", town, "--out", tmp_path / "package"),
        ("coverage", "check", named, "--id", "code"),
        ("coverage", "repair", named, "--id", "code", "--out", out),
        ("coverage", "split", named, "--buildings", named, "--target", 20, "--out", tmp_path / "parts.gpkg"),
    ]
    said = {}
    for words in verbs:
        done = run(*words)
        said[words[:2] if words[0] == "coverage" else words[0]] = done
        assert is_plain(done.out + done.err), words
        assert not any(line.startswith("! 村") for line in done.out.splitlines()), words
        assert "That did not work" not in done.err, words
    assert "\ufffd[2J" in said["add"].out
    assert "村" in said["check"].out


def test_json_on_stdout_is_exact_and_does_not_steer(run, named):
    done = run("coverage", "check", named, "--id", "code", "--json", "-")
    assert done.status == 1
    assert is_plain(done.out)
    found = {area for fault in json.loads(done.out)["faults"] for area in fault["areas"]}
    assert found == set(NAMES)
