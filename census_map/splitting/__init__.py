"""Divide census areas of a workspace: proposals to look at, changes of an existing division, and the verb."""

from census_map.splitting.inputs import choose_size, chosen_objective, visible_lines, weigh_buildings
from census_map.splitting.verb import SplitReport, split_workspace

__all__ = [
    "SplitReport",
    "choose_size",
    "chosen_objective",
    "split_workspace",
    "visible_lines",
    "weigh_buildings",
]
