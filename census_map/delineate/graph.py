"""The graph of atoms: indivisible pieces of a census area and the borders between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from census_map.delineate.doors import Doors
from census_map.delineate.planar import links_between

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


FAR = 100_000
"""What the way between separate pieces of ground costs, units of `Objective`."""


@dataclass(frozen=True)
class Graph:
    """
    Atoms and their neighbours, as the kernel reads them.

    Parameters
    ----------
    mass
        Weight of each atom in whole kernel units (see `weight_scale`).
    room_dm2, rim_cm
        Area of each atom, and how much of its border lies on the border of the census area.
    first, other
        Rows of neighbours: those of atom v are `other[first[v]:first[v + 1]]`.
    length_cm, cost
        Of each shared border: its length, and what it costs (units of `Objective`).
    doors
        Where people live in the atoms, and the ways between them.
    """

    mass: Ints
    room_dm2: Ints
    rim_cm: Ints
    first: Ints
    other: Ints
    length_cm: Ints
    cost: Ints
    doors: Doors

    @classmethod
    def of(
        cls,
        mass: Ints,
        area_m2: Floats,
        rim_m: Floats,
        pairs: Ints,
        length_m: Floats,
        cost: Ints,
        doors: Doors | None = None,
    ) -> "Graph":
        """
        Build from pairs of neighbours.

        Parameters
        ----------
        pairs
            Shape (n, 2), each pair of neighbours once.
        length_m, cost
            Of each pair's shared border.
        doors
            None: walks do not count.
        """
        both = np.concatenate([pairs, pairs[:, ::-1]]) if len(pairs) else np.empty((0, 2), np.int64)
        order = np.lexsort((both[:, 1], both[:, 0]))
        twice = np.concatenate([np.arange(len(pairs))] * 2)[order] if len(pairs) else np.empty(0, np.int64)
        first = np.searchsorted(both[order, 0], np.arange(len(mass) + 1))
        return cls(
            mass.astype(np.int64),
            np.maximum(np.rint(area_m2 * 100), 1).astype(np.int64),
            np.rint(rim_m * 100).astype(np.int64),
            first.astype(np.int64),
            both[order, 1].astype(np.int64),
            np.maximum(np.rint(length_m[twice] * 100), 1).astype(np.int64),
            cost[twice].astype(np.int64),
            Doors.none(len(mass)) if doors is None else doors,
        )

    @classmethod
    def side_by_side(cls, graphs: list["Graph"]) -> "Graph":
        """Put graphs together without any border between them."""
        sizes = np.cumsum([0, *[len(graph) for graph in graphs]])
        edges = np.cumsum([0, *[len(graph.other) for graph in graphs]])
        first = [graph.first[:-1] + start for graph, start in zip(graphs, edges[:-1], strict=True)]
        other = [graph.other + start for graph, start in zip(graphs, sizes[:-1], strict=True)]
        return cls(
            np.concatenate([graph.mass for graph in graphs]), np.concatenate([graph.room_dm2 for graph in graphs]),
            np.concatenate([graph.rim_cm for graph in graphs]), np.concatenate([*first, edges[-1:]]),
            np.concatenate(other), np.concatenate([graph.length_cm for graph in graphs]),
            np.concatenate([graph.cost for graph in graphs]),
            Doors.side_by_side([graph.doors for graph in graphs], FAR),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.mass)

    @property
    def pairs(self) -> Ints:
        """Each pair of neighbours once, the smaller atom first; shape (n, 2)."""
        tail = np.repeat(np.arange(len(self)), np.diff(self.first))
        once = tail < self.other
        return np.column_stack([tail[once], self.other[once]])

    def pieces(self, labels: Ints | None = None) -> Ints:
        """Number the connected pieces of the graph, or of each label's atoms."""
        tail = np.repeat(np.arange(len(self)), np.diff(self.first))
        keep = np.ones(len(tail), bool) if labels is None else labels[tail] == labels[self.other]
        links = links_between(len(self), tail[keep], self.other[keep])
        return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)

    def restricted(self, members: Ints) -> "Graph":
        """Keep some atoms; what bordered on the others becomes outer border."""
        place = np.full(len(self), -1, np.int64)
        place[members] = np.arange(len(members))
        tail = place[np.repeat(np.arange(len(self)), np.diff(self.first))]
        head = place[self.other]
        lost = (tail >= 0) & (head < 0)
        rim = self.rim_cm[members] + np.bincount(tail[lost], self.length_cm[lost], minlength=len(members)).astype(int)
        kept = np.flatnonzero((tail >= 0) & (head >= 0))
        order = kept[np.lexsort((head[kept], tail[kept]))]
        first = np.searchsorted(tail[order], np.arange(len(members) + 1))
        return Graph(
            self.mass[members], self.room_dm2[members], rim, first.astype(np.int64), head[order],
            self.length_cm[order], self.cost[order], self.doors.restricted(members),
        )  # fmt: skip

    def merged(self, labels: Ints) -> "Graph":
        """Melt the atoms of each label (0, 1, …) into one."""
        count = int(labels.max()) + 1 if len(labels) else 0
        tail = labels[np.repeat(np.arange(len(self)), np.diff(self.first))]
        head = labels[self.other]
        once = tail < head
        key = tail[once] * count + head[once]
        unique, where = np.unique(key, return_inverse=True)

        def total(values: Ints) -> Ints:
            return np.bincount(where, values, minlength=len(unique)).astype(np.int64)

        def atoms(values: Ints) -> Ints:
            return np.bincount(labels, values, minlength=count).astype(np.int64)

        pairs = np.column_stack([unique // max(count, 1), unique % max(count, 1)])
        both = np.concatenate([pairs, pairs[:, ::-1]])
        order = np.lexsort((both[:, 1], both[:, 0]))
        twice = np.concatenate([np.arange(len(pairs))] * 2)[order].astype(np.int64)
        first = np.searchsorted(both[order, 0], np.arange(count + 1))
        return Graph(
            atoms(self.mass), atoms(self.room_dm2), atoms(self.rim_cm), first.astype(np.int64),
            both[order, 1].astype(np.int64), total(self.length_cm[once])[twice], total(self.cost[once])[twice],
            self.doors.merged(labels),
        )  # fmt: skip
