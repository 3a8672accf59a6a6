import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { reportAccuracy, suspensionsOf } from '../../self-audit/accuracy-report.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import {
  accuracySchema,
  selfAuditSchema,
  suspensionSchema,
  toAccuracy,
  toSelfAudit,
  toSuspension,
} from './accuracy-schemas.ts';
import { timeSchema } from './audit-schemas.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MOST_ASN = 2 ** 32 - 1;
/** Every report reads the counts of its days. */
const RATE = { max: 60, timeWindow: 60_000 };

/** How accurate the system is by its self-audits, and the kinds of hops that they have suspended. */
export function registerAccuracy(
  app: FastifyInstance,
  { selfAudits: { audits, keeper, perDay }, facts, clock }: Pick<ApiCollaborators, 'selfAudits' | 'facts' | 'clock'>,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v2/accuracy',
    {
      config: { access: 'public', rateLimit: RATE },
      schema: {
        operationId: 'getAccuracy',
        summary: 'How accurate the reverse traceroutes of this system are',
        description:
          'The controller measures reverse traceroutes from its own hosts as if they were foreign, and compares them with traceroutes that these hosts send. Times are rounded to whole days, UTC.',
        tags: ['accuracy'],
        querystring: z.object({
          from: timeSchema.optional().describe('Default: 30 days before `to`'),
          to: timeSchema.optional().describe('Default: now'),
          network: numberInUrl.pipe(z.int().min(1).max(MOST_ASN)).optional().describe('AS number of the audited hosts'),
          technique: z
            .string()
            .regex(/^[a-zA-Z]{1,50}$/)
            .optional()
            .describe('First part of kinds of hops, such as `atlas`; figures about whole paths cover all techniques'),
        }),
        response: { 200: accuracySchema, ...errorResponses },
      },
    },
    async ({ query }) => {
      const { network, technique } = query;
      // There are no audits in the future.
      const to = Math.min(query.to ?? Number.POSITIVE_INFINITY, clock.now());
      const { from = Math.max(0, to - DEFAULT_DAYS * DAY_MS) } = query;
      const report = await reportAccuracy({ from, to, network, technique }, { audits, keeper });
      return { auditsPerDay: perDay, ...toAccuracy(report, facts) };
    },
  );

  routes.get(
    '/api/v2/self-audits',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'listSelfAudits',
        summary: 'The latest self-audits with their judged hops, newest first (operators)',
        tags: ['accuracy'],
        security,
        querystring: z.object({ limit: numberInUrl.pipe(z.int().min(1).max(1_000)).default(100) }),
        response: { 200: z.object({ selfAudits: z.array(selfAuditSchema) }), ...errorResponses },
      },
    },
    async ({ query }) => ({ selfAudits: (await audits.list(query.limit)).map(toSelfAudit) }),
  );

  routes.delete(
    '/api/v2/suspensions/:kind',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'liftSuspension',
        summary: 'Lift the suspension of a kind of hop (operators)',
        description:
          'What self-audits have recently shown about the kind is forgotten. New audits may suspend it again.',
        tags: ['accuracy'],
        security,
        params: z.object({ kind: z.string().max(100) }),
        response: { 200: z.object({ suspensions: z.array(suspensionSchema) }), ...errorResponses },
      },
    },
    async ({ params }) => {
      if (!(await keeper.lift(params.kind))) throw new ControllerError('notFound', `${params.kind} is not suspended`);
      return { suspensions: suspensionsOf(keeper.rows).map(toSuspension) };
    },
  );
}
