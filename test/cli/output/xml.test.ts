import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filePlace, streamPlace } from '../../../lib/cli/output/document-place.js';
import { openOutput } from '../../../lib/cli/output/open-output.js';
import { LineWriter } from '../../../lib/cli/output/line-writer.js';
import type { RunEnd } from '../../../lib/cli/output/result-sink.js';
import { ResultLog } from '../../../lib/cli/output/spool/result-log.js';
import { xmlSink } from '../../../lib/cli/output/forms/xml/xml-sink.js';
import { escapeXml } from '../../../lib/cli/output/forms/xml/xml-text.js';
import type { ScanResult } from '../../../lib/scan/index.js';
import { listeners, MAIN } from '../run-cli.js';
import { end, result, start, writeAll } from './sample.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-xml-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** nmap's own, where nmap is installed. */
const DTD = '/usr/share/nmap/nmap.dtd';
const hasXmllint = process.platform === 'linux' && existsSync('/usr/bin/xmllint');

/** Writes the document and checks it against the grammar of nmap. */
async function xmlOf(results: readonly ScanResult[], ended: RunEnd = end()): Promise<string> {
  const file = path.join(folder, 'scan.xml');
  const { stream } = await openOutput(file, false);
  const log = await ResultLog.open({ file: `${file}.spool`, isKept: false, isContinued: false });
  const writer = new LineWriter(stream, { name: file, isClosedAtEnd: true });
  const limits = { runResults: 50, fanIn: 2, blockResults: 5 };
  await writeAll(
    xmlSink({ place: streamPlace(writer), log, scratch: file, limits }, start),
    results,
    ended,
  );
  if (hasXmllint) execFileSync('xmllint', ['--noout', file]);
  if (hasXmllint && existsSync(DTD)) execFileSync('xmllint', ['--noout', '--dtdvalid', DTD, file]);
  return readFileSync(file, 'utf8');
}

/** Each host's address and the ports written one by one. */
function hostsOf(xml: string): [string, number[]][] {
  return [...xml.matchAll(/<host .*?<\/host>/gs)].map(([host]) => [
    /addr="([^"]+)"/.exec(host)?.[1] ?? '',
    [...host.matchAll(/portid="(\d+)"/g)].map(([, port]) => Number(port)),
  ]);
}

