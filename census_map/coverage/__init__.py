"""
Coverages: polygons that leave nothing out and nothing double.

`chain` holds the boundary chain on which every check rests, with its proof; `faults` names what does not cancel;
`live` does so edit by edit; `edits` and `editor` change a coverage so that it stays exact; `repair` mends its faults.
The room knows no census and no file: frames in, frames out.
"""

# ruff: noqa: TC004  the names are loaded at run time, below

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# A check must not wait for the editor to load: a module is loaded when one of its names is first asked for.
_HOMES = {
    "editor": ("Editor",),
    "edits": (
        "attach_part",
        "claim",
        "cut",
        "delete_vertex",
        "insert_vertex",
        "join",
        "move_border",
        "move_vertex",
        "split_part",
        "weigh_points",
    ),
    "faults": ("KINDS", "Fault", "fault_report", "find_faults", "is_exact"),
    "frames": ("Edit",),
    "neighbours": ("adjacency", "shared_borders"),
    "patch": ("RefusedAt",),
    "proposal": ("Proposal", "choose"),
    "repair": ("Repair", "apply_proposals"),
    "weighing": ("propose",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


class _Room(ModuleType):
    """The package as a module whose public names are each loaded when first asked for."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        # Loading the module `cut` must not hide the function `cut`.
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Room
