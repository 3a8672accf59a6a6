import type { SystemStatus } from '@revtr/client';
import { renderAge } from './age.ts';

/** The state of a system on one page; lines that need attention begin with an exclamation mark. */
export function renderStatus(status: SystemStatus, now: number): string {
  const ageOf = (time: string): string => renderAge(now - Date.parse(time));
  const since = (time: string | undefined): string => (time === undefined ? '' : `, the oldest for ${ageOf(time)}`);
  const { queue, rawProbes, processes, mails, agents, datasets, ripeAtlasCredits: credits, killSwitches } = status;
  const reasons = status.parts
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ name, outcome }) => `${name} ${outcome === 'tooSlow' ? 'is too slow' : 'failed'}`);
  const line = (title: string, text: string, needsAttention = false): string =>
    `${needsAttention ? '!' : ' '} ${title.padEnd(16)}${text}\n`;
  const agentsOf = (kind: 'source' | 'vantagePoint'): string => {
    const counts = agents.filter((alike) => alike.kind === kind && alike.state !== 'withdrawn');
    return counts.length === 0 ? 'none' : counts.map(({ state, count }) => `${count} ${state}`).join(', ');
  };
  const isQuarantined = (kind: 'source' | 'vantagePoint'): boolean =>
    agents.some((alike) => alike.kind === kind && alike.state === 'quarantined');
  return [
    line(
      'controller',
      `${status.isReady ? 'ready' : 'not ready'}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}, up for ${ageOf(status.startedAt)}`,
      !status.isReady || reasons.length > 0,
    ),
    line('measurements', `${queue.running} under way, ${queue.queued} waiting${since(queue.oldestAt)}`),
    line('raw probes', `${rawProbes.running} under way, ${rawProbes.queued} waiting${since(rawProbes.oldestAt)}`),
    ...(processes.length === 0
      ? []
      : [
          line(
            'processes',
            processes.map(({ role, count }) => `${count} ${role}`).join(', '),
            processes.some(({ count }) => count === 0),
          ),
        ]),
    line('sources', agentsOf('source'), isQuarantined('source')),
    line('vantage points', agentsOf('vantagePoint'), isQuarantined('vantagePoint')),
    line('connected', `${status.connectedAgents} agents`),
    line(
      'mails',
      `${mails.waiting} waiting${since(mails.oldestAt)}${mails.failing === 0 ? '' : `; ${mails.failing} could not be sent`}`,
      mails.failing > 0,
    ),
    line('RIPE Atlas', `${credits.refresh} credits for refreshing and ${credits.onDemand} on demand in 24 hours`),
    ...datasets
      .filter(({ importedAt, hasFailed }) => importedAt !== undefined || hasFailed)
      .map(({ kind, importedAt, hasFailed }) =>
        line(
          'dataset',
          `${kind}: ${importedAt === undefined ? 'none' : `${ageOf(importedAt)} old`}${hasFailed ? '; the last try to replace it failed' : ''}`,
          hasFailed,
        ),
      ),
    ...killSwitches.map(({ scope, count }) => line('kill switch', `${scope}: ${count} set`, true)),
  ].join('');
}
