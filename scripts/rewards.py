#!/usr/bin/env python3
"""The rewards of an epoch once more, written from docs/rewards.md alone (Python's standard library, no packages).

  python3 scripts/rewards.py FOLDER
      recomputes an epoch's output folder from its nodes.csv, terms.json and (if there) previous.json, and compares table.csv,
      operators.csv, tree.json and manifest.json with it. Prints the differences (the first 20) and exits with 1 if there are any.

  python3 scripts/rewards.py --random ROWS SEED FOLDER [--previous TREE]
      writes random inputs to FOLDER: nodes.csv, terms.json, and previous.json if an earlier epoch's tree.json is given
      (its terms.json and manifest.json are read beside it).
"""

import csv
import json
import random
import shutil
import sys
from collections import defaultdict
from pathlib import Path

ETH = 10**18
FUNDERS = 1
FIRST_OPERATOR = 16
TYPES = ["ssv", "obol", "direct"]
NODE_COLUMNS = ["node", "operator", "type", "attestations", "expected", "exit", "loss", "ssv", "adjustment", "funded"]
TABLE = ["operator", "node", "type", "attestations", "expected", "base", "performance", "other", "exit", "loss", "reward"]
OPERATORS = ["account", "nodes", "gross", "loss", "sum", "paid", "given", "shares", "charged"]
LEAF = ["rewards", "penalties", "performance", "epochs"]
LEAF_ENCODING = ["uint256", "address", "uint256", "uint256", "uint256", "uint256", "uint256"]


# Keccak-256

MASK = 2**64 - 1


def rotate(word, by):
    by %= 64
    return (word << by | word >> (64 - by)) & MASK


def round_constants():
    bits = 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (bits & 1) << (2**j - 1)
            bits = bits << 1 ^ (0x171 if bits & 0x80 else 0)
        yield constant


ROUNDS = list(round_constants())


