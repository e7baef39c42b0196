"""
Cut a census area into atoms: pieces that a mini-area takes or leaves as a whole.

Lines cut the area into blocks. Each structure (buildings that overlap, as one) belongs to the block that holds most of
it; inside a block the border between two structures runs midway. A footprint that a line or a midway border would cut
goes whole to one side: the border steps around it. All lines are noded on a grid of 1 mm, so every border is the very
same edges for both its sides (`planar`).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, shortest_path
from scipy.spatial import Delaunay, cKDTree

from census_map.delineate.planar import (
    OUTSIDE,
    Bools,
    Drawing,
    Floats,
    Ints,
    draw_faces,
    intersect,
    links_between,
    node_lines,
)

STEP = 1e-3
"""Grid of the drawing, metres."""
SPACING = 3.0
"""Distance of the points on a footprint's outline between which the midway borders run, metres."""
FLATTEN = 0.25
"""Kinks smaller than this are left out of the midway borders, metres."""
OVERLAP = 0.01
"""Common ground from which two footprints are one structure, square metres."""
ISLAND_AREA, ISLAND_WIDTH = 400.0, 6.0
"""Empty land below this size or width belongs to a neighbour at once (traffic islands, slivers beside a line)."""

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Lines:
    """
    Lines to follow, in metres.

    Parameters
    ----------
    visible
        How visible each is: 0 not, 1 a main road.
    barrier
        Which cannot be crossed on foot, but where a street does: rivers, railways, motorways, walls.
    """

    shapes: Shapes
    visible: Floats
    barrier: Bools

    def near(self, tree: shapely.STRtree, place: shapely.Geometry, origin: Floats) -> "Lines":
        """Give the lines that meet a place, relative to an origin."""
        beside = np.unique(tree.query(place, predicate="intersects"))
        moved = shapely.transform(self.shapes[beside], lambda xy: xy - origin)
        return Lines(moved, self.visible[beside], self.barrier[beside])


@dataclass(frozen=True)
class Cells:
    """
    The atoms of one connected piece of a census area.

    Parameters
    ----------
    drawing
        Edges between the atoms and on the area's border; faces are atoms.
    weight, area
        Of each atom: the caller's unit, square metres.
    structures
        For each atom, the numbers of its structures.
    spot
        A point inside each atom.
    visible
        Of each edge: the visibility of the line it runs along, 0 where none.
    """

    drawing: Drawing
    weight: Floats
    area: Floats
    structures: tuple[tuple[int, ...], ...]
    spot: Floats
    visible: Floats


def dissolve_structures(footprints: Shapes) -> tuple[Ints, Shapes]:
    """
    Join footprints that overlap into structures, which no border may cut.

    Parameters
    ----------
    footprints
        Valid polygons, metres.

    Returns
    -------
    structure, shapes
        For each footprint the number of its structure, and the structures' shapes.
    """
    count = len(footprints)
    a, b = shapely.STRtree(footprints).query(footprints, predicate="intersects")
    once = a < b
    a, b = a[once], b[once]
    common = shapely.area(intersect(footprints[a], footprints[b])) > OVERLAP
    links = links_between(count, a[common], b[common])
    number, structure = connected_components(links, directed=False)
    shapes = np.empty(number, object)
    order = np.argsort(structure, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(structure[order])) + 1) if count else []:
        own = footprints[members]
        shapes[structure[members[0]]] = own[0] if len(own) == 1 else shapely.union_all(own)
    return structure.astype(np.int64), shapes


