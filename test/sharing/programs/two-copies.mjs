// A second copy of the package in one process: both spend from one bucket, by memory and by a file.
// Argument: a folder.
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TokenBucket } from 'pacegate';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const copy = path.join(process.argv[2], 'copy');
mkdirSync(path.join(copy, 'build/Release'), { recursive: true });
for (const name of ['package.json', 'dist', 'build/Release/pacegate.node']) {
  cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
}
symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
const second = await import(pathToFileURL(path.join(copy, 'dist/index.js')).href);

const options = { rate: 1 / 3600, burst: 10 };
const report = [second.TokenBucket !== TokenBucket];
for (const share of [undefined, { file: path.join(process.argv[2], 'limit') }]) {
  const mine = new TokenBucket({ ...options, share });
  const theirs = new second.TokenBucket({ ...options, share: mine.share });
  report.push(mine.tryAcquireUpTo(4), theirs.tryAcquireUpTo(10), mine.tryAcquire());
  mine[Symbol.dispose]();
  report.push(theirs.tryAcquire());
}
process.send(report);
process.disconnect();
