// Two bootstraps in one checkout (a test run and a start, say) must not build into the same folders at once.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, say } from './process.mjs';

const file = path.join(root, '.bootstrap.lock');

/** Runs `work` while holding the lock; waits for a living owner, takes over from a dead one. */
export async function withLock(work) {
  let told = false;
  while (!tryLock()) {
    const owner = lockOwner();
    if (!isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`pacegate: waiting for process ${owner}, which is building in this folder`);
    told = true;
    await sleep(200);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

function tryLock() {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function lockOwner() {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0; // released between our two looks
  }
}

function isAlive(pid) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
