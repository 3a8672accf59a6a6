import type { AuditQuery, AuditRecord, ReverseTracerouteClient } from '@revtr/client';
import type { PlannedRestriction } from '../plan/restrictions.ts';

/** Most records in an answer of the audit. */
const MOST_RECORDS = 1_000;

/**
 * Whether the audit has a probe that a restriction is about and that left before the second of `now`, milliseconds since the Unix epoch: the checker
 * counts probes by the second. Of spoofed probes, only those among the last thousand probes are seen. @throws {ClientError}
 */
export async function hasLeft(
  { fleet }: ReverseTracerouteClient,
  { kind, subject }: PlannedRestriction,
  now: number,
): Promise<boolean> {
  const to = new Date(Math.floor(now / 1_000) * 1_000 - 1).toISOString();
  const { query, covers } = questionOf(kind, subject);
  const { records } = await fleet.audit({ ...query, to });
  return records.some(covers);
}

/** What the audit is asked for, and which records of the answer count. */
function questionOf(
  kind: PlannedRestriction['kind'],
  subject: string,
): { readonly query: AuditQuery; readonly covers: (record: AuditRecord) => boolean } {
  const all = (): boolean => true;
  switch (kind) {
    case 'probing':
      return { query: { limit: '1' }, covers: all };
    case 'spoofing':
      return { query: { limit: String(MOST_RECORDS) }, covers: ({ spoofed }) => spoofed !== undefined };
    case 'vantagePoint':
      return { query: { agent: subject, limit: '1' }, covers: all };
    default:
      return { query: { target: subject, limit: '1' }, covers: all };
  }
}
