// The boundaries of lib/: the direction of imports, and one door to the native code.
import path from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-file.js';

/** Folders of lib/, each with those it may import besides itself; '' is lib/index.ts. */
const mayImport: Record<string, string[]> = {
  internal: [],
  limiters: ['internal'],
  testing: ['limiters', 'internal'],
  scan: ['limiters', 'internal'],
  cli: ['scan', 'limiters', 'internal'],
  '': ['limiters', 'internal'],
};

const door = 'lib/internal/binding.ts';

const layerOf = (file: string): string => {
  const folder = path.posix.dirname(file).split('/')[1];
  return folder ?? '';
};

/** All problems of `files`, one line each; `dependencies` are the packages that package.json installs. */
export function libProblems(files: SourceFile[], dependencies: string[]): string[] {
  return files.flatMap((file) =>
    [
      ...importsOf(file).map((name) => importProblem(file.path, name, dependencies)),
      loaderProblem(file),
      ...nativeCallProblems(file),
    ]
      .filter((problem) => problem !== undefined)
      .map((problem) => `${file.path}: ${problem}`),
  );
}

const importsOf = (file: SourceFile): string[] =>
  ts.preProcessFile(file.text, true, true).importedFiles.map((entry) => entry.fileName);

/** The file a relative import means: './a.js' in lib/x/b.ts is lib/x/a.ts. */
const resolve = (from: string, name: string): string =>
  path.posix.join(path.posix.dirname(from), name).replace(/\.js$/, '.ts');

function importProblem(from: string, name: string, dependencies: string[]): string | undefined {
  if (name.startsWith('node:')) return undefined;
  if (!name.startsWith('.')) {
    return dependencies.includes(packageOf(name))
      ? undefined
      : `'${name}' is not among the dependencies of package.json`;
  }
  const target = resolve(from, name);
  if (!target.startsWith('lib/')) return `'${name}' leaves lib/`;
  if (target === 'lib/index.ts') return 'nothing inside imports the public index';
  const [layer, other] = [layerOf(from), layerOf(target)];
  const allowed = mayImport[layer];
  if (!allowed) return `lib/${layer} is not a known layer`;
  if (other !== layer && !allowed.includes(other)) {
    return `${layer || 'index.ts'} must not import ${other} ('${name}')`;
  }
  return undefined;
}

const packageOf = (name: string): string => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

function loaderProblem(file: SourceFile): string | undefined {
  if (file.path === door || !/['"]node-gyp-build['"]/.test(file.text)) return undefined;
  return `node-gyp-build is used in ${door} alone`;
}

/** Native functions are written in snake_case, and calling one takes an import of the door. */
function nativeCallProblems(file: SourceFile): string[] {
  if (file.path === door) return [];
  if (importsOf(file).some((name) => name.startsWith('.') && resolve(file.path, name) === door)) {
    return [];
  }
  const problems: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = ts.isCallExpression(node) ? calledName(node.expression) : undefined;
    if (name && /^[a-z0-9]+(?:_[a-z0-9]+)+$/.test(name)) {
      problems.push(`${name}() is a native call; import ${door}`);
    }
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest));
  return problems;
}

function calledName(callee: ts.Expression): string | undefined {
  if (ts.isIdentifier(callee)) return callee.text;
  return ts.isPropertyAccessExpression(callee) ? callee.name.text : undefined;
}
