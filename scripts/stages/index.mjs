// Every stage of `npm test`, in the order they run: what answers fastest comes first.
//
//   name, group   what --only accepts
//   skip()        a reason why it cannot run here, else undefined; printed and counted
//   run()         -> { passed, failed, skipped, output, skippedTitles? }; output is shown when something failed
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
  clangTidy,
  prebuild,
  glibc,
  publint,
  attw,
  vitest,
  nativeAsan,
  nativeTsan,
  addonAsan,
];
