export { Agent, type AgentOptions } from './agent.ts';
export * from './errors.ts';
export { EmissionWatch } from './listener/emission-watch.ts';
export { type AgentSockets, openSockets } from './listener/open-sockets.ts';
export { PacketLoop } from './listener/packet-loop.ts';
export { ReplyMatcher } from './listener/reply-matcher.ts';
export { AgentMetrics } from './metrics.ts';
export { LocalPolicy } from './work/local-policy.ts';
export { Worker } from './work/worker.ts';
