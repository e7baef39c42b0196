"""
The ways between the doors of a census area: what an enumerator walks.

The walk of a part is the shortest tree that ties its doors together (minimum spanning tree): every tour of them is at
least as long and at most twice as long. Lengths are whole units of `Objective`, so that the search reckons with them
exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BATCH = 1 << 22
"""Entries of a table of trees that are worked on at once."""


@dataclass(frozen=True)
class Doors:
    """
    The doors of a graph's atoms.

    Parameters
    ----------
    number
        For each atom its row in `ways`; -1 where nobody lives.
    ways
        Shape (doors, doors): what the way between two doors costs, units of `Objective`.
    """

    number: Ints
    ways: Ints

    @classmethod
    def none(cls, atoms: int) -> "Doors":
        """Say that walks do not count."""
        return cls(np.full(atoms, -1, np.int64), np.zeros((0, 0), np.int64))

    @classmethod
    def of_atoms(cls, ways: Ints, atom: Ints, atoms: int) -> "Doors":
        """
        Lay doors out by the atoms in which they are; an atom is as near as its nearest door.

        Parameters
        ----------
        ways
            Shape (doors, doors).
        atom
            The atom of each door.
        atoms
            How many atoms there are.
        """
        lived, place = np.unique(atom, return_inverse=True)
        number = np.full(atoms, -1, np.int64)
        number[lived] = np.arange(len(lived))
        return cls(number, cls(np.arange(len(atom)), ways).merged(place.astype(np.int64)).ways)

    @classmethod
    def side_by_side(cls, groups: list["Doors"], far: int) -> "Doors":
        """Put doors of several pieces together, `far` from each other."""
        starts = np.cumsum([0, *[len(doors.ways) for doors in groups]])
        ways = np.full((starts[-1], starts[-1]), far, np.int64)
        number = []
        for doors, start in zip(groups, starts[:-1], strict=True):
            stop = start + len(doors.ways)
            ways[start:stop, start:stop] = doors.ways
            number.append(np.where(doors.number >= 0, doors.number + start, -1))
        return cls(np.concatenate(number), ways)

    def nearness(self, a: Ints, b: Ints) -> Floats:
        """Say how near pairs of atoms are to each other: 1 at once, 0.5 for their median way, 0 without doors."""
        one, two = self.number[a], self.number[b]
        both = (one >= 0) & (two >= 0)
        near = np.zeros(len(a))
        if both.any():
            ways = self.ways[one[both], two[both]]
            near[both] = 1 / (1 + ways / max(float(np.median(ways)), 1.0))
        return near

    def restricted(self, members: Ints) -> "Doors":
        """Keep the doors of some atoms."""
        number = self.number[members]
        kept = number[number >= 0]
        fresh = np.full(len(number), -1, np.int64)
        fresh[number >= 0] = np.arange(len(kept))
        return Doors(fresh, self.ways[np.ix_(kept, kept)])

    def merged(self, labels: Ints) -> "Doors":
        """Melt the atoms of each label (0, 1, …) into one: as near to another as their nearest doors."""
        count = int(labels.max()) + 1 if len(labels) else 0
        atoms = np.flatnonzero(self.number >= 0)
        groups, place = np.unique(labels[atoms], return_inverse=True)
        number = np.full(count, -1, np.int64)
        number[groups] = np.arange(len(groups))
        rows = self.ways[self.number[atoms]][:, self.number[atoms]]
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(len(groups)))
        if not len(groups):
            return Doors(number, np.zeros((0, 0), np.int64))
        ways = np.minimum.reduceat(np.minimum.reduceat(rows[np.ix_(order, order)], starts, axis=0), starts, axis=1)
        np.fill_diagonal(ways, 0)
        return Doors(number, ways)

    def walks(self, members: NDArray[np.bool_]) -> Ints:
        """
        Measure the trees of sets of atoms.

        Parameters
        ----------
        members
            Shape (sets, atoms).

        Returns
        -------
        walks
            One for each set, units of `Objective`.
        """
        out = np.zeros(len(members), np.int64)
        atoms = np.flatnonzero(self.number >= 0)
        if not len(atoms):
            return out
        held = members[:, atoms]
        rows = self.number[atoms]
        count = held.sum(axis=1)
        for size in np.unique(count[count > 1]).tolist():
            sets = np.flatnonzero(count == size)
            for some in np.array_split(sets, max(len(sets) * size // BATCH, 1)):
                doors = rows[np.nonzero(held[some])[1]].reshape(len(some), size)
                out[some] = self._trees(doors)
        return out

    def _trees(self, doors: Ints) -> Ints:
        """Grow the trees of many sets of equally many doors at once (Prim)."""
        sets, size = doors.shape
        every = np.arange(sets)
        far = np.iinfo(np.int64).max
        near = self.ways[doors[:, :1], doors]
        near[:, 0] = far
        total = np.zeros(sets, np.int64)
        done = np.zeros((sets, size), bool)
        done[:, 0] = True
        for _step in range(size - 1):
            nearest = np.argmin(near, axis=1)
            total += near[every, nearest]
            done[every, nearest] = True
            near = np.minimum(near, self.ways[doors[every, nearest][:, None], doors])
            near[done] = far
        return total
