// The commands and their flags.

import { Command, CommanderError, InvalidArgumentError as InvalidOptionArgument } from 'commander';
import { InvalidArgumentError, PacegateError } from '../internal/errors.js';
import { normalizeArgv, otherWay, spelling } from './argv.js';
import type { BenchFlags } from './bench/bench-command.js';
import { runDoctor } from './doctor/doctor-command.js';
import { EXIT } from './failure.js';
import { BENCH_HELP, GENERAL_HELP, SCAN_HELP } from './help.js';
import { presetTable } from './presets.js';
import type { ScanFlags } from './scan-flags.js';
import { version } from './version.js';

/** Commands of the contract that come in later versions. */
const LATER_COMMANDS = new Set(['serve']);

/**
 * Runs the command that the arguments name.
 *
 * @param argv - without the program's own name
 * @returns the exit code
 * @throws what made it fail; see describeFailure
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const normalized = normalizeArgv(argv);
  refuseLater(normalized);
  const outcome = { exitCode: EXIT.done as number };
  try {
    await program(outcome).parseAsync(normalized, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error);
  }
  return outcome.exitCode;
}

function refuseLater([command = '']: readonly string[]): void {
  if (!LATER_COMMANDS.has(command)) return;
  throw new PacegateError(
    'ERR_PACEGATE_NOT_SUPPORTED',
    `${command} is not available in this version`,
  );
}

/** "error: unknown option '--foo'\n(Did you mean …?)" in our own words; the flag as it was written. */
function usageError(error: CommanderError): InvalidArgumentError {
  if (error.code === 'commander.help') {
    return new InvalidArgumentError('no command is named: pacegate scan, doctor, bench, or --help');
  }
  const message = error.message
    .replace(/^error: /, '')
    .replace(/--[a-z-]+(?= <)/g, spelling)
    .replace(/\s+/g, ' ');
  const [, option = ''] = /^unknown option '([^']*)'/.exec(message) ?? [];
  return new InvalidArgumentError(`${message}; ${otherWay(option) ?? 'see --help'}`);
}

function program(outcome: { exitCode: number }): Command {
  const root = new Command('pacegate')
    .version(version(), '-V, --version')
    .configureHelp({ formatHelp: () => GENERAL_HELP })
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined });
  scanCommand(root).action(async (targets: string[], flags: ScanFlags) => {
    if (flags.preset === 'list') {
      process.stdout.write(presetTable());
      return;
    }
    // Loaded here, so that `doctor` and `--help` work where native code does not load.
    const { runScan } = await import('./scan-command.js');
    outcome.exitCode = await runScan(targets, flags);
  });
  root
    .command('doctor')
    .option('--json')
    .configureHelp({ formatHelp: () => GENERAL_HELP })
    .action(async (flags: { json?: true }) => {
      const report = await runDoctor(flags.json === true);
      process.stdout.write(report.text);
      outcome.exitCode = report.exitCode;
    });
  root
    .command('bench')
    .argument('[part]')
    .option('--json')
    .option('--seconds <N>')
    .configureHelp({ formatHelp: () => BENCH_HELP })
    .action(async (part: string | undefined, flags: BenchFlags) => {
      const { runBench } = await import('./bench/bench-command.js');
      outcome.exitCode = await runBench(part, flags);
    });
  return root;
}

function scanCommand(root: Command): Command {
  return root
    .command('scan')
    .configureHelp({ formatHelp: () => SCAN_HELP })
    .argument('[targets...]')
    .option('-p, --ports <PORTS>', '', collect)
    .option('--syn-scan')
    .option('--connect-scan')
    .option('--preset <NAME>')
    .option('--max-rate <N>')
    .option('--max-rate-cap <N>')
    .option('--min-rate <N>')
    .option('--precision <P>')
    .option('--catch-up <MS>')
    .option('--max-target-rate <N>')
    .option('--max-prefix-rate <N[/LEN]>')
    .option('--adaptive-rate')
    .option('--backoff-limit <MS>')
    .option('--max-hostgroup <N>')
    .option('--min-hostgroup <N>')
    .option('--max-parallelism <N>')
    .option('--hostgroup-mode <MODE>')
    .option('--adaptive-timeout')
    .option('--host-timeout <MS>')
    .option('--tarpit <ACTION>')
    .option('--tarpit-ports <X/Y>')
    .option('--max-retries <N>')
    .option('--timeout <MS>')
    .option('--max-workers <N>')
    .option('--exclude <LIST>', '', collect)
    .option('--excludefile <FILE>', '', collectFiles)
    .option('--input-list <FILE>', '', collectFiles)
    .option('-e, --interface <IFACE>')
    .option('--backend <B>')
    .option('--seed <N>')
    .option('--shard <I/N>')
    .option('--fleet <DIR>', '', oneFile)
    .option('--fleet-shards <N>', '', oneFile)
    .option('--resume <FILE>', '', oneFile)
    .option('--output-json <FILE>', '', oneFile)
    .option('--output-xml <FILE>', '', oneFile)
    .option('--output-list <FILE>', '', oneFile)
    .option('--output-all <BASE>', '', oneFile)
    .option('--output <FORMAT:FILE>', '', collect)
    .option('--pcap <FILE>')
    .option('--metadata')
    .option('--status-ndjson')
    .option('--noninteractive')
    .option('--open')
    .option('--json-summary')
    .option('--quiet')
    .option('--no-progress')
    .option('--i-am-authorised')
    .option('--skip-discovery')
    .option('--ipv6')
    .option('-n, --no-reverse-dns');
}

function collect(value: string, former: string[] | undefined): string[] {
  return [...(former ?? []), value];
}

function collectFiles(value: string, former: string[] | undefined): string[] {
  return collect(fileName(value), former);
}

/** The first of two files would be forgotten. */
function oneFile(value: string, former: string | undefined): string {
  if (former !== undefined) throw new InvalidOptionArgument(`${former} is named already.`);
  return fileName(value);
}

/** `-oJ --quiet` has lost its file. */
function fileName(value: string): string {
  if (/^-./.test(value)) {
    throw new InvalidOptionArgument(`A file whose name begins with a dash is written ./${value}.`);
  }
  return value;
}
