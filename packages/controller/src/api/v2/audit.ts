import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { EVENT_KINDS } from '../../audit/audit-events.ts';
import type { AuditRecord } from '../../audit/audit-record.ts';
import { addressSchema } from '../../foundation/address-schema.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import {
  auditEventSchema,
  auditRecordSchema,
  rangeOf,
  targetSchema,
  timeSchema,
  toAuditEvent,
  toAuditRecord,
  usersOf,
} from './audit-schemas.ts';

const MOST_LISTED = 1_000;
const MINUTE_MS = 60_000;
const limitSchema = numberInUrl.pipe(z.int().min(1).max(MOST_LISTED)).default(100);
const spanSchema = {
  at: timeSchema.optional().describe('A time, for example of a complaint: looks `window` minutes around it'),
  window: numberInUrl.pipe(z.int().min(0).max(100_000)).default(10).describe('Minutes before and after `at`'),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
};

/** What was sent for whom, and what else happened. */
export function registerAudit(
  app: FastifyInstance,
  { audit, auditEvents, users, clock }: Pick<ApiCollaborators, 'audit' | 'auditEvents' | 'users' | 'clock'>,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v2/audit',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'searchAudit',
        summary: 'Probes that were sent, newest first (operators)',
        tags: ['operations'],
        security,
        querystring: z.object({
          ...spanSchema,
          target: targetSchema.optional().describe('Address or prefix that was probed'),
          agent: addressSchema.optional().describe('The agent that sent the probe'),
          source: addressSchema.optional().describe('The source address of the packet'),
          measurement: numberInUrl.optional(),
          batch: numberInUrl.optional(),
          user: numberInUrl.optional(),
          limit: limitSchema,
        }),
        response: {
          200: z.object({
            records: z.array(auditRecordSchema),
            since: z.iso.datetime().describe('The search went back to this time; go on with it as `to`'),
          }),
          ...errorResponses,
        },
      },
    },
    async (request) => {
      const { target, agent, source, measurement, batch, user, limit } = request.query;
      const { records, since } = await audit.find({
        ...spanOf(request.query, clock.now()),
        targets: target && rangeOf(target),
        measurement,
        batch,
        matches: ({ sender, claimedSource, userId }: AuditRecord) =>
          (agent === undefined || sender === agent) &&
          (source === undefined || (claimedSource ?? sender) === source) &&
          (user === undefined || userId === user),
        limit,
      });
      const known = await usersOf(
        records.map(({ userId }) => userId),
        users,
      );
      return { records: records.map((record) => toAuditRecord(record, known)), since: new Date(since).toISOString() };
    },
  );

  routes.get(
    '/api/v2/audit/events',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'searchAuditEvents',
        summary: 'Refusals, logins and actions of operators, newest first (operators)',
        tags: ['operations'],
        security,
        querystring: z.object({
          ...spanSchema,
          kind: z.enum(EVENT_KINDS).optional(),
          user: numberInUrl.optional(),
          client: z.string().max(200).optional().describe('Address of the API client or agent'),
          limit: limitSchema,
        }),
        response: { 200: z.object({ events: z.array(auditEventSchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const { kind, user: userId, client, limit } = request.query;
      const { from, to } = spanOf(request.query, clock.now());
      const events = await auditEvents.list({ from: new Date(from), to: new Date(to), kind, userId, client }, limit);
      const known = await usersOf(
        events.map(({ user_id }) => user_id),
        users,
      );
      return { events: events.map((event) => toAuditEvent(event, known)) };
    },
  );
}

/** The time that a request asks for, milliseconds since the Unix epoch. Without limits: everything until now. */
function spanOf(
  query: {
    readonly at?: number | undefined;
    readonly window: number;
    readonly from?: number | undefined;
    readonly to?: number | undefined;
  },
  now: number,
): { readonly from: number; readonly to: number } {
  const { at, window, from = 0, to = now + MINUTE_MS } = query;
  if (at === undefined) return { from, to };
  return { from: Math.max(from, at - window * MINUTE_MS, 0), to: Math.min(to, at + window * MINUTE_MS) };
}
