"""
Divide graphs with a peer; `split.py --peers PYTHON` runs this file in the peers' own environment.

    split_peers.py have                         which peers this environment has, with their versions
    split_peers.py TOOL GRAPH.npz LABELS.npz    TOOL: see `TOOLS`

The environment (pymetis, spopt, gerrychain) stays outside the repository. A graph file holds `pairs`, `length`,
`weight`, `ward`, `xy`, `target`; every ward is divided by itself. The processor time is limited by whoever starts this.
"""

import importlib.metadata
import json
import random
import sys
import time
from functools import partial

import numpy as np

PEERS = ("pymetis", "spopt", "gerrychain")


def by_metis(ward, parts, *, recursive):
    """Divide with METIS, ufactor 200."""
    import pymetis  # noqa: PLC0415  only in the peers' environment

    neighbours = [[] for _ in ward["weight"]]
    lengths = [[] for _ in ward["weight"]]
    for (a, b), metres in zip(ward["pairs"].tolist(), ward["length"].tolist(), strict=True):
        for one, two in ((a, b), (b, a)):
            neighbours[one].append(two)
            lengths[one].append(max(round(metres), 1))
    starts = np.cumsum([0, *map(len, neighbours)])
    options = pymetis.Options(ufactor=200, seed=1, **({} if recursive else {"contig": 1}))
    _, labels = pymetis.part_graph(
        parts,
        xadj=starts.tolist(),
        adjncy=[u for row in neighbours for u in row],
        vweights=ward["weight"].astype(int).tolist(),
        eweights=[m for row in lengths for m in row],
        recursive=recursive,
        options=options,
    )
    return np.array(labels)


