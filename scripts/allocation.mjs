#!/usr/bin/env node
// Chooses the next cluster from the words of docs/operators.md, with no code in common with the contracts or the tool.
//
//   clay allocation state --json | node scripts/allocation.mjs          then compare with `clay allocation next --json`
//   node scripts/allocation.mjs FILE
//
// Reads one state, or a list of them, and prints for each what `formCluster` does: the cluster, with its nodes in the order
// of their places, or why there is none; and the operators that it takes off the lists on the way.

import { readFileSync } from 'node:fs';

const SIZES = [5, 4, 1]; // SSV, Obol, direct
const KINDS = 3;
const WHOLE = 10_000n;
const MOST_LOOKS = 64;
const MOST_UNPROVEN_LOOKS = 16;

const ceilDiv = (above, below) => (above + below - 1n) / below;
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

function choose(state) {
  const terms = state.parameters;
  const takenOff = [];
  const done = (outcome) => ({ outcome, takenOff });

  // On demand only: as many as free ETH can fund, and some ahead.
  const formed = BigInt(state.reserved) + BigInt(state.keyed);
  const allowed = BigInt(state.fundable) + BigInt(terms.formedAhead);
  if (formed >= allowed) {
    return done({ enoughFormed: { formed: `${formed}`, allowed: `${allowed}` } });
  }

  // One in four of the clusters that may stand formed, and one at least, may be in a ceremony with an unproven operator.
  const newcomersMay = state.newcomers < 1 || BigInt(state.newcomers) < allowed / 4n;

  // Buckets by how far they are below their targets, with one more node in the pool; of equals the first.
  const total = sum(state.activeByBucket);
  const missing = (bucket) =>
    BigInt(state.targets[bucket]) * BigInt(total + 1) - BigInt(state.activeByBucket[bucket]) * WHOLE;
  const buckets = [...state.targets.keys()].filter((bucket) => state.targets[bucket] !== 0);
  buckets.sort((one, other) => {
    const difference = missing(other) - missing(one);
    return difference === 0n ? one - other : difference < 0n ? -1 : 1;
  });
  for (const bucket of buckets) {
    const [type, kind] = [Math.floor(bucket / KINDS), bucket % KINDS];
    const nodes = lookThrough(state, type, kind, newcomersMay, takenOff);
    if (nodes) return done({ cluster: { type, kind, nodes } });
  }
  return done(takenOff.length ? 'takesOff' : 'noClusterPossible');
}

// The nodes of a cluster of one bucket; none if its operators do not make one.
function lookThrough(state, type, kind, newcomersMay, takenOff) {
  const terms = state.parameters;
  const size = SIZES[type];
  const leastRegions = Math.min(terms.leastRegions, size);
  const leastClients = Math.min(terms.leastClients, size);

  // Caps count the cluster's own nodes, and are rounded up.
  const after = BigInt(sum(state.activeByRegion) + size);
  const capped = (basisPoints) => ceilDiv(after * BigInt(basisPoints), WHOLE);
  const regionCap = capped(terms.regionCap);
  const proven = BigInt(Math.max(state.provenOperators, 1));
  const twiceEven = ceilDiv(2n * after, proven);
  const young = twiceEven < after ? twiceEven : after;
  const operatorCap = capped(terms.operatorCap) > young ? capped(terms.operatorCap) : young;

  // Each line is walked once, from its first operator on.
  const queues = state.lines
    .filter((line) => line.type === type && line.kind === kind)
    .map((line) => ({ line, rest: [...line.waiting] }));
  const chosen = []; // { operator, node, region, client, proven }
  const regionsWith = (region) => new Set([...chosen.map((it) => it.region), region]).size;
  const clientsWith = (client) => new Set([...chosen.map((it) => it.client), client]).size;
  const lookedAt = new Set(); // whoever stands in several regions counts once
  let unprovenLooks = 0;

  while (chosen.length < size) {
    // Places that are left once one more is taken must do for what is missing then.
    const leftThen = size - chosen.length - 1;
    const newcomers =
      newcomersMay && size > 1 && chosen.every((it) => it.proven) && unprovenLooks < MOST_UNPROVEN_LOOKS;
    const inRegion = (region) =>
      BigInt(state.activeByRegion[region] + chosen.filter((it) => it.region === region).length);
    const open = queues.filter(({ line, rest }) => {
      while (rest.length && takenOff.includes(rest[0].operator)) rest.shift();
      return (
        rest.length > 0 &&
        (line.proven || newcomers) &&
        leastRegions - regionsWith(line.region) <= leftThen &&
        inRegion(line.region) < regionCap
      );
    });
    // The lowest class first; of equals the first region, and there the unproven one.
    open.sort(
      (one, other) =>
        one.rest[0].class - other.rest[0].class ||
        one.line.region - other.line.region ||
        Number(one.line.proven) - Number(other.line.proven),
    );
    if (open.length === 0 || lookedAt.size === MOST_LOOKS) return null;
    const { line, rest } = open[0];
    const { operator, node, client } = rest.shift();
    if (!line.proven && !lookedAt.has(operator)) unprovenLooks += 1;
    lookedAt.add(operator);

    const standing = state.operators[operator];
    if (BigInt(standing.active) >= operatorCap) continue;
    if (!carries(state, standing, type) || !standing.right) {
      takenOff.push(operator);
      continue;
    }
    if (chosen.some((it) => it.operator === operator)) continue;
    if (leastClients - clientsWith(client) > leftThen) continue;
    chosen.push({ operator, node, region: line.region, client, proven: line.proven });
  }
  return chosen.map((it) => it.node);
}

// Whether a bond carries one more node of a type: without debt, at the current rate, rounded down.
function carries(state, standing, type) {
  const [assets, shares] = [BigInt(state.rate.assets), BigInt(state.rate.shares)];
  const bond = BigInt(standing.bondShares);
  const worth = shares === 0n ? bond : (bond * assets) / shares;
  return BigInt(standing.debtShares) === 0n && worth >= BigInt(standing.requiredWithOneMore[type]);
}

const input = JSON.parse(readFileSync(process.argv[2] ?? 0, 'utf8'));
const answer = Array.isArray(input) ? input.map(choose) : choose(input);
console.log(JSON.stringify(answer));
