// Builds the binary that is published: prebuilds/<platform>-<arch>/node.napi[.glibc|.musl].node
//
// prebuildify strips, names and places it; cmake-js compiles it, through prebuild-compile.mjs. It works in
// build-prebuild/, so the developer's build/ keeps its binary (prebuildify moves the one it finds).
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { addonFingerprint } from './steps/addon.mjs';
import { Stamp } from './steps/fingerprint.mjs';
import { report, root, StepError } from './steps/process.mjs';

const work = path.join(root, 'build-prebuild');
const target = path.join(
  root,
  'prebuilds',
  `${process.platform}-${process.env.PREBUILD_ARCH ?? process.arch}`,
);
const stamp = new Stamp('build-prebuild/.pacegate-prebuild');

function isFresh(current) {
  return (
    stamp.matches(current) &&
    existsSync(target) &&
    readdirSync(target).some((name) => name.startsWith('node.napi.') && name.endsWith('.node'))
  );
}

async function build() {
  const { default: prebuildify } = await import('prebuildify');
  mkdirSync(work, { recursive: true });
  const compile = path.join(root, 'scripts/prebuild-compile.mjs');
  await new Promise((resolve, reject) => {
    prebuildify(
      {
        napi: true,
        strip: true,
        tagLibc: true,
        name: 'node.napi', // with the package's own name, a tag in it could be misread
        cwd: work,
        out: root,
        nodeGyp: `"${process.execPath}" "${compile}"`,
        shell: true, // the command above is two words, on every system
      },
      (error) => {
        if (error) reject(new StepError(`prebuildify: ${error.message}`));
        else resolve();
      },
    );
  });
}

try {
  const current = addonFingerprint(target);
  if (isFresh(current)) {
    console.log(`up to date: ${path.relative(root, target)}`);
  } else {
    await build();
    stamp.write(current);
  }
} catch (error) {
  report(error);
  process.exitCode = 1;
}