def by_trees(ward, parts):
    """Divide with gerrychain's recursive spanning trees, tolerance 0.2; a new seed whenever it gets stuck."""
    import networkx as nx  # noqa: PLC0415
    from gerrychain import Graph  # noqa: PLC0415
    from gerrychain.partition import recursive_tree_part  # noqa: PLC0415
    from gerrychain.tree import bipartition_tree  # noqa: PLC0415

    graph = nx.Graph()
    for k, value in enumerate(ward["weight"].tolist()):
        graph.add_node(k, weight=value)
    graph.add_edges_from(ward["pairs"].tolist())
    quick = partial(bipartition_tree, max_attempts=500, warn_attempts=10**9)
    whole = Graph.from_networkx(graph)
    even = float(ward["weight"].sum()) / parts
    seed = 0
    while True:
        seed += 1
        try:
            found = recursive_tree_part(
                whole, range(parts), even, "weight", 0.2, bipartition_tree_fn=quick, rng=random.Random(seed)
            )
        except (RuntimeError, ValueError) as error:  # stuck: what is left cannot be cut within the tolerance
            print(f"seed {seed}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            continue
        return np.array([found[k] for k in range(len(ward["weight"]))])


TOLERANCES = (0.2, 0.33, 0.5, 1.0, 2.0)
"""What gerrychain is allowed one after the other where the narrower one gets stuck."""
RECOM_SECONDS = 60
"""Processor time of the ReCom chain for one input, shared out by the number of atoms."""


def by_recom(ward, parts):
    """Divide with recursive_tree_part, wider where it gets stuck, then improve with ReCom: balance, then cut length."""
    import networkx as nx  # noqa: PLC0415
    from gerrychain import Graph, Partition  # noqa: PLC0415
    from gerrychain.partition import recursive_tree_part  # noqa: PLC0415
    from gerrychain.proposals import recom  # noqa: PLC0415
    from gerrychain.tree import bipartition_tree  # noqa: PLC0415
    from gerrychain.updaters import Tally, cut_edges  # noqa: PLC0415

    plain = nx.Graph()
    for k, value in enumerate(ward["weight"].tolist()):
        plain.add_node(k, weight=value)
    for (a, b), metres in zip(ward["pairs"].tolist(), ward["length"].tolist(), strict=True):
        plain.add_edge(a, b, metres=metres)
    graph = Graph.from_networkx(plain)
    even = float(ward["weight"].sum()) / parts
    quick = partial(bipartition_tree, max_attempts=100, warn_attempts=10**9)
    found, seed = None, 0
    while found is None:
        width = TOLERANCES[min(seed // 8, len(TOLERANCES) - 1)]
        seed += 1
        try:
            found = recursive_tree_part(
                graph, range(parts), even, "weight", width, bipartition_tree_fn=quick, rng=random.Random(seed)
            )
        except (RuntimeError, ValueError, KeyError) as error:
            print(f"seed {seed}, tolerance {width}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        if found is not None and len(found) < len(graph):
            found = None  # at a wide tolerance it may leave atoms out
    metres = {(a, b): d for (a, b), d in zip(map(tuple, ward["pairs"].tolist()), ward["length"].tolist(), strict=True)}

    def judge(plan):
        outside = sum(max(abs(w - even) / even - 0.2, 0.0) for w in plan["weight"].values())
        cut = sum(metres.get((a, b), metres.get((b, a), 0.0)) for a, b in plan["cut"])
        return outside, cut

    plan = Partition(graph, found, {"weight": Tally("weight"), "cut": cut_edges})
    best = judge(plan)
    chance = random.Random(1)
    until = time.process_time() + RECOM_SECONDS * ward["share"]
    while parts > 1 and time.process_time() < until:
        try:
            other = recom(plan, "weight", even, 0.33, 1, bipartition_tree_fn=quick, rng=chance)
        except (RuntimeError, ValueError, KeyError) as error:  # the pair it chose cannot be cut: it tries another
            print(f"ReCom: {type(error).__name__}", file=sys.stderr, flush=True)
            continue
        value = judge(other)
        if value <= best:
            plan, best = other, value
    return np.array([plan.assignment[k] for k in range(len(ward["weight"]))])


def _frame(ward):
    """Give spopt its table (places of the atoms, weights) and its neighbours."""
    import geopandas as gpd  # noqa: PLC0415
    from libpysal.weights import W  # noqa: PLC0415

    neighbours = {k: [] for k in range(len(ward["weight"]))}
    for a, b in ward["pairs"].tolist():
        neighbours[a].append(b)
        neighbours[b].append(a)
    x, y = ward["xy"].T
    frame = gpd.GeoDataFrame({"x": x, "y": y, "weight": ward["weight"]}, geometry=gpd.points_from_xy(x, y))
    return frame, W(neighbours, silence_warnings=True)


def by_maxp(ward, parts, *, floor):
    """Divide with max-p: as many regions as have the floor, alike in place."""
    from spopt.region import MaxPHeuristic  # noqa: PLC0415

    if parts == 1:
        return np.zeros(len(ward["weight"]), int)
    frame, near = _frame(ward)
    np.random.seed(1)  # noqa: NPY002  the peer's own source of chance
    model = MaxPHeuristic(frame, near, ["x", "y"], "weight", floor * ward["target"])
    model.solve()
    return np.array(model.labels_) - 1


def by_azp(ward, parts):
    """Divide with AZP, alike in place."""
    from spopt.region import AZP  # noqa: PLC0415

    frame, near = _frame(ward)
    model = AZP(frame, near, ["x", "y"], n_clusters=parts, random_state=1)
    model.solve()
    return np.array(model.labels_)


def by_skater(ward, parts):
    """Divide with SKATER, alike in place."""
    from spopt.region import Skater  # noqa: PLC0415

    frame, near = _frame(ward)
    model = Skater(frame, near, ["x", "y"], n_clusters=parts)
    model.solve()
    return np.array(model.labels_)


def by_k_means(ward, parts):
    """Divide with region-k-means, alike in place."""
    from spopt.region import RegionKMeansHeuristic  # noqa: PLC0415

    frame, near = _frame(ward)
    model = RegionKMeansHeuristic(frame[["x", "y"]].to_numpy(), parts, near, seed=1)
    model.solve()
    return np.array(model.labels_)


TOOLS = {
    "METIS k-way": ("pymetis", partial(by_metis, recursive=False)),
    "METIS recursive": ("pymetis", partial(by_metis, recursive=True)),
    "gerrychain recursive_tree_part": ("gerrychain", by_trees),
    "gerrychain recursive_tree_part, wider, then ReCom": ("gerrychain", by_recom),
    "spopt max-p": ("spopt", partial(by_maxp, floor=0.8)),
    "spopt AZP": ("spopt", by_azp),
    "spopt SKATER": ("spopt", by_skater),
    "spopt region-k-means": ("spopt", by_k_means),
}


def have():
    """Print which peers are installed."""
    found = {}
    for name in PEERS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    print(json.dumps({"have": found, "tools": {name: package for name, (package, _) in TOOLS.items()}}))


def main():
    """Divide each ward by itself."""
    if sys.argv[1] == "have":
        have()
        return
    tool, source, out = sys.argv[1:]
    graph = np.load(source)
    divide = TOOLS[tool][1]
    target = float(graph["target"])
    labels = np.zeros(len(graph["weight"]), int)
    begun = time.process_time()
    used = 0
    wards = np.unique(graph["ward"])
    for number in wards:
        members = np.flatnonzero(graph["ward"] == number)
        place = np.full(len(labels), -1)
        place[members] = np.arange(len(members))
        pairs = place[graph["pairs"]]
        kept = (pairs >= 0).all(axis=1)
        weight = graph["weight"][members]
        parts = max(round(weight.sum() / target), 1)
        spent = time.process_time() - begun
        print(f"area {number + 1} of {len(wards)}: {len(members)} atoms, {parts} parts, begun at {spent:.0f} s",
              file=sys.stderr, flush=True)  # fmt: skip
        ward = {"pairs": pairs[kept], "length": graph["length"][kept], "weight": weight, "xy": graph["xy"][members]}
        ward |= {"target": target, "share": len(members) / len(labels)}
        own = np.zeros(len(members), int) if parts == 1 else divide(ward, parts)
        labels[members] = np.unique(own, return_inverse=True)[1] + used
        used = int(labels[members].max()) + 1
    np.savez(out, labels=labels, seconds=time.process_time() - begun)


if __name__ == "__main__":
    main()
