import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { ProbingError, type TargetPolicy } from '@revtr/probing';
import type { AgentDirectory } from '../agents/directory.ts';
import type { KillSwitches } from '../safety/kill-switches.ts';
import type { AgentTask } from './agent-access.ts';

/** The rules that a task is checked against. */
export interface TaskRules {
  readonly directory: Pick<AgentDirectory, 'participates'>;
  readonly targetPolicy: Pick<TargetPolicy, 'refuse'>;
  readonly switches: Pick<KillSwitches, 'before'>;
}

/**
 * Checks a task for an agent once more where the agent is connected, whatever has been checked before.
 * @throws {ProbingError} when the task must not be given to the agent
 */
export function checkTask(address: Ipv4Address, task: AgentTask, rules: TaskRules): void {
  const { directory, targetPolicy, switches } = rules;
  if (!directory.participates(address))
    throw new ProbingError('proberStopped', `${formatIpv4(address)} is not an active agent`);
  if (task.kind === 'catch') return;
  const { request } = task;
  const refusal = targetPolicy.refuse(request.target);
  if (refusal !== undefined) throw new ProbingError('invalidRequest', refusal.message);
  if (request.sender !== address)
    throw new ProbingError('invalidRequest', `${formatIpv4(request.sender)} is another agent`);
  if (task.kind === 'emit' && !directory.participates(task.spoof.claimedSource)) {
    const claimed = formatIpv4(task.spoof.claimedSource);
    throw new ProbingError('spoofingRefused', `${claimed} does not allow spoofed probes with its address`);
  }
  switches.before(task.kind === 'emit' ? { ...task.request, spoof: task.spoof } : request, undefined);
}