def cut_cells(
    piece: shapely.Polygon, structures: Shapes, weights: Floats, lines: Lines, *, step: float = STEP
) -> Cells:
    """
    Cut one connected piece of a census area into atoms.

    Parameters
    ----------
    piece
        Valid polygon, local metres, coordinates on the grid.
    structures
        The structures that share ground with it.
    weights
        Of each structure: what lives in it and counts here.
    lines
        The lines near it.
    step
        Grid of the drawing, metres.
    """
    followed = extend_dead_ends(piece, lines)
    base = node_lines([piece.boundary, *followed], step)
    blocks = _faces(base, piece)
    home = _home_blocks(blocks, structures)
    ridges, samples, sample_owner = _midways(blocks, structures, home)
    # The ridges end on the blocks' own outlines, which noding has moved off the lines by up to a grid step.
    outlines = [*shapely.boundary(blocks), *_crossed_outlines(structures, [*followed, *ridges])]
    faces = _faces(node_lines([*outlines, *ridges], step), piece)
    owner, block, inside = _face_owners(faces, blocks, structures, home, samples, sample_owner)
    drawing = draw_faces(faces, step)
    label = _connected_labels(drawing, shapely.area(faces), owner, block, len(structures))
    label = _whole_structures(drawing, label, np.where(inside, owner, -1))
    drawing, _kept = drawing.relabelled(label)
    count = int(label.max()) + 1
    held: list[tuple[int, ...]] = [()] * count
    weight = np.zeros(count)
    for structure, face in enumerate(_seats(faces, structures, owner).tolist()):
        atom = label[face]
        held[atom] = (*held[atom], structure)
        weight[atom] += weights[structure]
    spot = np.zeros((count, 2))
    by_size = np.argsort(shapely.area(faces), kind="stable")  # the largest face is written last
    spot[label[by_size]] = shapely.get_coordinates(shapely.point_on_surface(faces[by_size]))
    return Cells(drawing, weight, drawing.face_areas(count), tuple(held), spot, _visibility(drawing, lines))


def extend_dead_ends(piece: shapely.Polygon, lines: Lines, reach: float = 30.0) -> list[shapely.Geometry]:
    """Clip lines to the piece and lead their loose ends on to the next line or the border when that is near."""
    if not len(lines.shapes):
        return []
    inside = intersect(lines.shapes, piece)
    chains = shapely.get_parts(shapely.line_merge(shapely.union_all(inside)))
    chains = chains[shapely.get_type_id(chains) == 1]
    if not len(chains):
        return []
    ends = np.concatenate([shapely.get_point(chains, 0), shapely.get_point(chains, -1)])
    others = np.concatenate([chains, [piece.boundary]])
    tree = shapely.STRtree(others)
    touching, _ = tree.query(ends, predicate="dwithin", distance=1e-6)
    loose = np.bincount(touching, minlength=len(ends)) == 1
    links: list[shapely.Geometry] = []
    for i in np.flatnonzero(loose):
        own = i % len(chains)
        near = [j for j in tree.query(ends[i], predicate="dwithin", distance=reach) if j != own]
        if near:
            distances = shapely.distance(ends[i], others[near])
            links.append(shapely.shortest_line(ends[i], others[near[int(np.argmin(distances))]]))
    return [*chains, *links]


def _faces(noded: shapely.Geometry, piece: shapely.Polygon) -> Shapes:
    """Give the faces of noded lines that lie inside the piece."""
    faces = shapely.get_parts(shapely.polygonize([noded]))
    shapely.prepare(piece)
    return np.asarray(faces[shapely.contains_properly(piece, shapely.point_on_surface(faces))])


def _home_blocks(blocks: Shapes, structures: Shapes) -> Ints:
    """Give the block that holds most of each structure."""
    home = np.zeros(len(structures), np.int64)
    if not len(structures):
        return home
    s, b = shapely.STRtree(blocks).query(structures, predicate="intersects")
    several = np.bincount(s, minlength=len(structures))[s] > 1
    share = np.ones(len(s))
    share[several] = shapely.area(intersect(structures[s[several]], blocks[b[several]]))
    order = np.lexsort((b, -share, s))
    first = np.concatenate([[True], np.diff(s[order]) > 0])
    home[s[order][first]] = b[order][first]
    return home


def _midways(blocks: Shapes, structures: Shapes, home: Ints) -> tuple[list[shapely.Geometry], Floats, Ints]:
    """Draw the lines midway between the structures of each block; give them and the outline points between which."""
    outlines = shapely.segmentize(structures, SPACING)
    xy, owner = shapely.get_coordinates(outlines, return_index=True)
    key = np.rint(xy / STEP).astype(np.int64) @ np.array([1 << 31, 1])
    _, first = np.unique(key, return_index=True)
    xy, owner = xy[first], owner[first]
    ridges: list[shapely.Geometry] = []
    for b in np.unique(home):
        mine = home[owner] == b
        if np.ptp(owner[mine]) == 0:
            continue
        drawn = _ridges(xy[mine], owner[mine], shapely.bounds(blocks[b]))
        chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.linestrings(drawn))))
        # Fewer vertices make all that follows faster; the outlines are cut in afterwards, so no footprint suffers.
        inside = shapely.get_parts(intersect(shapely.simplify(chains, FLATTEN), blocks[b]))
        ridges.extend(inside[shapely.get_dimensions(inside) == 1])
    return ridges, xy, owner


