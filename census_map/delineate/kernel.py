"""
The search's inner loop: whole numbers and indexing only.

The functions run as they stand on Python lists, and compiled (numba) on arrays; `kernels` gives the one or the other.
Every quantity is a whole number and the random numbers are our own, so both walk exactly the same way.

State of a plan (`part` of each atom; per part `weight`, `area`, `border`, `energy`, `size`) and the graph
(`first`, `other`, `length`, `cost` as rows of neighbours; per atom `mass`, `room`, `rim`):

- mass, weight: kernel weight units; room, area: square decimetres; length, rim, border: centimetres
- cost, energy: units of `Objective`
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: ANN001, ANN201, C901, PLR0912, PLR0915, PLR0917
# Types differ between the two ways of running, and a compiled loop is faster in one piece.


def part_energy(weight, area, border, terms):
    """Judge one part: hard window, tolerance band, balance, compactness (`Objective`)."""
    target = terms[0]
    energy = 0
    if weight < terms[1]:
        energy += 1000000 + (terms[1] - weight) * 1000000 // target
    elif weight > terms[2]:
        energy += 1000000 + (weight - terms[2]) * 1000000 // target
    if weight < terms[3]:
        energy += terms[5] + (terms[3] - weight) * 20 * terms[5] // target
    elif weight > terms[4]:
        energy += terms[5] + (weight - terms[4]) * 20 * terms[5] // target
    off = (weight - target) * 1000 // target
    energy += off * off * terms[6] // 1000000
    if border > 0:
        # 4 pi area / border^2, in thousandths; square decimetres are 100 square centimetres.
        roundness = 1256637 * area // (border * border // 1000 + 1) // 1000
        energy += (1000 - roundness) * terms[7] // 1000
    return energy


def refresh(part, parts, graph, terms, state, work):
    """Compute the state of a plan from its assignment; return the plan's energy."""
    first, other, length, cost, mass, room, rim, door, ways = graph
    weight, area, border, energy, size, walk, head, after, before = state
    _mark, _queue, _tree, _up, _load, _pool, held, near = work
    for p in range(parts):
        weight[p] = 0
        area[p] = 0
        border[p] = 0
        size[p] = 0
        head[p] = -1
    total = 0
    for v in range(len(part)):
        p = part[v]
        weight[p] += mass[v]
        area[p] += room[v]
        border[p] += rim[v]
        size[p] += 1
        d = door[v]
        if d >= 0:
            before[d] = -1
            after[d] = head[p]
            if head[p] >= 0:
                before[head[p]] = d
            head[p] = d
        for e in range(first[v], first[v + 1]):
            if part[other[e]] != p:
                border[p] += length[e]
                if v < other[e]:
                    total += cost[e]
    for p in range(parts):
        walk[p] = spanning_of(p, -1, -1, head, after, ways, held, near)
        energy[p] = part_energy(weight[p], area[p], border[p], terms) + walk[p]
        total += energy[p]
    return total


def spanning(count, ways, held, near):
    """Measure the shortest tree of the doors `held[:count]`, which are left in another order (Prim)."""
    if count < 2:
        return 0
    width = int(len(ways) ** 0.5 + 0.5)
    total = 0
    row = held[0] * width
    for i in range(1, count):
        near[i] = ways[row + held[i]]
    while count > 1:
        nearest = 1
        for i in range(2, count):
            if near[i] < near[nearest]:
                nearest = i
        total += near[nearest]
        row = held[nearest] * width
        count -= 1
        held[nearest] = held[count]
        near[nearest] = near[count]
        for i in range(1, count):
            step = ways[row + held[i]]
            near[i] = min(near[i], step)
    return total


def spanning_of(p, without, extra, head, after, ways, held, near):
    """Measure the shortest tree of a part's doors, without one and with another (-1: none)."""
    count = 0
    d = head[p]
    while d >= 0:
        if d != without:
            held[count] = d
            count += 1
        d = after[d]
    if extra >= 0:
        held[count] = extra
        count += 1
    return spanning(count, ways, held, near)


def spanning_of_tree(side, tree, found, queue, door, ways, held, near):
    """Measure the shortest tree of the doors on one side of a cut."""
    count = 0
    for i in range(found):
        d = door[tree[i]]
        if d >= 0 and queue[i] == side:
            held[count] = d
            count += 1
    return spanning(count, ways, held, near)


def hand_over(d, p, q, head, after, before):
    """Move a door from the list of part `p` to that of part `q`."""
    if before[d] >= 0:
        after[before[d]] = after[d]
    else:
        head[p] = after[d]
    if after[d] >= 0:
        before[after[d]] = before[d]
    before[d] = -1
    after[d] = head[q]
    if head[q] >= 0:
        before[head[q]] = d
    head[q] = d


