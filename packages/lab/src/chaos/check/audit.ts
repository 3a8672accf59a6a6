import { parseIpv4 } from '@revtr/net';
import type { Stored } from './stored.ts';
import type { AddViolation } from './violations.ts';

/**
 * Every audited probe belongs to a stored measurement of the batch that the audit names, to a stored atlas run, or to the test of a registered
 * agent. The system of a run does nothing else: the survey and self-audits are off, and its clients send no raw probes.
 */
export function checkAudit({ measurements, audited, atlasRuns, agents }: Stored, add: AddViolation): void {
  const batchOf = new Map(measurements.map(({ id, batchId }) => [id, batchId]));
  const runs = new Set(atlasRuns);
  const tested = new Set<number>(agents.map(parseIpv4));
  for (const { cause, causeId, batchId } of audited) {
    const isKnown =
      (cause === 'measurement' && batchOf.has(causeId) && batchOf.get(causeId) === batchId) ||
      (cause === 'atlasRun' && runs.has(causeId)) ||
      (cause === 'agentTest' && tested.has(causeId));
    if (!isKnown) add('strangeProbe', `${cause} ${causeId} of batch ${batchId}`);
  }
}
