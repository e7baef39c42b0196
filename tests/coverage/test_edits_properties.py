"""Random sequences of edits on random coverages."""

import numpy as np
import pytest

from census_map.coverage import is_exact
from tests.coverage.random_edits import (
    GRID,
    keep_their_attributes,
    persons_of,
    random_coverage,
    random_edit,
    residue_of,
    same_frames,
)


@pytest.mark.parametrize("seed", range(6))
def test_two_hundred_random_edits_leave_the_chain_at_zero_and_can_all_be_undone(seed):
    rng = np.random.default_rng(seed)
    editor = random_coverage(rng, 12, containers=1 + seed % 3, grid=GRID if seed % 2 else None)
    areas, containers = editor.areas, editor.containers
    done = 0
    for step in range(1, 1001):
        kind, accepted = random_edit(editor, rng)
        done += accepted and kind != "undo"
        if step % 50 == 0:
            assert residue_of(editor) == (0, True)
            assert persons_of(editor) == areas["persons"].sum()
        if done >= 200:
            break
    assert done >= 200
    assert is_exact(editor.areas, editor.containers)
    assert editor.areas["persons"].sum() == areas["persons"].sum()
    assert keep_their_attributes(editor.areas, editor.containers)
    while editor.undo():
        pass
    assert same_frames(editor.areas, areas)
    assert same_frames(editor.containers, containers)