def stays_connected(v, p, part, first, other, mark, stamp, queue):
    """Tell whether part `p` stays in one piece when it loses atom `v`."""
    wanted = 0
    for e in range(first[v], first[v + 1]):
        u = other[e]
        if part[u] == p and mark[u] != stamp:
            mark[u] = stamp
            wanted += 1
            queue[0] = u
    if wanted <= 1:
        return wanted == 1
    # From one neighbour, walk until all the other neighbours were met. Marked but not yet walked: stamp; walked: +1.
    mark[v] = stamp + 1
    mark[queue[0]] = stamp + 1
    met = 1
    head = 0
    tail = 1
    while head < tail:
        w = queue[head]
        head += 1
        for e in range(first[w], first[w + 1]):
            u = other[e]
            if part[u] == p and mark[u] != stamp + 1:
                if mark[u] == stamp:
                    met += 1
                    if met == wanted:
                        return True
                mark[u] = stamp + 1
                queue[tail] = u
                tail += 1
    return False


def anneal(part, best, parts, graph, terms, state, work, prior, heats, logs, seed, steps, joint):
    """
    Walk through plans from hot to cold and keep the best in `best`.

    The random numbers are Lehmer's (multiplier 48271, modulus 2^31 - 1), which fit 64 bits everywhere.

    Parameters
    ----------
    part, best
        The plan, changed in place, and a copy that receives the best plan met.
    work
        Six scratch arrays, five as long as the atoms and one twice as long as the neighbours.
    prior
        Per atom and part, flattened: units for having the atom in the part (change against an existing plan).
        One entry: no such terms.
    heats
        Temperatures (units), one for each slice of `steps` proposals.
    logs
        1024 values of -1024 ln(u): the accepted rise in units of the temperature.
    joint
        Of 1000 proposals, how many join two parts and cut them again along a random spanning tree.

    Returns
    -------
    lowest, seed
        Energy of `best`, and the state of the random numbers to go on with.
    """
    first, other, length, cost, mass, room, rim, door, ways = graph
    weight, area, border, energy, size, walk, head, after, before = state
    mark, queue, _tree, _up, _load, _pool, held, near = work
    count = len(part)
    for v in range(count):
        mark[v] = 0
    stamp = 0
    now = refresh(part, parts, graph, terms, state, work)
    priced = len(prior) > 1
    if priced:
        for v in range(count):
            now += prior[v * parts + part[v]]
    lowest = now
    best[:] = part
    for heat in heats:
        for _step in range(steps):
            seed = seed * 48271 % 2147483647
            v = seed % count
            p = part[v]
            begin = first[v]
            end = first[v + 1]
            if begin == end:
                continue
            seed = seed * 48271 % 2147483647
            q = part[other[begin + seed % (end - begin)]]
            if p == q:
                continue
            seed = seed * 48271 % 2147483647
            rise = heat * logs[seed & 1023] // 1024
            if (seed >> 10) % 1000 < joint:
                stamp += 2
                change, seed = recut(v, p, q, part, parts, graph, terms, state, work, prior, rise, seed, stamp)
                if change == 0:
                    continue
                now += change
            else:
                if size[p] == 1:
                    continue
                rim_p = 0
                rim_q = 0
                whole = rim[v]
                gain = 0
                for e in range(begin, end):
                    r = part[other[e]]
                    whole += length[e]
                    if r == p:
                        rim_p += length[e]
                        gain += cost[e]
                    elif r == q:
                        rim_q += length[e]
                        gain -= cost[e]
                if rim_p == 0:
                    continue
                border_p = border[p] + 2 * rim_p - whole
                border_q = border[q] + whole - 2 * rim_q
                energy_p = part_energy(weight[p] - mass[v], area[p] - room[v], border_p, terms)
                energy_q = part_energy(weight[q] + mass[v], area[q] + room[v], border_q, terms)
                d = door[v]
                walk_p = walk[p]
                walk_q = walk[q]
                change = energy_p + energy_q + walk_p + walk_q - energy[p] - energy[q] + gain
                if priced:
                    change += prior[v * parts + q] - prior[v * parts + p]
                if d >= 0:
                    # A tree that loses a door can hardly be shorter than by all of it.
                    if change - walk_p > rise:
                        continue
                    walk_p = spanning_of(p, d, -1, head, after, ways, held, near)
                    walk_q = spanning_of(q, -1, d, head, after, ways, held, near)
                    change += walk_p + walk_q - walk[p] - walk[q]
                if change > rise:
                    continue
                stamp += 2
                if not stays_connected(v, p, part, first, other, mark, stamp, queue):
                    continue
                part[v] = q
                weight[p] -= mass[v]
                weight[q] += mass[v]
                area[p] -= room[v]
                area[q] += room[v]
                border[p] = border_p
                border[q] = border_q
                energy[p] = energy_p + walk_p
                energy[q] = energy_q + walk_q
                walk[p] = walk_p
                walk[q] = walk_q
                if d >= 0:
                    hand_over(d, p, q, head, after, before)
                size[p] -= 1
                size[q] += 1
                now += change
            if now < lowest:
                lowest = now
                best[:] = part
    return lowest, seed


