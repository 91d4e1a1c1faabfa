// nmap's spelling of options, put into the one that the parser reads.

/** Two-letter options, which a POSIX parser would take for bundles, and the long names it knows them by. */
export const longNames: Readonly<Record<string, string>> = {
  '-sS': '--syn-scan',
  '-sT': '--connect-scan',
  '-iL': '--input-list',
  '-oJ': '--output-json',
  '-oX': '--output-xml',
  '-oL': '--output-list',
  '-oA': '--output-all',
  '-Pn': '--skip-discovery',
};

/**
 * Rewrites `-sS`, `-oJ FILE`, `-oJFILE` and their like into long options, and `-p-`, `-p80` into `--ports=…`, so that
 * nothing of it is read as a bundle of one-letter options. What follows `--` stays as it is.
 */
export function normalizeArgv(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  return [...options.map(normalize), ...argv.slice(options.length)];
}

function normalize(argument: string): string {
  if (argument === '-6') return '--ipv6';
  if (/^-p./.test(argument)) return `--ports=${argument.slice(2).replace(/^=/, '')}`;
  const short = argument.slice(0, 3);
  const long = longNames[short];
  if (long === undefined) return argument;
  const value = argument.slice(3).replace(/^=/, '');
  return value === '' ? long : `${long}=${value}`;
}

/** The option as users write it: `-oJ` for `--output-json`. */
export function spelling(option: string): string {
  return Object.keys(longNames).find((short) => longNames[short] === option) ?? option;
}

const OTHER_WAYS: readonly (readonly [RegExp, string])[] = [
  [/^(--rate|-T[0-5])$/, '--max-rate or --preset sets the pace'],
  [/^(-F|--top-ports)/, '-p names the ports'],
  [/^(-oN|-oG)/, '-oL writes a list'],
  [/^-oD/, '-oJ writes NDJSON'],
  [/^(-v+|-d+)$/, '--status-ndjson tells everything'],
  [/^--wait$/, '--timeout sets how long an answer is awaited'],
  [/^--retries$/, '--max-retries sets how often a silent port is asked again'],
  [/^--(includefile|include-file)$/, '-iL reads targets from a file'],
  [/^--shards$/, '--shard I/N scans a part'],
  [/^--range$/, 'targets are named without an option'],
  [/^(-sV|-sC|-O|-A|--banners|--script)/, 'only whether ports are open is found out'],
  [/^-s/, 'there are -sS and -sT'],
];

/** For an option of nmap or masscan that this scan does not have: what it has instead. */
export function otherWay(option: string): string | undefined {
  return OTHER_WAYS.find(([pattern]) => pattern.test(option))?.[1];
}
