// As much of other packages' types as is used here; they are not installed when this is compiled.

export interface LimiterModule {
  RateLimiter: new (o: { tokensPerInterval: number; interval: number }) => {
    tryRemoveTokens(count: number): boolean;
  };
  TokenBucket: new (o: { bucketSize: number; tokensPerInterval: number; interval: number }) => {
    content: number;
    tryRemoveTokens(count: number): boolean;
  };
}

export interface FlexibleModule {
  RateLimiterMemory: new (o: { points: number; duration: number }) => {
    consume(key: string | number): Promise<unknown>;
  };
}

export interface ExpressModule {
  MemoryStore: new () => {
    init(o: { windowMs: number }): void;
    increment(key: string): Promise<{ totalHits: number }>;
  };
}

export type LocalStore = new (
  continueExceeding: boolean,
  exponentialBackoff: boolean,
  cache?: number,
) => {
  incr(
    key: string,
    done: (error: Error | null, state: { current: number }) => void,
    windowMs: number,
    max: number,
  ): void;
};

export interface HyperlimitModule {
  HyperLimit: new () => {
    createLimiter(key: string, max: number, refillMs: number, sliding: boolean): void;
    tryRequest(key: string): boolean;
  };
}
