// A pair of namespaces as `pacegate bench` makes them, of a program that is to be killed.
import { NamespacePair } from '../../dist/cli/bench/scan/namespace-pair.js';

const pair = await NamespacePair.open([80], new globalThis.AbortController().signal);
const { stdout } = await pair.run(['readlink', '/proc/self/ns/net'], 5000);
console.log(stdout.trim());
setTimeout(() => undefined, 60_000);
