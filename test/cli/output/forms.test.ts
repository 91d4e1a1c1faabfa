import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { chosenOutputs } from '../../../lib/cli/output/chosen-outputs.js';
import { jsonArraySink } from '../../../lib/cli/output/forms/json-array.js';
import { LineWriter } from '../../../lib/cli/output/line-writer.js';
import { listSink } from '../../../lib/cli/output/forms/list.js';
import { ndjsonSink } from '../../../lib/cli/output/forms/ndjson.js';
import type { ResultSink } from '../../../lib/cli/output/result-sink.js';
import { commandLine } from '../../../lib/cli/output/run-record.js';
import { end, result, start, writeAll } from './sample.js';

const found = [result('10.0.0.1', 80), result('::1', 22, 'closed')];

async function written(make: (writer: LineWriter) => ResultSink, results = found): Promise<string> {
  const stream = new PassThrough();
  const all = text(stream);
  await writeAll(make(new LineWriter(stream, { name: 'out', isClosedAtEnd: true })), results);
  return all;
}

const stream = { isFramed: false, hasElements: false };

describe('outputs', () => {
  it('P11 NDJSON holds results and nothing else, or the run as its last line', async () => {
    const plain = await written((writer) => ndjsonSink(writer, undefined));
    expect(
      plain
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(found);
    const told = await written((writer) => ndjsonSink(writer, start));
    expect(JSON.parse(told.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'metadata',
      version: '1.2.3',
      seed: 42,
      shard: '1/2',
      askedRate: 1000,
      achievedRate: 0,
      dropped: 0,
      sendFailures: 0,
      complete: true,
    });
  });

  it.each([
    ['of results', found],
    ['of nothing', []],
  ])('P11 a JSON array %s is one document', async (_what, results) => {
    const plain = await written((writer) => jsonArraySink(writer, stream, undefined), results);
    expect(JSON.parse(plain)).toEqual(results);
    const told = await written((writer) => jsonArraySink(writer, stream, start), results);
    expect((JSON.parse(told) as unknown[]).slice(0, -1)).toEqual(results);
    expect((JSON.parse(told) as unknown[]).at(-1)).toMatchObject({ type: 'metadata', seed: 42 });
  });

  it('P11 a list has a line a result, and remarks around', async () => {
    const lines = (await written((writer) => listSink(writer, start))).trimEnd().split('\n');
    const results = lines.filter((line) => !line.startsWith('#'));
    expect(results).toEqual([
      expect.stringMatching(/^open tcp 80 10\.0\.0\.1 \d{10}$/),
      expect.stringMatching(/^closed tcp 22 ::1 \d{10}$/),
    ]);
    expect(lines[0]).toBe('# pacegate 1.2.3 2026-01-02T03:04:05.000Z');
    expect(lines).toContain('# seed: 42');
    expect(lines.at(-1)).toBe('# end');
  });

  it('tells of a scan that failed what is known', async () => {
    const stopped = new PassThrough();
    const all = text(stopped);
    const writer = new LineWriter(stopped, { name: 'out', isClosedAtEnd: true });
    await writeAll(ndjsonSink(writer, start), [], end({ summary: undefined, failure: 'no route' }));
    const record = JSON.parse(await all) as object;
    expect(record).toMatchObject({ failure: 'no route', complete: false });
    expect(record).not.toHaveProperty('seed');
  });
});

describe('the command line in a record', () => {
  it('is what a shell would read', () => {
    expect(commandLine(['scan', '-p', '1-9,22', "it's", 'a b', ''])).toBe(
      String.raw`pacegate scan -p 1-9,22 'it'\''s' 'a b' ''`,
    );
  });
});

describe('the choice of outputs', () => {
  it('P11 is several at once, by short flags or by name', () => {
    expect(
      chosenOutputs({ outputJson: '-', outputXml: 'x', outputList: 'l', output: ['json:a:b'] }),
    ).toEqual([
      { format: 'ndjson', file: '-' },
      { format: 'xml', file: 'x' },
      { format: 'list', file: 'l' },
      { format: 'json', file: 'a:b' },
    ]);
    expect(chosenOutputs({ outputAll: 'scan' }).map(({ file }) => file)).toEqual([
      'scan.ndjson',
      'scan.xml',
      'scan.list',
    ]);
    expect(chosenOutputs({})).toEqual([]);
  });

  it.each([
    [{ output: ['csv:x'] }, '--output must be'],
    [{ output: ['json'] }, '--output must be'],
    [{ output: ['json:'] }, 'names no file'],
    [{ outputXml: '' }, 'names no file'],
    [{ outputAll: '-' }, '-oA must be'],
    [{ outputXml: '-', outputList: '-' }, 'two outputs go to standard output'],
    [{ outputXml: 'x', output: ['json:x'] }, 'two outputs go to x'],
    [{ outputXml: 'x', outputAll: 'y' }, 'two outputs are xml'],
  ])('refuses %j', (flags, message) => {
    expect(() => chosenOutputs(flags)).toThrow(message);
  });
});
