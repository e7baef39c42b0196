"""
Divide a census area into mini-areas: balanced, contiguous, along what can be seen, with a proof of how good it is.

Atoms (`atoms`) are what stays whole; their graph (`graph`) is divided (`partition`); the borders between the parts are
straightened (`straighten`) and drawn exactly (`redraw`); `proof` says what was achieved and what forces it.
"""

from census_map.delineate.basis import counting_areas
from census_map.delineate.objective import WISHES, Objective, Window
from census_map.delineate.partition import Effort
from census_map.delineate.plans import Rebalance, alternatives, merge_parts, rebalance, split_part
from census_map.delineate.proof import summarise
from census_map.delineate.regions import Regions, regionalise
from census_map.delineate.result import Split, SplitResult
from census_map.delineate.split import split_area, split_areas

__all__ = [
    "WISHES",
    "Effort",
    "Objective",
    "Rebalance",
    "Regions",
    "Split",
    "SplitResult",
    "Window",
    "alternatives",
    "counting_areas",
    "merge_parts",
    "rebalance",
    "regionalise",
    "split_area",
    "split_areas",
    "split_part",
    "summarise",
]