def _ridges(points: Floats, owner: Ints, bounds: Floats) -> Floats:
    """
    Draw the Voronoi ridges between points of different owners.

    Returns
    -------
    segments
        Shape (n, 2, 2).
    """
    west, south, east, north = bounds
    far = 3 * max(east - west, north - south, 100.0)
    centre = np.array([(west + east) / 2, (south + north) / 2])
    frame = centre + far * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1), (0, 1.5), (0, -1.5), (1.5, 0), (-1.5, 0)])
    triangles = Delaunay(np.concatenate([points, frame]))
    corner = triangles.simplices
    a, b, c = (triangles.points[corner[:, k]] for k in range(3))
    # Circumcentres, from the first corner.
    ab, ac = b - a, c - a
    double = 2 * (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    double = np.where(double == 0, 1e-12, double)
    bb, cc = (ab**2).sum(axis=1), (ac**2).sum(axis=1)
    middle = a + np.column_stack([ac[:, 1] * bb - ab[:, 1] * cc, ab[:, 0] * cc - ac[:, 0] * bb]) / double[:, None]
    who = np.append(owner, np.full(len(frame), -1))
    found = []
    for k in range(3):
        near = triangles.neighbors[:, k]
        one, two = who[corner[:, (k + 1) % 3]], who[corner[:, (k + 2) % 3]]
        here = np.flatnonzero((near > np.arange(len(corner))) & (one != two) & (one >= 0) & (two >= 0))
        found.append(np.stack([middle[here], middle[near[here]]], axis=1))
    segments = np.concatenate(found)
    return np.asarray(segments[(segments[:, 0] != segments[:, 1]).any(axis=1)])


def _crossed_outlines(structures: Shapes, lines: list[shapely.Geometry]) -> list[shapely.Geometry]:
    if not len(structures) or not lines:
        return []
    crossed = np.unique(shapely.STRtree(structures).query(np.array(lines, object), predicate="intersects")[1])
    return list(shapely.boundary(structures[crossed]))


def _face_owners(
    faces: Shapes, blocks: Shapes, structures: Shapes, home: Ints, samples: Floats, sample_owner: Ints
) -> tuple[Ints, Ints, Bools]:
    """
    Give the structure each face belongs to (-1: empty block), its block, and whether it is footprint.

    A face inside a footprint is the footprint's, wherever it lies; other ground is the nearest structure's of its
    block.
    """
    points = shapely.point_on_surface(faces)
    owner = np.full(len(faces), -1, np.int64)
    block = np.zeros(len(faces), np.int64)
    f, b = shapely.STRtree(blocks).query(points, predicate="intersects")
    block[f] = b
    inside = np.zeros(len(faces), bool)
    if len(structures):
        xy = shapely.get_coordinates(points)
        apart = 1e7  # a third coordinate keeps the blocks out of each other's reach
        tree = cKDTree(np.column_stack([samples, home[sample_owner] * apart]))
        distance, nearest = tree.query(np.column_stack([xy, block * apart]))
        same = distance < apart / 2
        owner[same] = sample_owner[nearest[same]]
        f, s = shapely.STRtree(structures).query(points, predicate="within")
        owner[f] = s
        block[f] = home[s]
        inside[f] = True
    return owner, block, inside


def _seats(faces: Shapes, structures: Shapes, owner: Ints) -> Ints:
    """Give a face that each structure stands on: that of its inner point, or any of its own where that is outside."""
    seat = np.full(len(structures), -1, np.int64)
    if len(structures):
        s, f = shapely.STRtree(faces).query(shapely.point_on_surface(structures), predicate="intersects")
        seat[s] = f
    for structure in np.flatnonzero(seat < 0):
        own = np.flatnonzero(owner == structure)
        # Without ground of its own there is only a corner finer than the grid.
        seat[structure] = own[0] if len(own) else np.argmin(shapely.distance(faces, structures[structure]))
    return seat


def _connected_labels(drawing: Drawing, area: Floats, owner: Ints, block: Ints, structures: int) -> Ints:
    """
    Number the atoms so that each is in one piece.

    Ground cut off from its structure, and empty land too small or narrow to stand alone, goes to the neighbour with
    the longest common border.
    """
    count = len(area)
    label = np.where(owner >= 0, owner, structures + block)
    inner = drawing.right != OUTSIDE
    a, b, length = drawing.left[inner], drawing.right[inner], drawing.length[inner]
    same = label[a] == label[b]
    links = links_between(count, a[same], b[same])
    number, piece = connected_components(links, directed=False)
    size = np.bincount(piece, area, minlength=number)
    piece_label = np.zeros(number, np.int64)
    piece_label[piece] = label
    built = np.zeros(number, bool)
    built[piece[owner >= 0]] = True
    # The largest piece of a structure's ground is the structure's; it holds the footprint unless lines cut that apart.
    order = np.lexsort((-size, piece_label))
    main = np.zeros(number, bool)
    main[order[np.concatenate([[True], np.diff(piece_label[order]) > 0])]] = True
    pa, pb = piece[a], piece[b]
    rim = np.bincount(piece[drawing.left], drawing.length, minlength=number)
    rim += np.bincount(piece[drawing.right[inner]], length, minlength=number)
    between = pa != pb
    rim -= np.bincount(pa[~between], 2 * length[~between], minlength=number)
    slight = ~built & ((size < ISLAND_AREA) | (2 * size < ISLAND_WIDTH * rim))
    homeless = (built & ~main) | slight
    target = np.arange(number)
    border: dict[int, dict[int, float]] = {}
    for i, j, d in zip(pa[between].tolist(), pb[between].tolist(), length[between].tolist(), strict=True):
        border.setdefault(i, {})[j] = border.setdefault(i, {}).get(j, 0.0) + d
        border.setdefault(j, {})[i] = border.setdefault(j, {}).get(i, 0.0) + d
    for i in sorted(np.flatnonzero(homeless).tolist(), key=lambda i: (-size[i], i)):
        near = {j: d for j, d in border.get(i, {}).items() if target[j] != i}
        settled = {j: d for j, d in near.items() if not homeless[j] or target[j] != j}
        choice = settled or near
        if choice:
            target[i] = max(choice, key=lambda j: (choice[j], -j))
    for _ in range(number.bit_length() + 1):
        target = target[target]
    return np.unique(target[piece], return_inverse=True)[1].astype(np.int64)


def _whole_structures(drawing: Drawing, label: Ints, footprint: Ints) -> Ints:
    """
    Melt atoms until every structure lies in one.

    A structure that the census area's own border cuts in two may have ground in two atoms; those, and what lies on
    the shortest way between them, become one.

    Parameters
    ----------
    footprint
        The structure each face is footprint of, -1 for open ground.
    """
    built = footprint >= 0
    pairs = np.unique(np.column_stack([footprint[built], label[built]]), axis=0)
    torn = np.unique(pairs[1:, 0][np.diff(pairs[:, 0]) == 0])
    if not len(torn):
        return label
    melted = np.arange(int(label.max()) + 1)
    inner = drawing.right != OUTSIDE
    for structure in torn:
        a, b = melted[label[drawing.left[inner]]], melted[label[drawing.right[inner]]]
        links = links_between(len(melted), a, b)
        own = np.unique(melted[pairs[pairs[:, 0] == structure, 1]])
        _, before = shortest_path(links, directed=False, unweighted=True, indices=own[0], return_predecessors=True)
        for atom in own[1:]:
            step = atom
            while step >= 0 and step != own[0]:
                melted[melted == step] = own[0]
                step = before[step]
    return np.unique(melted[label], return_inverse=True)[1].astype(np.int64)


def _visibility(drawing: Drawing, lines: Lines) -> Floats:
    """Give each edge the visibility of the line it runs on; half of it within 8 m of one."""
    seen = np.zeros(len(drawing.tail))
    if not len(lines.shapes):
        return seen
    middle = shapely.points((drawing.xy[drawing.tail] + drawing.xy[drawing.head]) / 2)
    tree = shapely.STRtree(lines.shapes)
    for distance, share in ((8.0, 0.5), (0.05, 1.0)):
        e, k = tree.query(middle, predicate="dwithin", distance=distance)
        np.maximum.at(seen, e, share * lines.visible[k])
    return seen