describe('nmap XML', () => {
  it('P11 has each host once, in order, with its open ports, and sums up what is many', async () => {
    const ports = Array.from({ length: 40 }, (_, i) => i + 1);
    const results = [
      result('10.0.0.10', 443),
      ...ports.map((port) => result('10.0.0.9', port, port % 20 === 0 ? 'open' : 'closed')),
      result('2001:db8::1', 22),
      result('10.0.0.10', 80),
      result('10.0.0.11', 80, 'filtered'),
      result('10.0.0.12', 80, 'unknown'),
    ];
    const xml = await xmlOf(results.reverse());
    expect(hostsOf(xml)).toEqual([
      ['10.0.0.9', [20, 40]],
      ['10.0.0.10', [80, 443]],
      ['10.0.0.11', [80]],
      ['10.0.0.12', [80]],
      ['2001:db8::1', [22]],
    ]);
    expect(xml).toContain(
      '<extraports state="closed" count="38"><extrareasons reason="reset" count="38" proto="tcp" ports="1-19,21-39"/></extraports>',
    );
    expect(xml).toContain('<status state="up" reason="reset" reason_ttl="64"/>');
    expect(xml).toContain('<status state="unknown" reason="no-response" reason_ttl="0"/>');
    expect(xml).toContain('<hosts up="3" down="253" total="256"/>');
    expect(xml).toContain('<times srtt="1250"');
    expect(xml).toContain('addrtype="ipv6"');
  });

  it('P11 tells of the run: how it was asked for and how it went', async () => {
    const xml = await xmlOf([]);
    expect(xml).toContain("args=\"pacegate scan -p 1-100 10.0.0.0/24 'it'\\''s &lt;&amp;&gt;");
    expect(xml).toContain(
      '<scaninfo type="syn" protocol="tcp" numservices="100" services="1-100"/>',
    );
    expect(xml).toContain('<elem key="seed">42</elem>');
    expect(xml).toContain('<elem key="askedRate">1000</elem>');
    expect(xml).toMatch(
      /<finished time="1767323047" timestr="Fri Jan 02 03:04:07 2026" elapsed="2.00" .*exit="success"\/>/,
    );
  });

  it('P11 is whole and says so when the scan was stopped or failed', async () => {
    const { summary } = end();
    const stopped = summary === undefined ? undefined : { ...summary, complete: false };
    const interrupted = await xmlOf([result('10.0.0.1', 1)], end({ summary: stopped }));
    expect(interrupted).toContain('exit="error" errormsg="stopped before its end"');
    const failed = await xmlOf([], end({ summary: undefined, failure: 'no "route"' }));
    expect(failed).toContain('exit="error" errormsg="no &quot;route&quot;"');
  });

  it('P11 is a whole document with the results so far while the scan runs', async () => {
    const file = path.join(folder, 'running.xml');
    writeFileSync(file, 'of an earlier scan', { mode: 0o640 });
    symlinkSync('running.xml', path.join(folder, 'link.xml'));
    const log = await ResultLog.open({ file: `${file}.spool`, isKept: false, isContinued: false });
    const place = filePlace(path.join(folder, 'link.xml'));
    const sink = xmlSink({ place, log, scratch: file }, start);
    const running = end({ summary: undefined, failure: 'still running' });
    await sink.add(result('10.0.0.1', 80));
    const shown = sink.show?.(running);
    await sink.add(result('10.0.0.2', 80));
    await shown;
    const early = readFileSync(file, 'utf8');
    expect(hostsOf(early)).toContainEqual(['10.0.0.1', [80]]);
    expect(early).toContain('exit="error" errormsg="still running"');
    if (hasXmllint) execFileSync('xmllint', ['--noout', file]);
    await sink.finish(end());
    expect(hostsOf(readFileSync(file, 'utf8'))).toEqual([
      ['10.0.0.1', [80]],
      ['10.0.0.2', [80]],
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).filter((name) => /tmp|spool/.test(name))).toEqual([]);
  });

  it('stays the document it was when a later one cannot be written', async () => {
    const file = path.join(folder, 'kept.xml');
    writeFileSync(file, 'whole');
    const place = filePlace(file);
    await expect(place.put(() => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
    expect(readFileSync(file, 'utf8')).toBe('whole');
    expect(existsSync(`${file}.tmp`)).toBe(false);
  });

  it('holds no character that XML does not have', () => {
    expect(escapeXml('a\u0000\ud800\ufffe\n"<>&\u{1f600}é')).toBe(
      'a??? &quot;&lt;&gt;&amp;\u{1f600}é',
    );
  });
});

describe.skipIf(process.platform === 'win32')('a program that reads the XML of nmap', () => {
  interface Found {
    ip: string | null;
    openPorts: { port: number; protocol: string; service: string }[];
  }
  interface NodeNmap {
    nmapLocation: string;
    NmapScan: new (
      range: string,
      args: string,
    ) => {
      on(event: 'complete', listener: (hosts: Found[]) => void): unknown;
      on(event: 'error', listener: (error: unknown) => void): unknown;
      startScan(): void;
    };
  }

  it('P11 reads that of pacegate, called in the place of nmap', async () => {
    const nmap = createRequire(import.meta.url)('node-nmap') as NodeNmap;
    const program = path.join(folder, 'nmap');
    const call = `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' scan "$@"\n`;
    writeFileSync(program, call, { mode: 0o755 });
    nmap.nmapLocation = program;
    const open = await listeners(2);
    const ports = [...open.ports, 1].join(',');
    try {
      const hosts = await new Promise<Found[]>((resolve, reject) => {
        const run = new nmap.NmapScan('127.0.0.1', `-sT -n -Pn -p ${ports} --quiet`);
        run.on('complete', resolve);
        run.on('error', reject);
        run.startScan();
      });
      expect(hosts).toHaveLength(1);
      expect(hosts[0]?.ip).toBe('127.0.0.1');
      expect(hosts[0]?.openPorts.map(({ port }) => port)).toEqual(open.ports);
    } finally {
      open.close();
    }
  });
});
