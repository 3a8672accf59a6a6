import { formatIpv4, formatPrefix } from '@revtr/net';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { summarize } from '../../audit/abuse-report.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';
import { auditRecordSchema, rangeOf, targetSchema, toAuditRecord, userSchema, usersOf } from './audit-schemas.ts';

const DAY_MS = 86_400_000;
/** Probes that a report counts; there may have been more. */
const MOST_COUNTED = 10_000;
const MOST_SHOWN = 100;
const MOST_GROUPS = 50;

const reportSchema = z.object({
  prefix: z.string().describe('On the opt-out list from now on'),
  reason: z.string(),
  since: z.iso.datetime().describe('The search went back to this time'),
  probes: z.int(),
  packets: z.int().describe('At most; see AuditRecord'),
  byAgent: z.array(z.object({ agent: z.string(), probes: z.int() })),
  byTarget: z.array(z.object({ target: z.string(), probes: z.int() })),
  byUser: z.array(z.object({ user: userSchema.optional(), probes: z.int() })).describe('Without `user`: the system'),
  records: z.array(auditRecordSchema).describe('The newest'),
});
z.globalRegistry.add(reportSchema, { id: 'AbuseReport' });

/** The answer to a complaint: stops probing a network and says what was sent there. */
export function registerAbuse(
  app: FastifyInstance,
  { audit, optOuts, users, clock }: Pick<ApiCollaborators, 'audit' | 'optOuts' | 'users' | 'clock'>,
): void {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/v2/abuse-reports',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'createAbuseReport',
        summary: 'Stop probing a network that complained, and show what was sent there (operators)',
        tags: ['operations'],
        security,
        body: z.object({
          target: targetSchema.describe('Address or prefix'),
          reason: z.string().min(1).max(500).describe('Who complained, and when'),
          days: z.int().min(1).max(365).default(7).describe('How far to look back'),
        }),
        response: { 200: reportSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { target, reason, days } = request.body;
      const prefix = formatPrefix(target);
      // First of all, nothing more is sent.
      await optOuts.published.add([{ kind: 'ipv4', network: prefix, reason, origin: 'operator' }]);
      const now = clock.now();
      const { records, since } = await audit.find({
        from: now - days * DAY_MS,
        to: now,
        targets: rangeOf(target),
        limit: MOST_COUNTED,
      });
      const { probes, packets, byAgent, byTarget, byUser } = summarize(records);
      const known = await usersOf(byUser.keys(), users);
      return {
        prefix,
        reason,
        since: new Date(since).toISOString(),
        probes,
        packets,
        byAgent: largest(byAgent).map(([agent, count]) => ({ agent: formatIpv4(agent), probes: count })),
        byTarget: largest(byTarget).map(([address, count]) => ({ target: formatIpv4(address), probes: count })),
        byUser: largest(byUser).map(([id, count]) => ({ user: known.get(id), probes: count })),
        records: records.slice(0, MOST_SHOWN).map((record) => toAuditRecord(record, known)),
      };
    },
  );
}

const largest = (counts: ReadonlyMap<number, number>): [number, number][] =>
  [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_GROUPS);