def recut(v, p, q, part, parts, graph, terms, state, work, prior, rise, seed, stamp):
    """
    Join parts `p` and `q`, cut them again along a random spanning tree, and keep that if the rise allows.

    Returns
    -------
    change, seed
        Change of the plan's energy (0: left as it was), state of the random numbers.
    """
    first, other, length, cost, mass, room, rim, door, ways = graph
    weight, area, border, energy, size, walk, head, after, before = state
    mark, queue, tree, up, load, pool, held, near = work
    # Grow a random tree from v over both parts; `up` holds each atom's place of its parent in the order of finding.
    members = size[p] + size[q]
    mark[v] = stamp
    tree[0] = v
    up[0] = 0
    load[0] = mass[v]
    found = 1
    pending = 0
    while True:
        last = tree[found - 1]
        for e in range(first[last], first[last + 1]):
            u = other[e]
            r = part[u]
            if (r in (p, q)) and mark[u] != stamp:
                pool[pending] = u
                pool[pending + 1] = found - 1
                pending += 2
        if found == members:
            break
        u = v
        parent = 0
        while mark[u] == stamp:
            seed = seed * 48271 % 2147483647
            i = 2 * (seed % (pending // 2))
            u = pool[i]
            parent = pool[i + 1]
            pending -= 2
            pool[i] = pool[pending]
            pool[i + 1] = pool[pending + 1]
        mark[u] = stamp
        tree[found] = u
        up[found] = parent
        load[found] = mass[u]
        found += 1
    for i in range(found - 1, 0, -1):
        load[up[i]] += load[i]
    # Cut at a random edge that leaves both sides inside the band, or else at the most even one.
    total = load[0]
    choices = 0
    cut = 0
    closest = 0
    for i in range(1, found):
        one = load[i]
        two = total - one
        if terms[3] <= one <= terms[4] and terms[3] <= two <= terms[4]:
            choices += 1
            seed = seed * 48271 % 2147483647
            if seed % choices == 0:
                cut = i
        elif choices == 0:
            off = abs(one - two)
            if cut == 0 or off < closest:
                cut = i
                closest = off
    # The side below the cut: queue[i] is 1 there. It keeps the label that most of it had.
    queue[0] = 0
    kept = 0
    for i in range(1, found):
        queue[i] = 1 if i == cut or queue[up[i]] == 1 else 0
        if queue[i] == 1:
            mark[tree[i]] = stamp + 1
            kept += mass[tree[i]] + 1 if part[tree[i]] == p else -mass[tree[i]] - 1
    if kept < 0:
        p, q = q, p
    area_p = 0
    border_p = 0
    border_q = 0
    size_p = 0
    gain = 0
    for i in range(found):
        u = tree[i]
        mine = mark[u]
        reach = rim[u]
        for e in range(first[u], first[u + 1]):
            w = other[e]
            r = part[w]
            if r in (p, q):
                if mark[w] != mine:
                    reach += length[e]
                    if u < w:
                        gain += cost[e]
                if u < w and r != part[u]:
                    gain -= cost[e]
            else:
                reach += length[e]
        if queue[i] == 1:
            area_p += room[u]
            border_p += reach
            size_p += 1
        else:
            border_q += reach
    area_q = area[p] + area[q] - area_p
    energy_p = part_energy(load[cut], area_p, border_p, terms)
    energy_q = part_energy(total - load[cut], area_q, border_q, terms)
    change = energy_p + energy_q - energy[p] - energy[q] + gain
    if len(prior) > 1:
        for i in range(found):
            u = tree[i]
            change += prior[u * parts + (p if queue[i] == 1 else q)] - prior[u * parts + part[u]]
    if change > rise:
        return 0, seed
    walk_p = spanning_of_tree(1, tree, found, queue, door, ways, held, near)
    walk_q = spanning_of_tree(0, tree, found, queue, door, ways, held, near)
    change += walk_p + walk_q
    if change > rise or change == 0:
        return 0, seed
    for i in range(found):
        u = tree[i]
        r = p if queue[i] == 1 else q
        if door[u] >= 0 and part[u] != r:
            hand_over(door[u], part[u], r, head, after, before)
        part[u] = r
    walk[p] = walk_p
    walk[q] = walk_q
    weight[p] = load[cut]
    weight[q] = total - load[cut]
    area[p] = area_p
    area[q] = area_q
    border[p] = border_p
    border[q] = border_q
    energy[p] = energy_p + walk_p
    energy[q] = energy_q + walk_q
    size[p] = size_p
    size[q] = members - size_p
    return change, seed
