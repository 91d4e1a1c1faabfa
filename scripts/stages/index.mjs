// Every stage of `npm test`, in the order they run: what answers fastest comes first.
//
//   name, group   what --only accepts
//   skip()        a reason why it cannot run here, else undefined; printed and counted
//   prepare(how)  what takes the processors and nobody's network: compiling, analysing; may happen ahead of its turn,
//                 and `how` (options of run() in steps/process.mjs) then says that it yields to others
//   run(prepared) -> { passed, failed, skipped, output, skippedTitles? }; output is shown when something failed
//   waits         leaves the processors idle for much of its time
//   together      stages of the same name run at the same time
import { addonAsan } from './addon-asan.mjs';
import { clangTidy } from './clang-tidy.mjs';
import { mingw } from './mingw.mjs';
import { models } from './models.mjs';
import { nativeAsan, nativeGeneric, nativeRelease, nativeTsan } from './native-tests.mjs';
import {
  attw,
  clangFormat,
  eslint,
  glibc,
  prebuild,
  prettier,
  publint,
  types,
} from './single-checks.mjs';
import { vitest } from './vitest.mjs';

export const stages = [
  prettier,
  clangFormat,
  types,
  eslint,
  nativeRelease,
  nativeGeneric,
  mingw,
  models,
  prebuild,
  glibc,
  publint,
  attw,
  vitest,
  clangTidy,
  nativeAsan,
  nativeTsan,
  addonAsan,
];
