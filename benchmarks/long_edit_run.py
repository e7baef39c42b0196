"""
Run long random sequences of edits and prove the coverage after them.

    python benchmarks/long_edit_run.py --sequences 20000 --edits 200 --first-seed 0 --journal run.txt

Every sequence: a random coverage of one to three containers, with or without a coordinate grid; then random cuts (also
by lines too short), joins, moved borders, moved, deleted and inserted corners, claims, new areas, parts split off and
attached, faults given to an owner, and some edits undone and done again, until 200 edits have been done (refused
attempts, undoing and redoing do not count).

What is proved, and when. Every edit proves itself: the boundary chain of what it changes is zero
(`census_map.coverage.proof`); as the chain is additive, so is that of the whole. Independently of that proof, by exact
comparison of coordinates: after every 20th edit on average (at random), and after every fault given to an owner, the
chain of all polygons and containers together is zero, all polygons are valid and the number of persons is what it was.
At the end of a sequence the same, and `is_exact`; labels are unique; every area has the name that all areas of its
container began with. Whatever was undone and redone gives the same polygon objects; at last everything is undone, and
frames and containers must be those of the beginning, bit for bit.

A failure stops the run with its seed; `--journal` names a file that always says how far the run is.
"""

import argparse
import collections
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from census_map.coverage import is_exact
from tests.coverage.random_edits import (
    GRID,
    KINDS,
    keep_their_attributes,
    persons_of,
    random_coverage,
    random_edit,
    residue_of,
    same_frames,
)

LOOK = 0.05  # share of the edits after which everything is looked at


def look(editor, persons, place):
    """Prove the whole coverage from its polygons."""
    residue, valid = residue_of(editor)
    assert residue == 0, f"{place}: {residue} edges left over"
    assert valid, f"{place}: invalid polygon"
    assert persons_of(editor) == persons, f"{place}: persons"


def run(seed, edits, counts):
    """Run one sequence and check it."""
    rng = np.random.default_rng(seed)
    editor = random_coverage(rng, 12, containers=1 + seed % 3, grid=GRID if seed % 2 else None)
    areas, containers = editor.areas, editor.containers
    persons = int(areas["persons"].sum())
    done = 0
    while done < edits:
        kind, accepted = random_edit(editor, rng)
        counts[kind, accepted] += 1
        done += accepted and kind != "undo"
        if rng.random() < LOOK or kind == "owner":
            look(editor, persons, f"seed {seed}, after {done} edits, {kind}")
    look(editor, persons, f"seed {seed}, end")
    after, around = editor.areas, editor.containers
    assert is_exact(after, around), f"seed {seed}: not exact"
    assert after["persons"].sum() == persons, f"seed {seed}: persons"
    assert after.index.is_unique, f"seed {seed}: labels"
    assert keep_their_attributes(after, around), f"seed {seed}: attributes"
    while editor.undo():
        pass
    assert same_frames(editor.areas, areas), f"seed {seed}: undo"
    assert same_frames(editor.containers, containers), f"seed {seed}: undo"
    return done


def main():
    """Read the options and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequences", type=int, default=20000)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--journal", type=Path)
    options = parser.parse_args()
    counts = collections.Counter()
    begin, done = time.process_time(), 0
    for k in range(options.sequences):
        seed = options.first_seed + k
        passed = False
        try:
            done += run(seed, options.edits, counts)
            passed = True
        finally:
            if not passed:
                say(options.journal, f"STOPPED at seed {seed} after {k} sequences, {done} edits")
        if (k + 1) % 20 == 0 or k + 1 == options.sequences:
            kinds = ", ".join(f"{kind} {counts[kind, True]} (+{counts[kind, False]} refused)" for kind in KINDS)
            say(
                options.journal,
                f"{k + 1} sequences from seed {options.first_seed}, {done} edits, no failure, "
                f"{time.process_time() - begin:.0f} s of processor time: {kinds}",
            )


def say(journal, text):
    """Print, and write into the journal."""
    print(text, flush=True)
    if journal:
        journal.write_text(text + "\n")


if __name__ == "__main__":
    main()
