export * from './errors.ts';
export { Listener } from './listener/listener.ts';
export { AgentMetrics } from './metrics.ts';
export { LocalPolicy } from './work/local-policy.ts';
export { Worker } from './work/worker.ts';
