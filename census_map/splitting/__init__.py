"""
Divide census areas of a workspace.

`plan` holds a division as a value, `propose` makes and changes it, `accept` writes it, `verb` does all at once.
"""

from census_map.splitting.accept import Accepted, accept_plan
from census_map.splitting.inputs import choose_size, chosen_objective, visible_lines, weigh_buildings
from census_map.splitting.plan import Plan, Quality, current_plan, quality_of, reasons
from census_map.splitting.propose import merge_two, propose_plans, rebalance_plan, split_one
from census_map.splitting.verb import SplitReport, split_workspace

__all__ = [
    "Accepted",
    "Plan",
    "Quality",
    "SplitReport",
    "accept_plan",
    "choose_size",
    "chosen_objective",
    "current_plan",
    "merge_two",
    "propose_plans",
    "quality_of",
    "reasons",
    "rebalance_plan",
    "split_one",
    "split_workspace",
    "visible_lines",
    "weigh_buildings",
]
