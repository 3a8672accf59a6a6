export * from './clock.ts';
export * from './errors.ts';
export * from './prober.ts';
export * from './random.ts';
export * from './request.ts';
export * from './result.ts';
export * from './spoof-mark.ts';
export * from './target-policy.ts';
