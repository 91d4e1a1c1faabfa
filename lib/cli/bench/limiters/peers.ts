// Packages of others, where the user has them: found from the current directory, as a program there would find them.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export interface LimiterModule {
  TokenBucket: new (o: { bucketSize: number; tokensPerInterval: number; interval: number }) => {
    content: number;
    tryRemoveTokens(count: number): boolean;
  };
}

export interface FlexibleModule {
  RateLimiterMemory: new (o: { points: number; duration: number }) => {
    consume(key: string): Promise<unknown>;
  };
}

export type BottleneckModule = new (o: object) => {
  schedule(job: () => Promise<boolean>): Promise<boolean>;
};

/** Where packages are looked for. */
export class PeerPackages {
  readonly #require: NodeJS.Require;

  /** @param folder - a program in it is who asks */
  constructor(folder = process.cwd()) {
    this.#require = createRequire(path.join(folder, 'program.js'));
  }

  /** @throws what loading it throws */
  readonly load = (name: string): unknown => this.#require(name);

  /** `1.2.3`, `?` where that cannot be told; undefined: it is not there. */
  version(name: string): string | undefined {
    try {
      const home = path.join('node_modules', name);
      const file = this.#require.resolve(name);
      const end = file.lastIndexOf(home) + home.length;
      const manifest = readFileSync(path.join(file.slice(0, end), 'package.json'), 'utf8');
      return (JSON.parse(manifest) as { version?: string }).version ?? '?';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' ? undefined : '?';
    }
  }
}
