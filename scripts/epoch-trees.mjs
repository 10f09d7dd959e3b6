#!/usr/bin/env node
// Holds the trees of epochs against @openzeppelin/merkle-tree, whose format they have.
//
//   node scripts/epoch-trees.mjs FOLDER
//
// Loads each NAME.json of a folder, which is a tree as `clay epoch compute` writes it, and builds the library's own over the same
// values. Writes that one's dump to NAME.dump, and prints for each its name, its root, and the hash of all proofs: SHA-256 of
// their nodes in hexadecimal, without 0x, in the order of the values.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StandardMerkleTree } from '@openzeppelin/merkle-tree';

const fail = (name, reason) => {
  console.error(`${name}: ${reason}`);
  process.exit(1);
};

const [folder] = process.argv.slice(2);
if (!folder) {
  fail('usage', 'node scripts/epoch-trees.mjs FOLDER');
}
for (const file of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
  const name = file.slice(0, -'.json'.length);
  const dump = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const loaded = StandardMerkleTree.load(dump);
  loaded.validate();
  const values = dump.values.map(({ value }) => value);
  const built = StandardMerkleTree.of(values, dump.leafEncoding);
  if (built.root !== loaded.root) {
    fail(name, `the library's root is ${built.root}, and the file's ${loaded.root}`);
  }
  const hash = createHash('sha256');
  for (const [index, value] of built.entries()) {
    const proof = built.getProof(index);
    if (!StandardMerkleTree.verify(loaded.root, dump.leafEncoding, value, proof)) {
      fail(name, `no proof of value ${index}`);
    }
    for (const node of proof) {
      hash.update(node.slice(2));
    }
  }
  writeFileSync(join(folder, `${name}.dump`), JSON.stringify(built.dump()));
  console.log(`${name} ${built.root} ${hash.digest('hex')}`);
}
