// The outputs of a scan, opened.

import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ChosenOutput } from './chosen-outputs.js';
import { jsonArraySink } from './forms/json-array.js';
import { filePlace, streamPlace } from './document-place.js';
import { LineWriter, type LineWriterOptions } from './line-writer.js';
import { listSink } from './forms/list.js';
import { ndjsonSink } from './forms/ndjson.js';
import { openArray, openOutput, type OpenOutput } from './open-output.js';
import type { ResultSink, RunStart } from './result-sink.js';
import { ResultLog } from './spool/result-log.js';
import { tableSink } from './forms/table.js';
import { xmlSink } from './forms/xml/xml-sink.js';

/** What outputs need to know beside their own form and file. */
export interface OutputSetting {
  readonly start: RunStart;
  /** NDJSON and JSON tell of the run too; the other forms always do. */
  readonly hasMetadata: boolean;
  /** Goes on with an earlier scan: files are added to. */
  readonly isContinued: boolean;
  /** Keeps what the next run needs to go on with; undefined where there is none. */
  readonly spoolFile: string | undefined;
  /** An output has failed, or nobody reads any of them. */
  readonly stop: () => void;
  /** Called before anything goes to standard output. */
  readonly beforeWrite: () => void;
  readonly warn: (message: string) => void;
}

/** The outputs of a scan. */
export interface Outputs {
  readonly sinks: readonly ResultSink[];
  /** False when nobody reads any of them any more. */
  readonly hasReader: () => boolean;
}

/**
 * Opens the outputs; standard output shows the table unless one of them takes it.
 *
 * @throws PacegateError when one of them cannot be had
 */
export async function openSinks(
  chosen: readonly ChosenOutput[],
  setting: OutputSetting,
): Promise<Outputs> {
  const { stop, beforeWrite } = setting;
  const takesStdout = chosen.some(({ file }) => file === '-');
  let readers = chosen.length + (takesStdout ? 0 : 1);
  const shared = {
    onFailure: stop,
    onReaderGone: (): void => {
      readers -= 1;
      if (readers === 0) stop();
    },
  };
  const stdout = new LineWriter(process.stdout, {
    ...shared,
    name: 'standard output',
    beforeWrite,
  });
  const sinks: ResultSink[] = takesStdout ? [] : [tableSink(stdout)];
  for (const output of chosen) {
    sinks.push(
      output.file === '-'
        ? await makeSink(output, setting, { writer: stdout, ...NEW_STREAM })
        : await makeSink(output, setting, await openFile(output, setting, shared)),
    );
  }
  return { sinks, hasReader: () => readers > 0 };
}

const NEW_STREAM = { isFile: false, isFramed: false, hasElements: false } as const;

/** A writer, and what is to be known of its stream. */
interface Opened {
  readonly writer: LineWriter;
  readonly isFile: boolean;
  readonly isFramed: boolean;
  readonly hasElements: boolean;
}

async function openFile(
  { format, file }: ChosenOutput,
  { isContinued }: OutputSetting,
  shared: Pick<LineWriterOptions, 'onFailure' | 'onReaderGone'>,
): Promise<Opened> {
  const through = ({ stream, toDisk }: OpenOutput): LineWriter =>
    new LineWriter(stream, { ...shared, name: file, isClosedAtEnd: true, toDisk });
  if (format === 'json') {
    const opened = await openArray(file, isContinued);
    return { ...opened, writer: through(opened), isFile: opened.toDisk !== undefined };
  }
  const opened = await openOutput(file, isContinued);
  return { ...NEW_STREAM, writer: through(opened), isFile: opened.toDisk !== undefined };
}

function makeSink(
  output: ChosenOutput,
  setting: OutputSetting,
  opened: Opened,
): ResultSink | Promise<ResultSink> {
  const { start, hasMetadata } = setting;
  const { writer } = opened;
  const told = hasMetadata ? start : undefined;
  if (output.format === 'ndjson') return ndjsonSink(writer, told);
  if (output.format === 'json') return jsonArraySink(writer, opened, told);
  if (output.format === 'list') return listSink(writer, start);
  return makeXmlSink(output.file, setting, opened);
}

async function makeXmlSink(
  file: string,
  { start, isContinued, spoolFile, warn }: OutputSetting,
  { writer, isFile }: Opened,
): Promise<ResultSink> {
  // Beside the output, where there is room; a pipe or a device has nothing beside it.
  const scratch = isFile ? file : path.join(tmpdir(), 'pacegate-xml');
  const log = await ResultLog.open({
    file: spoolFile ?? `${scratch}.${process.pid}.spool`,
    isKept: spoolFile !== undefined,
    isContinued,
  });
  if (isContinued && log.length === 0)
    warn(`${file} will hold results from now on only: no earlier ones are in ${spoolFile}`);
  if (isFile) await writer.finish(); // it can be written: documents replace it
  const place = isFile ? filePlace(file) : streamPlace(writer);
  return xmlSink({ place, log, scratch: spoolFile ?? scratch }, start);
}
