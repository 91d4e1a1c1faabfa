// Which outputs the flags ask for.

import { InvalidArgumentError } from '../../internal/errors.js';
import { invalidArgument } from '../../internal/check.js';

const formats = ['ndjson', 'json', 'xml', 'list'] as const;

/** A form that results can be written in. */
export type OutputFormat = (typeof formats)[number];

/** One output. */
export interface ChosenOutput {
  readonly format: OutputFormat;
  /** `-` is standard output. */
  readonly file: string;
}

/** The flags that name outputs. */
export interface OutputFlags {
  outputJson?: string;
  outputXml?: string;
  outputList?: string;
  outputAll?: string;
  output?: string[];
}

/**
 * Reads the flags.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) for a form that does not exist, and for two outputs in one file
 */
export function chosenOutputs(flags: OutputFlags): ChosenOutput[] {
  const { outputJson, outputXml, outputList, outputAll } = flags;
  const named = (format: OutputFormat, file: string | undefined): ChosenOutput[] =>
    file === undefined ? [] : [{ format, file }];
  const all = outputAll === undefined ? [] : everyFormat(outputAll);
  const chosen = [
    ...named('ndjson', outputJson),
    ...named('xml', outputXml),
    ...named('list', outputList),
    ...all,
    ...(flags.output ?? []).map(parseOutput),
  ];
  chosen.forEach((output, i) => {
    refuse(output, chosen.slice(0, i));
  });
  return chosen;
}

function everyFormat(base: string): ChosenOutput[] {
  if (base === '-' || base === '') {
    throw invalidArgument('-oA', base, 'the beginning of file names, as in -oA scan');
  }
  return [
    { format: 'ndjson', file: `${base}.ndjson` },
    { format: 'xml', file: `${base}.xml` },
    { format: 'list', file: `${base}.list` },
  ];
}

function parseOutput(text: string): ChosenOutput {
  const [, name, file = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const format = formats.find((known) => known === name);
  if (format === undefined) {
    throw invalidArgument('--output', text, `FORMAT:FILE with a FORMAT of ${formats.join(', ')}`);
  }
  return { format, file };
}

function refuse({ format, file }: ChosenOutput, others: readonly ChosenOutput[]): void {
  if (file === '') {
    throw new InvalidArgumentError(`an output names no file for ${format}; - is standard output`);
  }
  if (others.some((other) => other.file === file)) {
    const place = file === '-' ? 'standard output' : file;
    throw new InvalidArgumentError(`two outputs go to ${place}; name a file for each`);
  }
  if (others.some((other) => other.format === format)) {
    throw new InvalidArgumentError(`two outputs are ${format}; one of each form is written`);
  }
}
