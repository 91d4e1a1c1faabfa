import { describe, expect, it } from 'vitest';
import { hasPty, openPty, PACEGATE, type Pty } from './pty.js';

const SCAN = `${PACEGATE} scan 127.0.0.1 -sT -p 20001-29000 --max-rate 1000`;
/** Runs a command and says what the mode of the terminal is before and after. */
const watched = (command: string): string =>
  `echo "<$(stty -g)>"; ${command}; echo "=$?="; echo "<$(stty -g)>"`;

/** Waits until the terminal has shown it, behind the first `from` characters. */
async function shows(pty: Pty, what: RegExp, from = 0): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!what.test(pty.text().slice(from))) {
    if (Date.now() > deadline) throw new Error(`no ${what} in ${pty.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function expectRestored(pty: Pty): void {
  const modes = [...pty.text().matchAll(/<([0-9a-f:]+)>/g)].map(([, mode]) => mode);
  expect(modes).toHaveLength(2);
  expect(modes[0]).toBe(modes[1]);
}

describe.skipIf(!hasPty)('a scan on a terminal', () => {
  it.concurrent('P11 changes its rate, pauses, goes on and stops by single keys', async () => {
    const pty = openPty(watched(SCAN));
    await shows(pty, /keys: \+ faster, - slower, p pause, q stop/);
    await shows(pty, /\/1 000 packets\/s/);
    pty.type('+');
    await shows(pty, /rate 1 250 packets\/s\r\n/);
    await shows(pty, /\/1 250 packets\/s/);
    pty.type('-');
    await shows(pty, /rate 1 000 packets\/s\r\n/);
    pty.type('p');
    await shows(pty, /open.*paused/);
    pty.type('p');
    await shows(pty, /pacegate: going on/);
    pty.type('q');
    await pty.ended;
    expect(pty.text()).toMatch(/stopped after [\d ]+ probes/);
    expect(pty.text()).toContain('=130=');
    expectRestored(pty);
  });

  it.concurrent('draws a sparkline, and never wraps where it is narrow', async () => {
    const pty = openPty(`stty cols 44; ${SCAN} --open`, { NO_COLOR: '1' });
    await shows(pty, /packets\/s|%.*\/s/);
    pty.type('q');
    await pty.ended;
    const lines = pty.text().split(/\r\n/)[1]?.split('\r') ?? [];

    for (const line of lines) expect(line.replace(/\u001b\[K/g, '').length).toBeLessThan(44);
  });

  it.concurrent.each([
    ['Ctrl-C', '\u0003', '', '=130='],
    ['SIGTERM', '', 'TERM', '=143='],
    ['SIGHUP', '', 'HUP', '=129='],
    ['SIGQUIT', '', 'QUIT', '=131='],
  ])('leaves the terminal as it was by %s', async (_what, keys, signal, code) => {
    const child = `bash -c 'echo "[$$]"; exec ${SCAN.replaceAll("'", '')}'`;
    const pty = openPty(watched(child));
    await shows(pty, /ETA/);
    if (keys !== '') pty.type(keys);
    else process.kill(Number(/\[(\d+)\]/.exec(pty.text())?.[1]), `SIG${signal}`);
    await pty.ended;
    expect(pty.text()).toContain(code);
    expectRestored(pty);
  });

  it.concurrent('leaves it as it was by a fault', async () => {
    const pty = openPty(watched(`${SCAN} -oJ /dev/full`));
    await pty.ended;
    expect(pty.text()).toContain('cannot write /dev/full');
    expectRestored(pty);
  });

  it.concurrent(
    'gives it back while it is stopped by Ctrl-Z, and reads keys again after that',
    async () => {
      const pty = openPty(
        `set -m; echo "<$(stty -g)>"; ${SCAN}; echo "<$(stty -g)>"; fg; echo "=$?="`,
      );
      await shows(pty, /ETA/);
      pty.type('\u001a');
      await shows(pty, /<.*>[^]*<.*>/);
      expectRestored(pty);
      const before = pty.text().length;
      await shows(pty, /ETA/, before);
      pty.type('q');
      await pty.ended;
      expect(pty.text()).toContain('=130=');
    },
  );

  it.concurrent('runs on in the background, where it may not touch the terminal', async () => {
    const pty = openPty(
      `set -m; ${PACEGATE} scan 127.0.0.1 -sT -p 1-20 --max-rate 100 & wait $!; echo "=$?="`,
    );
    await pty.ended;
    expect(pty.text()).toContain('=0=');
    expect(pty.text()).not.toContain('keys:');
  });

  it.concurrent('reads no keys where it is told not to', async () => {
    const pty = openPty(`${SCAN.replace('29000', '20100')} --noninteractive`);
    pty.type('q');
    expect(await pty.ended).toBe(0);
    expect(pty.text()).not.toContain('keys:');
  });
});
