import { formatIpv4, lastAddressOf, type Prefix, parsePrefix } from '@revtr/net';
import type { AuditEvent, Users } from '@revtr/storage';
import { z } from 'zod';
import { type AuditRecord, CAUSE_TYPES, PROBE_KINDS, TECHNIQUES } from '../../audit/audit-record.ts';
import { parsed, parsedIpv4 } from '../../foundation/parsed.ts';

/** An address or a prefix, as a prefix. */
export const targetSchema = parsedIpv4((text): Prefix => parsePrefix(text.includes('/') ? text : `${text}/32`));

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

/** Times beyond these have other forms in answers and in the database. */
const LAST_TIME = Date.UTC(9999, 11, 31);

/** A time such as `2026-11-20T10:00Z` (RFC 3339; seconds may be left out), as milliseconds since the Unix epoch: 1970 to 9999. */
export const timeSchema = parsed((text) => {
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!(time >= 0 && time <= LAST_TIME)) throw new Error('must be a time from 1970 to 9999, such as 2026-11-20T10:00Z');
  return time;
});

/** The addresses of a prefix. */
export const rangeOf = (prefix: Prefix) => ({ first: prefix.address, last: lastAddressOf(prefix) });

export const userSchema = z.object({
  id: z.int(),
  email: z.string().optional().describe('Absent when the account was deleted'),
});

export const auditRecordSchema = z.object({
  at: z.iso.datetime().describe('When the controller sent the probe on its way'),
  kind: z.enum(PROBE_KINDS),
  packets: z.int().describe('1 for a ping; for a traceroute, the most packets that it may have sent'),
  agent: z.string().describe('Address of the agent that sent it'),
  target: z.string(),
  spoofed: z
    .object({
      source: z.string().describe('The address that the packet carried as its source'),
      identifier: z.int().describe('ICMP identifier of the packet and its grant'),
      sequence: z.int().describe('ICMP sequence number of the packet and its grant'),
    })
    .optional(),
  cause: z.enum(CAUSE_TYPES),
  technique: z.enum(TECHNIQUES),
  measurement: z.int().optional(),
  atlasRun: z.int().optional(),
  testedAgent: z.string().optional().describe('Address of the agent that was tested'),
  selfAudit: z.int().optional(),
  rawProbe: z.int().optional(),
  batch: z.int().optional(),
  user: userSchema.optional(),
  key: z.int().optional().describe('Number of the API key'),
});
z.globalRegistry.add(auditRecordSchema, { id: 'AuditRecord' });

export const auditEventSchema = z.object({
  at: z.iso.datetime(),
  kind: z.string(),
  user: userSchema.optional(),
  client: z.string().describe('Address of the API client or agent'),
  subject: z.string(),
  detail: z.string(),
  count: z.int().describe('How often it happened within a minute'),
  status: z.int().optional().describe('HTTP status of the answer to an action'),
});
z.globalRegistry.add(auditEventSchema, { id: 'AuditEvent' });

type ApiUser = z.infer<typeof userSchema>;

/** The users with some ids. */
export async function usersOf(ids: Iterable<number | null>, users: Users): Promise<ReadonlyMap<number, ApiUser>> {
  const known = new Map<number, ApiUser>();
  for (const id of new Set(ids)) {
    if (id === null || id === 0) continue;
    const email = (await users.find(id))?.email;
    known.set(id, { id, ...(email !== undefined && { email }) });
  }
  return known;
}

export function toAuditRecord(
  record: AuditRecord,
  users: ReadonlyMap<number, ApiUser>,
): z.input<typeof auditRecordSchema> {
  const { at, kind, packets, sender, target, claimedSource, mark, cause, technique } = record;
  const { causeId, batchId, userId, keyId } = record;
  const user = users.get(userId);
  return {
    at: new Date(at).toISOString(),
    kind,
    packets,
    agent: formatIpv4(sender),
    target: formatIpv4(target),
    ...(claimedSource !== undefined && {
      spoofed: {
        source: formatIpv4(claimedSource),
        identifier: Math.floor(mark / 0x1_0000),
        sequence: mark % 0x1_0000,
      },
    }),
    cause,
    technique,
    ...(cause === 'measurement' && { measurement: causeId }),
    ...(cause === 'atlasRun' && { atlasRun: causeId }),
    // Records of older versions do not name the agent.
    ...(cause === 'agentTest' && causeId !== 0 && { testedAgent: formatIpv4(causeId) }),
    ...(cause === 'selfAudit' && { selfAudit: causeId }),
    ...(cause === 'rawProbe' && { rawProbe: causeId }),
    ...(batchId !== 0 && { batch: batchId }),
    ...(user && { user }),
    ...(keyId !== 0 && { key: keyId }),
  };
}

export function toAuditEvent(
  { at, kind, user_id, client, subject, detail, count, status }: AuditEvent,
  users: ReadonlyMap<number, ApiUser>,
): z.input<typeof auditEventSchema> {
  const user = user_id === null ? undefined : users.get(user_id);
  return {
    at: at.toISOString(),
    kind,
    ...(user && { user }),
    client,
    subject,
    detail,
    count,
    ...(status !== null && { status }),
  };
}
