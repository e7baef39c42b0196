"""
Coverages: polygons that leave nothing out and nothing double.

`chain` holds the boundary chain on which every check rests, with its proof; `faults` names what does not cancel;
`live` does so edit by edit; `edits` and `editor` change a coverage so that it stays exact; `repair` mends its faults.
The room knows no census and no file: frames in, frames out.
"""

from census_map.coverage.editor import Editor
from census_map.coverage.edits import (
    attach_part,
    claim,
    cut,
    delete_vertex,
    insert_vertex,
    join,
    move_border,
    move_vertex,
    split_part,
    weigh_points,
)
from census_map.coverage.faults import KINDS, Fault, fault_report, find_faults, is_exact
from census_map.coverage.frames import Edit
from census_map.coverage.neighbours import adjacency, shared_borders
from census_map.coverage.patch import RefusedAt
from census_map.coverage.proposal import Proposal, choose
from census_map.coverage.repair import Repair, apply_proposals
from census_map.coverage.weighing import propose

__all__ = [
    "KINDS",
    "Edit",
    "Editor",
    "Fault",
    "Proposal",
    "RefusedAt",
    "Repair",
    "adjacency",
    "apply_proposals",
    "attach_part",
    "choose",
    "claim",
    "cut",
    "delete_vertex",
    "fault_report",
    "find_faults",
    "insert_vertex",
    "is_exact",
    "join",
    "move_border",
    "move_vertex",
    "propose",
    "shared_borders",
    "split_part",
    "weigh_points",
]
