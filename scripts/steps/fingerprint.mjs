// Is a product newer than what it was made from? Answered by content, so that a checkout or a clone with
// fresh time stamps rebuilds nothing.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './process.mjs';

/** Files below `folder` (relative to the repository, sorted) that `keep` accepts. */
export function filesBelow(folder, keep = () => true) {
  const found = [];
  const walk = (relative) => {
    for (const entry of readdirSync(path.join(root, relative), { withFileTypes: true })) {
      const name = `${relative}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (keep(name)) found.push(name);
    }
  };
  if (existsSync(path.join(root, folder))) walk(folder);
  return found.sort();
}

/** SHA-256 over names and contents of `files` (a missing one counts as empty) and the strings of `salt`. */
export function fingerprint(files, ...salt) {
  const hash = createHash('sha256');
  for (const file of files) {
    const full = path.join(root, file);
    hash.update(`${file}\0`);
    hash.update(existsSync(full) ? readFileSync(full) : '');
    hash.update('\0');
  }
  hash.update(salt.join('\0'));
  return hash.digest('hex');
}

/** Version of an installed npm package, '' when it is not installed. */
export function installedVersion(name) {
  const manifest = path.join(root, 'node_modules', name, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : '';
}

/** A small file that remembers the fingerprint a product was made from. */
export class Stamp {
  #file;

  constructor(file) {
    this.#file = path.join(root, file);
  }

  matches(value) {
    return existsSync(this.#file) && readFileSync(this.#file, 'utf8') === value;
  }

  write(value) {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, value);
  }
}
