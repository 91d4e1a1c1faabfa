// Which files are C and C++ of ours, for the formatter.
import { filesBelow } from './fingerprint.mjs';

const isCpp = (file) => /\.(h|cc|c)$/.test(file);

export const cppSources = () =>
  ['native', 'test/net/responder'].flatMap((folder) => filesBelow(folder, isCpp));
