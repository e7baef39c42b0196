"""
Run long random sequences of edits and prove the coverage after them.

    python benchmarks/long_edit_run.py --sequences 20000 --edits 200 --first-seed 0

Every sequence: a random coverage of one to three containers, with or without a coordinate grid; then random cuts,
joins, moved borders, moved, deleted and inserted corners, claims, new areas, parts split off and attached. Checked
every 25 edits and at the end: the boundary chain of all polygons is zero, all are valid, the number of persons is the
same; then everything is undone and the coverage must be the first one, bit for bit. Stops at the first failure with
its seed. Prints a line every 100 sequences, so that it can be stopped at any time.
"""

import argparse
import collections
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.coverage.random_edits import GRID, KINDS, ODDS, attempt, random_coverage, residue_of, same_frames


def run(seed, edits, counts):
    """Run one sequence and check it."""
    rng = np.random.default_rng(seed)
    editor = random_coverage(rng, 12, containers=1 + seed % 3, grid=GRID if seed % 2 else None)
    areas, containers = editor.areas, editor.containers
    persons = areas["persons"].sum()
    for step in range(1, edits + 1):
        kind = KINDS[rng.choice(len(KINDS), p=ODDS)]
        counts[kind, attempt(editor, rng, kind)] += 1
        if step % 25 == 0 or step == edits:
            residue, valid = residue_of(editor)
            assert residue == 0, f"seed {seed}, edit {step}: {residue} edges left over"
            assert valid, f"seed {seed}, edit {step}: invalid polygon"
            assert editor.areas["persons"].sum() == persons, f"seed {seed}, edit {step}: persons"
    while editor.undo():
        pass
    assert same_frames(editor.areas, areas), f"seed {seed}: undo"
    assert same_frames(editor.containers, containers), f"seed {seed}: undo"


def main():
    """Read the options and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequences", type=int, default=20000)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    counts = collections.Counter()
    start = time.process_time()
    for k in range(options.sequences):
        run(options.first_seed + k, options.edits, counts)
        if (k + 1) % 100 == 0 or k + 1 == options.sequences:
            done = {kind: f"{counts[kind, True]}+{counts[kind, False]} refused" for kind in KINDS}
            print(f"{k + 1} sequences, {time.process_time() - start:.0f} s: {done}", flush=True)


if __name__ == "__main__":
    main()
