import { BUDGET_KINDS } from '@revtr/probing';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { closestToLimits } from '../../safety/budgets/usage.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';

const kindSchema = z.enum(BUDGET_KINDS);
const limitsSchema = z.object({
  kind: kindSchema,
  packetsPerSecond: z.int(),
  packetsPerDay: z.int(),
  optionPacketsPerSecond: z.int(),
  optionPacketsPerDay: z.int(),
});
const usageSchema = z.object({
  kind: kindSchema,
  subject: z.string().describe('An address, a prefix, an AS or the number of a user'),
  packets: z.int().describe('Since midnight UTC'),
  optionPackets: z.int().describe('Those of them with IP options'),
  share: z.number().describe('Part of the daily limit that is used, of the limit that is closer'),
});
const circuitSchema = z.object({
  kind: z.enum(['as', 'prefix']),
  subject: z.string().describe('An AS or a prefix'),
  name: z.string().optional().describe('Name of the AS'),
  state: z.enum(['open', 'halfOpen']).describe('`halfOpen`: a few trial probes are sent'),
  reason: z.enum(['prohibited', 'unreachable', 'silence']).describe('Which share of the probes has risen'),
  share: z.number().describe('That share when probing was suspended'),
  usualShare: z.number(),
  since: z.iso.datetime(),
  retryAt: z.iso.datetime().optional().describe('When the next probe may be sent; absent when it may be sent now'),
});

const round = (share: number): number => Math.round(share * 1000) / 1000;

/** What operators read about the limits of probing: budgets and suspended networks. */
export function registerSafety(app: FastifyInstance, { safety, facts }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v2/budgets',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'getBudgets',
        summary: 'The limits of probing, and the subjects closest to their daily limits (operators)',
        tags: ['operations'],
        security,
        querystring: z.object({
          most: z.coerce.number().int().min(1).max(1_000).default(20).describe('Subjects of each kind'),
        }),
        response: {
          200: z.object({
            longestWaitSeconds: z.number().describe('A probe that would have to wait longer is refused'),
            limits: z.array(limitsSchema),
            closest: z.array(usageSchema),
          }),
          ...errorResponses,
        },
      },
    },
    async (request) => {
      const { budgets } = safety;
      const { longestWaitSeconds } = budgets.settings;
      const limits = BUDGET_KINDS.map((kind) => ({ kind, ...budgets.settings[kind] }));
      return { longestWaitSeconds, limits, closest: closestToLimits(budgets, request.query.most) };
    },
  );

  routes.get(
    '/api/v2/circuits',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'listCircuits',
        summary: 'Networks whose probing is suspended, because their answers have changed for the worse (operators)',
        tags: ['operations'],
        security,
        response: { 200: z.object({ circuits: z.array(circuitSchema) }), ...errorResponses },
      },
    },
    async () => ({
      circuits: safety.circuits.suspended.map(({ usual, share, since, retryAt, ...circuit }) => {
        const name = circuit.kind === 'as' ? facts.asName(Number(circuit.subject.slice(2))) : undefined;
        return {
          ...circuit,
          ...(name !== undefined && { name }),
          share: round(share),
          usualShare: round(usual),
          since: new Date(since).toISOString(),
          ...(retryAt !== undefined && { retryAt: new Date(retryAt).toISOString() }),
        };
      }),
    }),
  );
}
