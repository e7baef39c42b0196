"""
Addresses of the street: parts that the parser finds, against 300 labelled by hand; beside it jionlp and cpca.

    python -P benchmarks/addresses.py FILE [--peers PYTHON] [--errors PART]

FILE is `company_addresses.txt` of the data beside the project. `labels/company_addresses.csv` holds for 300 of its
lines, drawn at random (seed 300), where each part stands, without the text: line from 1, part, start, end. The labels
were written from the text alone, before the rules were looked at again; lines among them were not read when the rules
were improved. PYTHON is an interpreter that has jionlp and cpca; without it they are reported as absent.

What the labels mean: `district` is of county level, with county-level cities and development zones that stand in its
place; `estate` is any named place below a road or a district (compound, park, tower, market, landmark), `building` a
numbered or lettered building, `zone` a zone or phase of an estate, `number` a door number with its unit. What only
describes (opposite, formerly, 50 metres) has no label. A part is right when kind and place in the text agree exactly.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from census_map.roster.address import parse_address

LABELS = Path(__file__).parent / "labels" / "company_addresses.csv"
PARTS = (
    "province", "city", "district", "town", "village", "group", "road", "lane", "number", "estate", "zone",
    "building", "entrance", "floor", "room",
)  # fmt: skip
KINDS = {"prefecture": "city", "county": "district", "place": "estate"}
PEER_PARTS = ("province", "city", "district", "town")
TOWER = re.compile("(?:大厦|大楼|楼|广场|中心|酒店|宾馆|饭店|公寓|国际|商城|商厦|医院|银行|大酒店|院|馆|座)$")
PEERS = """
import json, sys
texts = json.load(sys.stdin)
found = {}
try:
    import jionlp
    keys = {"province": "province", "city": "city", "district": "county"}
    read = [jionlp.parse_location(text, town_village=True) for text in texts]
    keys = {**keys, "town": "town"}
    found["jionlp"] = [{part: row.get(key) for part, key in keys.items()} for row in read]
except ImportError:
    pass
try:
    import cpca
    frame = cpca.transform(texts)
    rows = zip(*(frame[name] for name in ("省", "市", "区")))
    found["cpca"] = [dict(zip(("province", "city", "district"), row)) for row in rows]
except ImportError:
    pass
