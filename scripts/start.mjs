// `npm start`: a paced scan of this machine's loopback, on a fresh clone too. Arguments after `--` take the
// place of the demonstration: npm start -- scan ::1 -p 22,80
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureReadyOrExit } from './bootstrap.mjs';
import { root } from './steps/process.mjs';

const demonstration = ['scan', '127.0.0.1', '-p', '1-65535', '--max-rate', '20000', '--open'];

await ensureReadyOrExit({ need: 'run' });

const given = process.argv.slice(2);
const child = spawn(
  process.execPath,
  [path.join(root, 'dist/cli/main.js'), ...(given.length > 0 ? given : demonstration)],
  // A process group of its own: the terminal's Ctrl-C reaches us, and npm passes it to us a second time;
  // the scan must see one signal, because a second one means "now".
  { stdio: 'inherit', detached: process.platform !== 'win32' },
);

const sameKeyPressMs = 300;
const lastForwarded = new Map();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    const now = performance.now();
    if (now - (lastForwarded.get(signal) ?? -Infinity) < sameKeyPressMs) return;
    lastForwarded.set(signal, now);
    child.kill(signal);
  });
}
process.on('exit', () => child.kill('SIGKILL'));

child.once('error', (error) => {
  console.error(`pacegate: ${error.message}`);
  process.exit(1);
});
child.once('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal); // end the way the scan ended
});
