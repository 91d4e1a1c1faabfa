// The boundaries of native/: who may include what, and who may know which system this is.
import type { SourceFile } from './source-file.js';

/** Layers from the bottom up, each with those it may include besides itself. */
const mayInclude: Record<string, string[]> = {
  core: [],
  packet: ['core'],
  platform: ['core', 'packet'],
  engine: ['core', 'packet', 'platform'],
  binding: ['core', 'packet', 'platform', 'engine'],
  test: ['core', 'packet', 'platform', 'engine'],
  fuzz: ['core', 'packet', 'platform', 'engine'],
  bench: ['core', 'packet', 'platform', 'engine'],
};

const systemMacro =
  /\b(?:__linux__|__linux|__gnu_linux__|_WIN32|_WIN64|WIN32|__APPLE__|__FreeBSD__|__unix__)\b/;

const clockRead =
  /\b(?:steady_clock|system_clock|high_resolution_clock|clock_gettime|gettimeofday|monotonic_ns|__rdtsc|std::time|time\s*\(\s*(?:nullptr|NULL|0|&))/;

/** Standard headers that would bring input, output or a clock into the pure layers. */
const impureHeaders = new Set([
  ...['chrono', 'condition_variable', 'cstdio', 'ctime', 'filesystem', 'fstream', 'iostream'],
  ...['thread', 'print', 'random'],
]);

/** native/<layer>/...; below native/test the layer is 'test' and the second folder says what is tested. */
function layerOf(path: string): string {
  return path.split('/')[1] ?? '';
}

const isPlatform = (path: string): boolean => /^native\/(?:test\/)?platform\//.test(path);
const isPure = (path: string): boolean => /^native\/(?:core|packet)\//.test(path);

/** All problems of `files`, one line each: path:line: what is wrong. */
export function nativeProblems(files: SourceFile[]): string[] {
  return files.flatMap((file) => {
    const code = withoutComments(file.text).split('\n');
    return code.flatMap((line, index) =>
      [
        includeProblem(file.path, line),
        macroProblem(file.path, line),
        clockProblem(file.path, line),
        namespaceProblem(file.path, line),
      ]
        .filter((problem) => problem !== undefined)
        .map((problem) => `${file.path}:${index + 1}: ${problem}`),
    );
  });
}

function includeProblem(path: string, line: string): string | undefined {
  const match = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return match[1] === '"' ? ownInclude(path, match[2]) : systemInclude(path, match[2]);
}

function ownInclude(path: string, header: string): string | undefined {
  const layer = layerOf(path);
  const allowed = mayInclude[layer];
  if (!allowed) return `native/${layer} is not a known layer`;
  const target = header.split('/')[0] ?? '';
  if (!header.includes('/') || !Object.hasOwn(mayInclude, target)) {
    // Tests share fixtures with a path from native/test.
    if (layer === 'test' && !header.startsWith('.')) return undefined;
    return `"${header}": write the path from native/`;
  }
  if (target !== layer && !allowed.includes(target)) return `${layer} must not include ${target}`;
  if (/^platform\/[^/]+\//.test(header) && !isPlatform(path)) {
    return `"${header}": only platform sees one system's headers`;
  }
  return undefined;
}

function systemInclude(path: string, header: string): string | undefined {
  const layer = layerOf(path);
  if (/^(?:napi|node_api|js_native_api|uv|node|v8)\b.*\.h$/.test(header)) {
    return layer === 'binding' ? undefined : `<${header}>: Node is seen only in native/binding`;
  }
  if (header.startsWith('doctest/')) {
    return layer === 'test' ? undefined : `<${header}>: only tests use the test framework`;
  }
  if (/\.h$|\//.test(header)) {
    return isPlatform(path) || layer === 'bench'
      ? undefined
      : `<${header}>: system headers belong to native/platform`;
  }
  if (isPure(path) && impureHeaders.has(header)) {
    return `<${header}>: native/${layer} does no input, output or timing`;
  }
  return undefined;
}

function macroProblem(path: string, line: string): string | undefined {
  if (isPlatform(path) || !/^\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b/.test(line)) {
    return undefined;
  }
  const macro = systemMacro.exec(line)?.[0];
  return macro && `${macro}: only native/platform knows which system this is`;
}

function clockProblem(path: string, line: string): string | undefined {
  if (!isPure(path)) return undefined;
  const read = clockRead.exec(line)?.[0];
  return read && `${read}: time is an argument here`;
}

function namespaceProblem(path: string, line: string): string | undefined {
  if (!path.endsWith('.h') || !/\busing\s+namespace\b/.test(line)) return undefined;
  return 'using namespace in a header reaches everyone who includes it';
}

/** The text with comments and the insides of string literals blanked, line breaks kept. */
export function withoutComments(text: string): string {
  // Include paths are string-like and must survive: a directive line is matched first and kept as it is.
  const token =
    /^[ \t]*#[ \t]*include[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"([^(\s]*)\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/gm;
  return text.replace(token, (found) => {
    if (/^[ \t]*#/.test(found)) return found.replace(/\/\/.*$/, '');
    return found.replace(/[^\n]/g, ' ');
  });
}
