"""
Coverages: polygons that leave nothing out and nothing double.

`edges` holds the boundary chain on which every check rests, with its proof; `faults` names what does not cancel;
`live` does so edit by edit. The room knows no census and no file: frames in, frames out.
"""

from census_map.coverage.edges import adjacency, shared_borders
from census_map.coverage.faults import KINDS, Fault, fault_report, find_faults, is_exact

__all__ = ["KINDS", "Fault", "adjacency", "fault_report", "find_faults", "is_exact", "shared_borders"]
