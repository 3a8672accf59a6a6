export { Agent, type AgentOptions } from './agent.ts';
export { loadConfig, parseConfig, readText } from './config/load.ts';
export * from './errors.ts';
export { ReplyMatcher } from './listener/reply-matcher.ts';