print(json.dumps(found))
"""


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--peers", help="a Python that has jionlp and cpca")
    parser.add_argument("--errors", help="print the lines where this part is wrong")
    chosen = parser.parse_args()
    lines = chosen.file.read_text(encoding="utf-8").split("\n")
    count_located(lines)
    labels = read_labels()
    score(lines, labels, chosen.errors)
    compare_peers(lines, labels, chosen.peers)


def read_labels() -> dict[int, set[tuple[str, int, int]]]:
    """Read the labels: for each line its parts with their places."""
    labels: dict[int, set[tuple[str, int, int]]] = defaultdict(set)
    with LABELS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            labels[int(row["line"])].add((row["part"], int(row["start"]), int(row["end"])))
    return dict(labels)


def parsed(text: str) -> set[tuple[str, int, int]]:
    """Give the parts that the parser finds, in the words of the labels."""
    return {
        (KINDS.get(part.kind, part.kind), part.start, part.end)
        for part in parse_address(text).parts
        if part.kind != "note"
    }


def count_located(lines: list[str]) -> None:
    """Count the addresses that say where a building stands."""
    texts = [line for line in lines if line.strip()]
    start = time.process_time()
    for text in texts:
        parse_address(text)
    took = time.process_time() - start
    print(f"{len(texts)} addresses, {took / len(texts) * 1e6:.0f} µs each, one by one")
    print_located("all", [(text, parsed(text)) for text in texts])


def located(text: str, parts: set[tuple[str, int, int]]) -> dict[str, bool]:
    """Tell whether an address says road and number, or a building, in three senses of the word."""
    kinds = {part for part, _start, _end in parts}
    numbered = {"road", "number"} <= kinds or "building" in kinds
    towers = any(TOWER.search(text[start:end]) for part, start, end in parts if part == "estate")
    return {"numbered": numbered, "named": numbered or towers, "place": numbered or "estate" in kinds}


def print_located(name: str, addresses: list[tuple[str, set[tuple[str, int, int]]]]) -> None:
    """Print how many addresses say where a building stands."""
    counts = Counter()
    for text, parts in addresses:
        counts.update(located(text, parts))
    share = {key: count / len(addresses) for key, count in counts.items()}
    print(
        f"  {name:8s} road and number or a numbered building {share['numbered']:.3f}; or a building by its name "
        f"{share['named']:.3f}; or any named place {share['place']:.3f}"
    )


def score(lines: list[str], labels: dict[int, set[tuple[str, int, int]]], errors: str | None) -> None:
    """Print precision and recall of each part, and how much the labels themselves say."""
    right, found, true = Counter(), Counter(), Counter()
    for line, truth in labels.items():
        text = lines[line - 1]
        parts = parsed(text)
        for counts, spans in ((right, parts & truth), (found, parts), (true, truth)):
            counts.update(part for part, _start, _end in spans)
        if errors and {p for p in parts if p[0] == errors} != {p for p in truth if p[0] == errors}:
            print(line, text, [text[a:b] for p, a, b in sorted(parts, key=lambda p: p[1]) if p == errors])
    print(f"{len(labels)} labelled by hand, {sum(true.values())} parts")
    print(f"  {'part':10s} {'labels':>6s} {'precision':>9s} {'recall':>7s}")
    for part in (*PARTS, None):
        ours = [sum(c.values()) if part is None else c[part] for c in (right, found, true)]
        print(f"  {part or 'all':10s} {ours[2]:6d} {ours[0] / max(ours[1], 1):9.3f} {ours[0] / max(ours[2], 1):7.3f}")
    texts = {line: lines[line - 1] for line in labels}
    print_located("labels", [(texts[line], truth) for line, truth in labels.items()])
    print_located("parser", [(text, parsed(text)) for text in texts.values()])
    print_held({texts[line]: truth for line, truth in labels.items()})


def print_held(truths: dict[str, set[tuple[str, int, int]]]) -> None:
    """Print in how many of the addresses that hold such parts the parser finds them, and exactly as they stand."""
    for sense in ("numbered", "named", "place"):
        held = {text: truth for text, truth in truths.items() if located(text, truth)[sense]}
        some = sum(located(text, parsed(text))[sense] for text in held)
        exact = sum(located(text, parsed(text) & truth)[sense] for text, truth in held.items())
        print(
            f"  {sense:8s} held by {len(held)} of the labelled, found in {some / len(held):.3f} of them, "
            f"with kind and place exactly right in {exact / len(held):.3f}"
        )


def compare_peers(lines: list[str], labels: dict[int, set[tuple[str, int, int]]], python: str | None) -> None:
    """Compare names of province to town with what jionlp and cpca give, which complete and normalise them."""
    texts = [lines[line - 1] for line in labels]
    truths = [
        {part: text[start:end] for part, start, end in sorted(truth, reverse=True, key=lambda p: p[1])}
        for text, truth in zip(texts, labels.values(), strict=True)
    ]
    answers = {"this parser": [{p: text[a:b] for p, a, b in parsed(text)} for text in texts]}
    if python:
        done = subprocess.run(
            [python, "-c", PEERS], input=json.dumps(texts), capture_output=True, text=True, check=True
        )
        answers |= json.loads(done.stdout.splitlines()[-1])
    print("names of province to town; a name is right when it begins with the labelled one or the other way round;")
    print("wrong: another name where the text says one; added: completed from a gazetteer where the text says none")
    for peer in ("this parser", "jionlp", "cpca"):
        if peer not in answers:
            print(f"  {peer}: absent (give --peers a Python that has it)")
            continue
        for part in PEER_PARTS:
            pairs = zip(truths, answers[peer], strict=True)
            counts = Counter(verdict(truth.get(part), got.get(part)) for truth, got in pairs)
            said = counts["right"] + counts["wrong"] + counts["missed"]
            shares = "  ".join(f"{word} {counts[word] / max(said, 1):.3f}" for word in ("right", "wrong", "missed"))
            print(f"  {peer:12s} {part:9s} {shares}  of {said}; added {counts['added']}")


def verdict(truth: str | None, got: str | None) -> str:
    """Judge one name."""
    if not truth:
        return "added" if isinstance(got, str) and got else "none"
    if not isinstance(got, str) or not got:
        return "missed"
    left, right = truth[:2], got[:2]
    return "right" if left == right else "wrong"


if __name__ == "__main__":
    sys.exit(main())
