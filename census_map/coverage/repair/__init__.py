"""
Repair of a coverage in any condition: all chosen faults at once, in one drawing, proved at the end.

`neighbourhood` draws the ground around the faults, `shares` decides who gets each piece of it, `redraw` rebuilds the
rings (`rings` puts them together), `apply` does so with proposals that were chosen and proves the result. Nothing is
repaired unasked: `census_map.coverage.weighing` proposes, `census_map.coverage.proposal` chooses.
"""

from census_map.coverage.repair.apply import Repair, apply_proposals

__all__ = ["Repair", "apply_proposals"]