def keccak_f(a):
    """The permutation of 25 words; the word of column x and row y is a[x + 5 * y]."""
    for constant in ROUNDS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        a = [a[i] ^ d[i % 5] for i in range(25)]
        x, y, moved = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            moved, a[x + 5 * y] = a[x + 5 * y], rotate(moved, (t + 1) * (t + 2) // 2)
        a = [a[i] ^ ~a[i - i % 5 + (i + 1) % 5] & a[i - i % 5 + (i + 2) % 5] for i in range(25)]
        a[0] ^= constant
    return a


def keccak(data):
    rate = 136
    data += b"\x01" + bytes(-(len(data) + 1) % rate)
    data = data[:-1] + bytes([data[-1] | 0x80])
    a = [0] * 25
    for at in range(0, len(data), rate):
        for i in range(rate // 8):
            a[i] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
        a = keccak_f(a)
    return b"".join(word.to_bytes(8, "little") for word in a[:4])


assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


# The tree of @openzeppelin/merkle-tree

def leaf_hash(value):
    return keccak(keccak(b"".join(number(field).to_bytes(32, "big") for field in value)))


def merkle_tree(values):
    """All hashes, the root first, and where the leaf of each value is among them."""
    leaves = sorted((leaf_hash(value), i) for i, value in enumerate(values))
    tree = [b""] * (2 * len(leaves) - 1)
    places = [0] * len(leaves)
    for i, (leaf, value) in enumerate(leaves):
        places[value] = len(tree) - 1 - i
        tree[places[value]] = leaf
    for i in reversed(range(len(leaves) - 1)):
        tree[i] = keccak(b"".join(sorted(tree[2 * i + 1:2 * i + 3])))
    return ["0x" + node.hex() for node in tree], places


# Reading

def number(field):
    """An integer from JSON or CSV, where it may be a string; an address is one too."""
    return int(field, 16) if isinstance(field, str) and field.startswith("0x") else int(field)


def read_json(path):
    return json.loads(path.read_text())


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def read_nodes(path):
    nodes = []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            nodes.append({name: row["type"] if name == "type" else int(row.get(name, 0)) for name in NODE_COLUMNS})
    for n in nodes:
        ok = n["operator"] >= FIRST_OPERATOR and n["type"] in TYPES and 0 <= n["attestations"] <= n["expected"] < 2**40
        ok = ok and all(0 <= n[name] < 2**96 for name in ("exit", "loss", "ssv"))
        ok = ok and abs(n["adjustment"]) < 2**96 and 0 <= n["funded"] <= 10_000
        if not ok:
            sys.exit(f"{path}: node {n['node']} is out of bounds")
    if len({n["node"] for n in nodes}) < len(nodes):
        sys.exit(f"{path}: a node is there twice")
    return nodes


def read_leaves(path):
    """account: [rewards, penalties, performance, epochs] of a tree.json."""
    values = [[number(field) for field in entry["value"]] for entry in read_json(path)["values"]]
    return {value[2]: value[3:] for value in values}


# The formula

def reward(n, terms, T, A):
    N, D = n["attestations"], n["expected"]
    base = T * number(terms["factors"][n["type"]]) * N // (A * 10_000) if A else 0
    if N * 10_000 >= number(terms["standing"]) * D:
        performance = 0
    elif N * 10_000 < 8_000 * D:
        performance = base
    else:
        performance = base * (D - N) // D
    ssv = n["ssv"] if n["type"] == "ssv" else 0
    other = n["adjustment"] + ssv * (number(terms["published"]) - number(terms["market"])) // ETH
    gross = base - performance + other - n["exit"]
    return {**n, "base": base, "performance": performance, "other": other, "gross": gross, "reward": gross - n["loss"]}


def compute(nodes, terms, previous):
    assets, shares = number(terms["assets"]), number(terms["shares"])
    T = number(terms["pot"]) * assets // shares
    A = sum(n["attestations"] for n in nodes)
    rows = [reward(n, terms, T, A) for n in nodes]
    rows.sort(key=lambda r: (r["operator"], r["node"]))

    operators = defaultdict(lambda: defaultdict(int))
    for r in rows:
        o = operators[r["operator"]]
        o["nodes"] += 1
        for name in ("gross", "loss", "attestations", "expected"):
            o[name] += r[name]
        o["earned"] += max(r["reward"], 0)
        o["lent"] += max(r["reward"], 0) * r["funded"]

    for o in operators.values():
        o["sum"] = o["gross"] - o["loss"]
    recovered = min(T, sum(max(min(o["loss"], o["gross"]), 0) for o in operators.values()))
    left = T - recovered
    positive = sum(max(o["sum"], 0) for o in operators.values())
    for o in operators.values():
        if o["sum"] > 0:
            o["paid"] = o["sum"] if positive <= left else o["sum"] * left // positive
            o["given"] = o["paid"] * o["lent"] // (10_000 * o["earned"])
    given = sum(o["given"] for o in operators.values())
    if given > 0:
        operators[FUNDERS]["paid"] = given

    for account in previous:
        operators[account]  # also those without a row
    for account, o in operators.items():
        o["account"] = account
        o["shares"] = (o["paid"] - o["given"]) * shares // assets
        o["charged"] = -(min(o["sum"], 0) * shares // assets)  # rounded up
        rewards, penalties, performance, epochs = previous.get(account, (0, 0, 5_000, 0))
        o["rewards"] = rewards + o["shares"]
        o["penalties"] = penalties + o["charged"]
        o["performance"] = performance
        o["epochs"] = epochs
        if o["expected"]:
            o["performance"] = (7 * performance + 10_000 * o["attestations"] // o["expected"]) // 8
            o["epochs"] += 1

    accounts = [operators[account] for account in sorted(operators)]
    head = [number(terms["chain"]), number(terms["distributor"])]
    values = [head + [o["account"]] + [o[name] for name in LEAF] for o in accounts]
    before = terms["before"]
    totals = {
        "rewards": number(before["rewards"]) + sum(o["shares"] for o in accounts),
        "penalties": number(before["penalties"]) + sum(o["charged"] for o in accounts),
        "recovered": number(before["recovered"]) + recovered * shares // assets,
    }
    return rows, accounts, values, totals


# Comparing

def compare_csv(name, columns, ours, theirs, key):
    """Differences between our rows (dicts) and the lines of a file."""
    if not theirs or theirs[0] != columns:
        yield f"{name}: the columns are {theirs[:1]}, not {columns}"
        return
    if len(ours) != len(theirs) - 1:
        yield f"{name}: {len(theirs) - 1} rows, not {len(ours)}"
    for row, line in zip(ours, theirs[1:]):
        if len(line) != len(columns):
            yield f"{name}: a row has {len(line)} fields: {line}"
            continue
        for column, field in zip(columns, line):
            if field != str(row[column]):
                yield f"{name}: {key} {row[key]}: {column} is {field}, not {row[column]}"


def compare(folder, terms, previous, rows, accounts, values, totals, tree, places):
    before = terms["before"]
    for at, name in enumerate(["rewards", "penalties"]):
        total = sum(leaf[at] for leaf in previous.values())
        if number(before[name]) != total:
            yield f"terms.json: before.{name} is {before[name]}, but the previous leaves add up to {total}"

    yield from compare_csv("table.csv", TABLE, rows, read_csv(folder / "table.csv"), "node")
    yield from compare_csv("operators.csv", OPERATORS + LEAF, accounts, read_csv(folder / "operators.csv"), "account")

    dump = read_json(folder / "tree.json")
    if dump["format"] != "standard-v1" or dump["leafEncoding"] != LEAF_ENCODING:
        yield f"tree.json: {dump['format']} of {dump['leafEncoding']}"
    if dump["tree"][0] != tree[0]:
        yield f"tree.json: the root is {dump['tree'][0]}, not {tree[0]}"
    elif dump["tree"] != tree:
        yield "tree.json: the root agrees, but not what is below it"
    if len(dump["values"]) != len(values):
        yield f"tree.json: {len(dump['values'])} values, not {len(values)}"
    for entry, value, place in zip(dump["values"], values, places):
        found = [number(field) for field in entry["value"]]
        if found != value:
            yield f"tree.json: a value is {found}, not {value}"
        elif entry["treeIndex"] != place:
            yield f"tree.json: account {value[2]}: treeIndex is {entry['treeIndex']}, not {place}"

    manifest = read_json(folder / "manifest.json")
    if manifest.get("root") != tree[0]:
        yield f"manifest.json: the root is {manifest.get('root')}, not {tree[0]}"
    found = manifest_totals(manifest)
    for name, total in totals.items():
        if name not in found or number(found[name]) != total:
            yield f"manifest.json: the total of {name} is {found.get(name)}, not {total}"


def manifest_totals(manifest):
    return manifest.get("totals", manifest)


def check(folder):
    nodes = read_nodes(folder / "nodes.csv")
    terms = read_json(folder / "terms.json")
    path = folder / "previous.json"
    previous = read_leaves(path) if path.exists() else {}
    rows, accounts, values, totals = compute(nodes, terms, previous)
    tree, places = merkle_tree(values)
    differences = list(compare(folder, terms, previous, rows, accounts, values, totals, tree, places))
    for difference in differences[:20]:
        print(difference)
    end = f"{len(differences)} differences" if differences else "all agree"
    print(f"rows compared: {len(rows)}, operators: {len(accounts)}, root {tree[0]}: {end}")
    return 1 if differences else 0


# Random inputs

def random_attestations(r):
    """Attestations and what was expected of them."""
    kind = r.random()
    if kind < 0.05:
        return 0, 0
    if kind < 0.10:
        return 0, 1575
    if kind < 0.25:  # on the boundaries, and one beside them
        expected = 100 * r.randint(1, 16)
        boundary = expected * r.choice([9_700, 8_000]) // 10_000
        return boundary + r.choice([-1, 0, 0, 1]), expected
    expected = r.choice([1575, 1575, 1575, r.randint(1, 1575)])
    lowest = 9_700 if kind < 0.80 else r.choice([8_000, 5_000])
    return expected * r.randint(lowest, 10_000) // 10_000, expected


def random_node(r, node, operator, mode, fair):
    """`fair` is the wei of a node if all were paid the same."""
    kind = r.choice(TYPES)
    attestations, expected = random_attestations(r)
    if mode == "idle":
        attestations = 0
    n = dict.fromkeys(NODE_COLUMNS, 0)
    n.update(node=node, operator=operator, type=kind, attestations=attestations, expected=expected)
    if kind == "ssv":
        n["ssv"] = r.randint(0, 20 * ETH)
    if r.random() < 0.05:
        n["exit"] = r.randint(1, 3 * fair)
    if r.random() < 0.10:
        n["loss"] = r.choice([r.randint(1, fair), r.randint(1, 20 * fair), ETH + r.randint(0, 31 * ETH)])
    if r.random() < 0.10:
        n["adjustment"] = -r.randint(1, 2 * fair)
    elif r.random() < {"scaled": 0.7, "drained": 0.8}.get(mode, 0.05):
        n["adjustment"] = r.randint(1, 3 * fair)
    if mode == "drained" and r.random() < 0.4:  # recovered from rewards
        n["loss"] = r.randint(fair, 3 * fair)
    if r.random() < 0.3:
        n["funded"] = r.choice([10_000, 5_000, 1, r.randint(1, 10_000)])
    return n


def write_random(count, seed, folder, tree=None):
    r = random.Random(seed)
    # scaled: more is earned than there is; drained: recoveries take most of it or all; idle: nobody attested
    mode = r.choices(["plain", "scaled", "drained", "idle"], [45, 35, 15, 5])[0]
    assets = r.randint(100_000 * ETH, 200_000 * ETH)
    shares = assets * 100 // r.randint(100, 115) - r.randint(0, ETH)
    pot = r.randint(900 * ETH, 1_100 * ETH) * shares // assets
    published = r.randint(ETH // 500, ETH // 100)
    terms = {
        "chain": 421614, "distributor": "0x" + r.randbytes(20).hex(), "epoch": 1,
        "assets": str(assets), "shares": str(shares), "pot": str(pot),
        "factors": {"ssv": 10_000, "obol": 9_500, "direct": 9_000}, "standing": 9_700,
        "published": str(published), "market": str(published * r.randint(80, 120) // 100 + r.randint(0, 1_000)),
        "before": {"rewards": "0", "penalties": "0", "recovered": "0"},
    }
    known = []
    if tree:
        leaves = read_leaves(tree)
        known = [account for account in sorted(leaves) if account >= FIRST_OPERATOR]
        old = read_json(tree.parent / "terms.json")
        terms["chain"], terms["distributor"] = old["chain"], old["distributor"]
        terms["epoch"] = number(old["epoch"]) + r.randint(1, 2)
        recovered = manifest_totals(read_json(tree.parent / "manifest.json"))["recovered"]
        rewards, penalties = (sum(leaf[at] for leaf in leaves.values()) for at in (0, 1))
        terms["before"] = {"rewards": str(rewards), "penalties": str(penalties), "recovered": str(recovered)}

    active = [account for account in known if r.random() < 0.8]
    fresh = max(known, default=FIRST_OPERATOR - 1) + 1
    more = max(count // 5, 1) if not known else count // 50 + 1
    active += [fresh + r.randint(0, 1) + 2 * i for i in range(more)]
    numbers = r.sample(range(1, 3 * count + 1), count)
    fair = number(pot) * assets // shares // max(count, 1)
    nodes = [random_node(r, node, r.choice(active), mode, fair) for node in numbers]

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "previous.json"
    if tree:
        shutil.copyfile(tree, path)
    elif path.exists():
        sys.exit(f"{path} is in the way")
    with open(folder / "nodes.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, NODE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(nodes)
    (folder / "terms.json").write_text(json.dumps(terms) + "\n")
    print(f"{folder}: {count} rows of {len({n['operator'] for n in nodes})} operators ({mode}), epoch {terms['epoch']}")
    return 0


def main(arguments):
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        try:
            return check(Path(arguments[0]))
        except FileNotFoundError as error:
            sys.exit(f"{error.filename} is missing")
    if len(arguments) in (4, 6) and arguments[0] == "--random" and arguments[4:5] in ([], ["--previous"]):
        tree = Path(arguments[5]) if len(arguments) == 6 else None
        return write_random(int(arguments[1]), int(arguments[2]), Path(arguments[3]), tree)
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
