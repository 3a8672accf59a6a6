export { type Rates, TargetBudget, type TargetBudgetOptions } from './budget/target-budget.ts';
export { AgentError, type AgentErrorCode, type AgentErrorDetails } from './errors.ts';
export { Listener } from './listener/listener.ts';
export { ReplyMatcher } from './listener/reply-matcher.ts';
export { AgentMetrics } from './metrics.ts';
export { LocalPolicy } from './policy/local-policy.ts';
export { ControllerClock } from './work/controller-clock.ts';
export { tracedWork } from './work/traced-work.ts';
export { Worker } from './work/worker.ts';
